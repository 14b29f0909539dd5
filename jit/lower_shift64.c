// SPDX-License-Identifier: BSD-2-Clause
/* Shifts of pairs: what leaves one half comes into the other. */
#include "jit/value.h"

/* Shifts by a constant below 32. Bits move from the half `from` to the half `to`, whose own are shifted
 * by k, and are joined by 32 - k others. */
static void shift_small(struct jit *j, uint32_t op, uint32_t from, uint32_t to, uint32_t k)
{
	bool left = op == UB_LSH;
	if (j->live >> to & 1 && jit_is_zero(j, left ? to : from)) {
		if (left) /* only what comes in */
			jit_op_imm(j, UB_RSH, to, from, 32 - k);
		else      /* nothing comes in */
			jit_op_imm(j, UB_RSH, to, to, k);
	} else if (j->live >> to & 1) {
		jit_prepare(j, from);
		jit_prepare(j, to);
		jit_clobber(j, to);
		int rn = jit_reg(j, to), rm = jit_reg(j, from), rd = jit_dst(j, to, rn);
		jit_shift_imm(&j->out.code, left ? T2_LSL : T2_LSR, rd, rn, k, JIT_ANY);
		jit_dp_shift(&j->out.code, T2_ORR, rd, rd, rm, left ? T2_LSR : T2_LSL, 32 - k, JIT_ANY);
		jit_done(j, to, rd);
	}
	if (j->live >> from & 1)
		jit_op_imm(j, op, from, from, k);
}

/* By 32 or more: one half takes the other's place. */
static void shift_large(struct jit *j, uint32_t op, uint32_t from, uint32_t to, uint32_t k)
{
	if (j->live >> to & 1)
		jit_op_imm(j, op, to, from, k - 32);
	if (!(j->live >> from & 1))
		return;
	if (op == UB_ARSH)
		jit_op_imm(j, op, from, from, 31);
	else
		jit_set_const(j, from, 0);
}

/* rd |= rn shifted by ±(32 - count): what crosses from one half into the other. The processor looks
 * at 8 bits of the count, and everything from 32 up shifts all bits out; so one of these is 0. */
static void or_crossing(struct jit *j, enum t2_shift type, int rd, int rn, int count, int t, bool reverse)
{
	jit_dp_imm(&j->out.code, reverse ? T2_RSB : T2_SUB, t, count, 32, JIT_ANY);
	jit_shift_reg(&j->out.code, type, t, rn, t, JIT_ANY);
	jit_dp(&j->out.code, T2_ORR, rd, rd, t, JIT_ANY);
}

static void shift_by_register(struct jit *j, uint32_t op, uint32_t from, uint32_t to, uint32_t s)
{
	struct jit_code *c = &j->out.code;
	enum t2_shift type = op == UB_LSH ? T2_LSL : op == UB_RSH ? T2_LSR : T2_ASR;
	enum t2_shift in = op == UB_LSH ? T2_LSL : T2_LSR, across = op == UB_LSH ? T2_LSR : T2_LSL;
	int rm = jit_reg(j, s), count = jit_scratch(j, rm), rn = jit_reg(j, from);
	jit_dp_imm(c, T2_AND, count, rm, 63, JIT_ANY);
	if (j->live >> to & 1) {
		uint32_t temps = j->temps;
		int own = jit_reg(j, to), rd = jit_dst(j, to, own), t = jit_temp(j);
		jit_shift_reg(c, in, rd, own, count, JIT_ANY);
		or_crossing(j, across, rd, rn, count, t, true);
		if (type != T2_ASR) {
			or_crossing(j, type, rd, rn, count, t, false);
		} else { /* sign bits must not come in when nothing crosses */
			jit_dp_imm(c, T2_SUB, t, count, 32, JIT_SET);
			jit_itt(c, T2_PL);
			jit_shift_reg(c, T2_ASR, t, rn, t, JIT_KEEP);
			jit_dp(c, T2_ORR, rd, rd, t, JIT_KEEP);
		}
		jit_done(j, to, rd);
		j->temps = temps;
	}
	if (j->live >> from & 1) {
		int rd = jit_dst(j, from, rn);
		jit_shift_reg(c, type, rd, rn, count, JIT_ANY);
		jit_done(j, from, rd);
	}
}

void jit_pair_shift(struct jit *j, uint32_t op, uint32_t d, uint32_t s)
{
	bool left = op == UB_LSH;
	uint32_t from = left ? d : d + JIT_HIGH, to = left ? d + JIT_HIGH : d, k = (uint32_t)j->val[s].imm & 63;
	if (s == JIT_IMM && k == 0)
		return;
	if (s == JIT_IMM && k < 32) {
		shift_small(j, op, from, to, k);
	} else if (s == JIT_IMM) {
		shift_large(j, op, from, to, k);
	} else {
		jit_prepare(j, s);
		jit_prepare(j, d);
		jit_prepare(j, d + JIT_HIGH);
		jit_clobber(j, d);
		jit_clobber(j, d + JIT_HIGH);
		shift_by_register(j, op, from, to, s);
	}
}
