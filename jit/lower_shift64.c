// SPDX-License-Identifier: BSD-2-Clause
/* Shifts of pairs. */
#include "jit/compile.h"

/* Where a shift by a constant leaves the half that bits move into: `carried` is its old value. */
static void shift_to(struct jit *j, enum t2_shift type, int rd, int source, int carried, uint32_t k)
{
	bool left = type == T2_LSL;
	if (k >= 32 && source == JIT_ZERO) {
		jit_const(&j->code, rd, 0, JIT_ANY);
	} else if (k >= 32) {
		jit_shift_imm(&j->code, type, rd, source, k - 32, JIT_ANY);
	} else if (source == JIT_ZERO) {
		jit_shift_imm(&j->code, type, rd, carried, k, JIT_ANY);
	} else if (carried == JIT_ZERO) {
		jit_shift_imm(&j->code, T2_LSR, rd, source, 32 - k, JIT_ANY);
	} else {
		jit_shift_imm(&j->code, left ? T2_LSL : T2_LSR, rd, carried, k, JIT_ANY);
		jit_dp_shift(&j->code, T2_ORR, rd, rd, source, left ? T2_LSR : T2_LSL, 32 - k, JIT_ANY);
	}
}

/* Shifts by a constant 1..63. Bits move from the half `from` to the half `to`. */
void jit_shift64_imm(struct jit *j, uint32_t op, uint32_t d, uint32_t k)
{
	bool left = op == UB_LSH, zx = j->zero >> d & 1;
	enum t2_shift type = left ? T2_LSL : op == UB_RSH || zx ? T2_LSR : T2_ASR;
	uint32_t from = left ? d : d + JIT_HIGH, to = left ? d + JIT_HIGH : d;
	bool want_from = j->live >> from & 1, want_to = j->live >> to & 1, fill = left || type == T2_LSR;
	int source = JIT_ZERO, carried = JIT_ZERO, rd = JIT_NOWHERE, rs = JIT_NOWHERE;

	if (want_to || k < 32 || !fill)
		source = left ? jit_lo(j, d) : jit_hi(j, d);
	if (want_to && k < 32)
		carried = left ? jit_hi(j, d) : jit_lo(j, d);
	if (want_to) {
		rd = jit_dst(j, to, carried);
		shift_to(j, type, rd, source, carried, k);
	}
	if (want_from && left && k >= 32) {
		rs = jit_dst(j, from, source);
		jit_const(&j->code, rs, 0, JIT_ANY);
	} else if (want_from && (source == JIT_ZERO || (fill && k >= 32))) {
		rs = JIT_ZERO;
	} else if (want_from) {
		rs = jit_dst(j, from, source);
		jit_shift_imm(&j->code, type, rs, source, k < 32 ? k : 31, JIT_ANY);
	}
	jit_done(j, d, left ? rs : rd, left ? rd : rs);
}

/* rd |= rn shifted by ±(32 - count): what crosses from one half into the other. The processor looks
 * at 8 bits of the count, and everything from 32 up shifts all bits out; so one of these is 0. */
static void or_crossing(struct jit *j, enum t2_shift type, int rd, int rn, int count, int t, bool reverse)
{
	jit_dp_imm(&j->code, reverse ? T2_RSB : T2_SUB, t, count, 32, JIT_ANY);
	jit_shift_reg(&j->code, type, t, rn, t, JIT_ANY);
	jit_dp(&j->code, T2_ORR, rd, rd, t, JIT_ANY);
}

void jit_shift64_reg(struct jit *j, uint32_t op, uint32_t d, uint32_t s)
{
	bool want_lo = j->live & JIT_LO(d), want_hi = j->live & JIT_HI(d), zx = j->zero >> d & 1;
	int rm = jit_lo(j, s), count = jit_scratch(j, rm), lo = JIT_NOWHERE, hi = JIT_NOWHERE;
	jit_dp_imm(&j->code, T2_AND, count, rm, 63, JIT_ANY);
	int rn = jit_lo(j, d);
	if (op == UB_LSH) {
		if (want_hi) {
			int hn = jit_hi(j, d), t = jit_temp(j);
			hi = jit_dst(j, d + JIT_HIGH, hn);
			if (hn == JIT_ZERO)
				jit_const(&j->code, hi, 0, JIT_ANY);
			else
				jit_shift_reg(&j->code, T2_LSL, hi, hn, count, JIT_ANY);
			or_crossing(j, T2_LSR, hi, rn, count, t, true);
			or_crossing(j, T2_LSL, hi, rn, count, t, false);
		}
		lo = jit_dst(j, d, rn);
		jit_shift_reg(&j->code, T2_LSL, lo, rn, count, JIT_ANY);
	} else if (zx) {
		lo = jit_dst(j, d, rn);
		jit_shift_reg(&j->code, T2_LSR, lo, rn, count, JIT_ANY);
		hi = JIT_ZERO;
	} else {
		int hn = jit_hi(j, d);
		enum t2_shift type = op == UB_RSH ? T2_LSR : T2_ASR;
		if (want_lo) {
			int t = jit_temp(j);
			lo = jit_dst(j, d, rn);
			jit_shift_reg(&j->code, T2_LSR, lo, rn, count, JIT_ANY);
			or_crossing(j, T2_LSL, lo, hn, count, t, true);
			if (type == T2_LSR) {
				or_crossing(j, T2_LSR, lo, hn, count, t, false);
			} else { /* sign bits must not come in when nothing crosses */
				jit_dp_imm(&j->code, T2_SUB, t, count, 32, JIT_SET);
				jit_itt(&j->code, T2_PL);
				jit_shift_reg(&j->code, T2_ASR, t, hn, t, JIT_KEEP);
				jit_dp(&j->code, T2_ORR, lo, lo, t, JIT_KEEP);
			}
		}
		if (want_hi) {
			hi = jit_dst(j, d + JIT_HIGH, hn);
			jit_shift_reg(&j->code, type, hi, hn, count, JIT_ANY);
		}
	}
	jit_done(j, d, lo, hi);
}
