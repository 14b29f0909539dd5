// SPDX-License-Identifier: BSD-2-Clause
/* The budget: what takes from it, and turns that were paid for and are given back. */
#include "jit/onepass/loop.h"

/* Takes one from the budget; LO if there was none left. */
void op_charge(struct op *c)
{
	int reg = op_reg(c, OP_BUDGET, T2_IP);
	jit_dp_imm(&c->out.code, T2_SUB, reg, reg, 1, JIT_SET);
	if (reg == T2_IP)
		op_store_word(c, reg, c->map.home[OP_BUDGET]);
}

/* ip = turns, from what the counter is in ip; bound: a register, or -1: l->limit. */
void op_guard_turns(struct op *c, int bound)
{
	const struct op_loop *l = &c->loop;
	struct jit_code *code = &c->out.code;
	uint32_t m = op_step_size(op_loop_step(c)), more = l->go == T2_NE ? 0 : op_or_equal(l->go) ? m : m - 1;
	if (bound < 0 && op_loop_step(c) > 0) {
		if (!jit_dp_imm(code, T2_RSB, T2_IP, T2_IP, l->limit, JIT_ANY)) {
			jit_const(code, T2_LR, l->limit, JIT_ANY);
			jit_dp(code, T2_SUB, T2_IP, T2_LR, T2_IP, JIT_ANY);
		}
	} else if (bound < 0) {
		if (l->limit)
			op_dp(c, T2_SUB, T2_IP, T2_IP, op_imm(l->limit), JIT_ANY);
	} else if (op_loop_step(c) > 0) {
		jit_dp(code, T2_SUB, T2_IP, bound, T2_IP, JIT_ANY);
	} else {
		jit_dp(code, T2_SUB, T2_IP, T2_IP, bound, JIT_ANY);
	}
	if (more)
		jit_dp_imm(code, T2_ADD, T2_IP, T2_IP, more, JIT_ANY);
	if (m > 1 && op_is_power(m)) {
		jit_shift_imm(code, T2_LSR, T2_IP, T2_IP, (uint32_t)__builtin_ctz(m), JIT_ANY);
	} else if (m > 1) {
		jit_const(code, T2_LR, m, JIT_ANY);
		jit_mul3(code, T2_UDIV, T2_IP, T2_IP, T2_LR, 0);
	}
}

static int in_register(struct op *c, uint32_t place, int scratch)
{
	if (place < OP_REGS)
		return (int)place;
	op_load_word(c, scratch, place);
	return scratch;
}

/* budget += turns that are left. */
void op_loop_refund(struct op *c, const struct op_value *counter)
{
	struct op_value sum = op_value(OP_SUM, (uint32_t)in_register(c, counter->a, T2_IP), OP_NONE, 0, (uint32_t)counter->imm);
	op_emit_value(c, T2_IP, &sum);
	op_guard_turns(c, counter->b == OP_NONE ? -1 : in_register(c, counter->b, T2_LR));
	uint32_t home = c->map.home[OP_BUDGET];
	int budget = in_register(c, home, T2_LR);
	jit_dp(&c->out.code, T2_ADD, budget, budget, T2_IP, JIT_ANY);
	if (home >= OP_FRAME)
		op_store_word(c, budget, home);
}
