/* SPDX-License-Identifier: BSD-2-Clause */
/* What the design lacks is found before a run, so that a program stops at no instruction halfway. */
#include "baseline/rbpf/rbpf.h"

/* The program is verified: unknown opcodes and reserved fields are gone already. */
static int supported(const struct ub_insn *insn)
{
	switch (UB_CLASS(insn->opcode)) {
	case UB_LD:
		return UB_SRC(insn) == UB_LDDW_IMM;
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
		return insn->opcode != (UB_JMP | UB_CALL | UB_X);
	case UB_JMP32:
		return UB_OP(insn->opcode) != UB_JA;
	}
	return 1;
}

int32_t rbpf_supports(const struct ub_program *program, struct ub_fault *where)
{
	for (uint32_t pc = 0; pc < program->slots; pc++) {
		if (!supported(&program->text[pc])) {
			*where = (struct ub_fault){.status = UB_E_UNSUPPORTED, .pc = pc};
			return UB_E_UNSUPPORTED;
		}
		if (program->text[pc].opcode == UB_LDDW)
			pc++;
	}
	return 0;
}
