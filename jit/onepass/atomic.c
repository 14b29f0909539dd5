// SPDX-License-Identifier: BSD-2-Clause
/* Atomics: read, modify, write with interrupts off, or, in unprivileged code, while the kernel keeps other threads from running. ARMv7-M has
 * no 64-bit exclusives, and a single core needs no more.
 *
 *   ip   the address          r2, r3   the operand         r0, r1   what was there
 *   sp   the interrupt mask if there is one, then what cmpxchg expects to be there
 */
#include "jit/onepass/loop.h"

static void modify(struct jit_code *code, uint32_t op, int rd, int rn, int rm, bool high)
{
	enum t2_dp dp = op == UB_OR ? T2_ORR : op == UB_AND ? T2_AND : op == UB_XOR ? T2_EOR : high ? T2_ADC : T2_ADD;
	if (op == (UB_XCHG & ~UB_FETCH))
		jit_mov(code, rd, rm);
	else
		jit_dp(code, dp, rd, rn, rm, dp == T2_ADD ? JIT_SET : JIT_ANY);
}

/* What is expected lies at sp + at. */
static void exchange_if_equal(struct jit_code *code, bool wide, int32_t at)
{
	jit_mem(code, T2_LDR, T2_LR, T2_SP, at);
	jit_cmp(code, T2_R0, T2_LR);
	if (wide) {
		jit_mem(code, T2_LDR, T2_LR, T2_SP, at + 4);
		jit_it(code, T2_EQ);
		jit_cmp(code, T2_R1, T2_LR);
	}
	jit_it(code, T2_EQ);
	jit_mem(code, T2_STR, T2_R2, T2_IP, 0);
	if (wide) {
		jit_it(code, T2_EQ);
		jit_mem(code, T2_STR, T2_R3, T2_IP, 4);
	}
}

void op_atomic(struct op *c, const struct ub_insn *insn)
{
	struct jit_code *code = &c->out.code;
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), size = op_size(insn->opcode), op = (uint32_t)insn->imm & ~(uint32_t)UB_FETCH;
	bool wide = size == 8, compare = insn->imm == UB_CMPXCHG, fetch = compare || insn->imm & UB_FETCH;
	uint32_t result = compare ? 0 : s;

	if (op_reaches_words(c, d, insn->offset, size)) {
		op_refuse(c, ONEPASS_FRAME_WORD);
		return;
	}
	op_simple_pair(c, s, wide);
	if (compare)
		op_simple_pair(c, 0, wide);
	struct op_value at = op_address(c, d, insn->offset);
	op_check(c, &at, d, insn->offset, size, UB_READ | UB_WRITE);
	op_emit_value(c, T2_IP, &at);
	if (c->checked) {
		jit_dp_imm(code, T2_AND, T2_PC, T2_IP, size - 1, JIT_SET);
		op_stop_unless(c, T2_EQ, UB_E_ALIGN, T2_IP);
	}
	op_borrow(c);
	op_fetch_pair(c, T2_R2, s, wide);
	if (compare) {
		op_fetch_pair(c, T2_R0, 0, wide);
		jit_push(code, 1u << T2_R0 | 1u << T2_R1);
	}
	if (c->walled) {
		jit_narrow(code, T2_SVC | UB_SVC_HOLD);
	} else {
		jit_wide(code, T2_MRS_PRIMASK | (uint32_t)T2_LR << 8);
		jit_push(code, 1u << T2_LR);
		jit_narrow(code, T2_CPSID);
	}
	jit_mem(code, T2_LDR, T2_R0, T2_IP, 0);
	if (wide)
		jit_mem(code, T2_LDR, T2_R1, T2_IP, 4);
	if (compare) {
		exchange_if_equal(code, wide, c->walled ? 0 : 4);
	} else {
		for (int i = 0; i <= wide; i++) {
			modify(code, op, T2_LR, T2_R0 + i, T2_R2 + i, i);
			jit_mem(code, T2_STR, T2_LR, T2_IP, i * 4);
		}
	}
	if (c->walled) {
		jit_narrow(code, T2_SVC | UB_SVC_RELEASE);
		if (compare)
			jit_sp_add(code, 8);
	} else {
		jit_mem(code, T2_LDR, T2_LR, T2_SP, 0);
		jit_sp_add(code, compare ? 12 : 4);
		jit_wide(code, T2_MSR_PRIMASK | (uint32_t)T2_LR << 16);
	}
	if (fetch) {
		op_loop_forget(c, result);
		op_deliver(c, result, T2_R0);
		op_forget(c, result);
		if (!wide)
			op_set_const(c, result + OP_HIGH, 0);
		else if (c->plan.say.dead_high)
			op_lose(c, result + OP_HIGH);
		else
			op_deliver(c, result + OP_HIGH, T2_R1);
	}
	op_give_back(c);
	op_uncover(c);
	op_forget_keys(c);
}
