/* SPDX-License-Identifier: BSD-2-Clause */
/* What the design lacks is found before a run, so that a program stops at no instruction halfway. */
#include "femto/femto.h"

/* The program is verified: unknown opcodes and reserved fields are gone already. */
static int supported(const struct ub_insn *insn)
{
	switch (UB_CLASS(insn->opcode)) {
	case UB_LD: /* lddwd and lddwr occur only where the verifier allowed them */
		return insn->opcode != UB_LDDW || UB_SRC(insn) == UB_LDDW_IMM;
	case UB_LDX:
	case UB_STX:
		return UB_MODE(insn->opcode) == UB_MEM;
	case UB_ALU64:
		if (UB_OP(insn->opcode) == UB_END)
			return 0;
		/* fall through */
	case UB_ALU32: /* an offset tells signed division and sign-extending moves */
		return insn->offset == 0;
	case UB_JMP:
		return UB_OP(insn->opcode) != UB_CALL ||
		       (insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_HELPER);
	case UB_JMP32:
		return UB_OP(insn->opcode) != UB_JA;
	}
	return 1;
}

int32_t femto_supports(const struct ub_program *program, struct ub_fault *where)
{
	for (uint32_t pc = 0; pc < program->slots; pc++) {
		const struct ub_insn *insn = &program->text[pc];
		if (!supported(insn)) {
			*where = (struct ub_fault){.status = UB_E_UNSUPPORTED, .pc = pc};
			return UB_E_UNSUPPORTED;
		}
		if (UB_CLASS(insn->opcode) == UB_LD)
			pc++;
	}
	return 0;
}
