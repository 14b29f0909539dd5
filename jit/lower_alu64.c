// SPDX-License-Identifier: BSD-2-Clause
/* Arithmetic whose halves depend on each other: sums and differences carry, products cross, division
 * needs all four halves.
 *
 *   low half    rd.lo = rn.lo op rm.lo, setting flags
 *   high half   rd.hi = rn.hi op rm.hi with carry
 */
#include "jit/value.h"

/* d = d ± s. Everything that could change flags comes before. */
static void add(struct jit *j, bool sub, uint32_t d, uint32_t s)
{
	uint32_t dh = d + JIT_HIGH, sh = s + JIT_HIGH, temps = j->temps;
	jit_prepare(j, d);
	jit_prepare(j, dh);
	for (uint32_t half = s; half <= sh; half += JIT_HIGH)
		if (j->val[half].kind != JIT_SHIFT)
			jit_prepare(j, half);
	if (jit_is_const(j, dh) && (sub || jit_is_const(j, sh)))
		jit_settle(j, dh); /* there is no reverse subtraction with carry */
	jit_clobber(j, d);
	jit_clobber(j, dh);
	jit_op_dp(j, sub ? T2_SUB : T2_ADD, d, d, s, JIT_SET);
	j->temps = temps;
	jit_op_dp(j, sub ? T2_SBC : T2_ADC, dh, dh, sh, JIT_ANY);
}

void jit_pair_negate(struct jit *j, uint32_t d)
{
	uint32_t dh = d + JIT_HIGH, temps = j->temps;
	bool zero = jit_is_zero(j, dh);
	jit_prepare(j, d);
	jit_prepare(j, dh);
	jit_clobber(j, d);
	jit_clobber(j, dh);
	j->val[JIT_IMM].imm = 0;
	jit_op_dp(j, T2_SUB, d, JIT_IMM, d, JIT_SET);
	j->temps = temps;
	int rm = zero ? -1 : jit_reg(j, dh), rd = jit_dst(j, dh, rm);
	if (zero)
		jit_dp(&j->out.code, T2_SBC, rd, rd, rd, JIT_ANY); /* 0 or, having borrowed, -1 */
	else
		jit_dp_shift(&j->out.code, T2_SBC, rd, rm, rm, T2_LSL, 1, JIT_ANY); /* rm - 2 rm */
	jit_done(j, dh, rd);
}

/* The operands of an instruction that takes both halves of both. */
static void prepare(struct jit *j, uint32_t d, uint32_t s)
{
	jit_prepare(j, s);
	jit_prepare(j, s + JIT_HIGH);
	jit_prepare(j, d);
	jit_prepare(j, d + JIT_HIGH);
	jit_clobber(j, d);
	jit_clobber(j, d + JIT_HIGH);
}

/* d *= s. Cross products come first, so that at most three registers are taken. */
static void multiply(struct jit *j, uint32_t d, uint32_t s)
{
	struct jit_code *c = &j->out.code;
	bool dz = jit_is_zero(j, d + JIT_HIGH), sz = jit_is_zero(j, s + JIT_HIGH);
	prepare(j, d, s);
	int rn = jit_reg(j, d), rm = d == s ? rn : jit_reg(j, s), top = dz && sz ? -1 : jit_temp(j);
	uint32_t temps = j->temps;
	if (!sz)
		jit_mul(c, top, rn, jit_reg(j, s + JIT_HIGH), JIT_ANY);
	j->temps = temps;
	if (!dz && sz)
		jit_mul(c, top, rm, jit_reg(j, d + JIT_HIGH), JIT_ANY);
	else if (!dz)
		jit_mul3(c, T2_MLA, top, rm, jit_reg(j, d + JIT_HIGH), top);
	j->temps = temps;
	int lo = jit_dst(j, d, rn), hi = jit_dst(j, d + JIT_HIGH, -1);
	jit_mul3(c, T2_UMULL, hi, rn, rm, lo);
	if (top >= 0)
		jit_dp(c, T2_ADD, hi, hi, top, JIT_ANY);
	jit_done(j, d, lo);
	jit_done(j, d + JIT_HIGH, hi);
}

/* Division goes through the stack, so that no register needs to be free: [sp] dividend, [sp, #8]
 * divisor; the result comes back in [sp]. */
static void divide(struct jit *j, bool mod, bool sign, uint32_t d, uint32_t s)
{
	struct jit_code *c = &j->out.code;
	const uint32_t halves[] = { d, d + JIT_HIGH, s, s + JIT_HIGH };
	prepare(j, d, s);
	jit_sp_add(c, -16);
	j->sp_moved += 16;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t temps = j->temps;
		jit_mem(c, T2_STR, jit_reg(j, halves[i]), T2_SP, (int32_t)i * 4);
		j->temps = temps;
	}
	jit_call_routine(j, JIT_DIVIDE);
	jit_narrow(c, (uint32_t)mod | (uint32_t)sign << 1);
	jit_forget(j);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t temps = j->temps;
		if (!(j->live >> halves[i] & 1))
			continue;
		int rd = jit_dst(j, halves[i], -1);
		jit_mem(c, T2_LDR, rd, T2_SP, (int32_t)i * 4);
		jit_done(j, halves[i], rd);
		j->temps = temps;
	}
	jit_sp_add(c, 16);
	j->sp_moved -= 16;
}

/* Bytes the other way round: halves change places. */
void jit_pair_swap(struct jit *j, uint32_t d)
{
	uint32_t dh = d + JIT_HIGH;
	int t = JIT_NOWHERE;
	j->keep = j->held;
	if (j->live >> dh & 1) {
		jit_prepare(j, d);
		int rn = jit_reg(j, d);
		t = jit_scratch(j, rn);
		jit_unary(&j->out.code, T2_REV, t, rn);
	}
	if (j->live >> d & 1)
		jit_op_unary(j, T2_REV, d, dh);
	if (t != JIT_NOWHERE) {
		jit_clobber_home(j, dh);
		jit_done(j, dh, t);
	}
}

void jit_pair(struct jit *j, uint32_t op, uint32_t d, uint32_t s, bool sign)
{
	switch (op) {
	case UB_ADD:
	case UB_SUB:
		add(j, op == UB_SUB, d, s);
		break;
	case UB_MUL:
		multiply(j, d, s);
		break;
	case UB_DIV:
	case UB_MOD:
		divide(j, op == UB_MOD, sign, d, s);
		break;
	default:
		jit_pair_shift(j, op, d, s);
	}
}
