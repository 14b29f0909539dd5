// SPDX-License-Identifier: BSD-2-Clause
/* The test before a loop that is compiled twice:
 *
 *   turns     distance of counter and bound / step; below 2^20, and in the budget, which pays now
 *   reaches   offset in the context of the first turn's address, and of the last turn's: both below
 *             the limit, and with them all between
 *
 * A branch to the usual form says no more than that nothing was vouched for: it checks and pays as
 * ever. Scratch is ip, lr, and registers whose halves are not live at the head.
 */
#include "jit/loops.h"

struct preheader {
	struct jit *j;
	uint32_t free;  /* ARM registers */
	uint32_t kept;  /* those that are free after the next branch */
	bool short_of;  /* more were needed */
	int turns, base, limit;
};

static int take(struct preheader *p)
{
	p->short_of |= p->free == 0;
	uint32_t reg = p->free ? (uint32_t)__builtin_ctz(p->free) : T2_IP;
	p->free &= ~(1u << reg);
	return (int)reg;
}

/* The register of a half: its home, or one it is loaded into. */
static int half(struct preheader *p, uint32_t half)
{
	struct jit *j = p->j;
	if (j->home[half] < JIT_SPILL)
		return j->home[half];
	int t = take(p);
	jit_load_spilled(j, half, t);
	return t;
}

/* What is taken stays taken. */
static void keep(struct preheader *p)
{
	p->kept = p->free;
}

/* To the usual form. What is not kept may be read on, until something else is taken. */
static void leave(struct preheader *p, enum t2_cond cond)
{
	jit_branch(&p->j->out, cond, JIT_TO_CODE, 0);
	p->free = p->kept;
}

static void by_register(struct preheader *p, enum t2_dp op, int rd, int rn, int rm)
{
	jit_dp(&p->j->out.code, op, rd, rn, rm, JIT_SET);
}

static void by_imm(struct preheader *p, enum t2_dp op, int rd, int rn, uint32_t imm)
{
	if (jit_dp_imm(&p->j->out.code, op, rd, rn, imm, JIT_SET))
		return;
	int t = take(p);
	jit_const(&p->j->out.code, t, imm, JIT_ANY);
	by_register(p, op, rd, rn, t);
}

static bool is_power(uint32_t k)
{
	return (k & (k - 1)) == 0;
}

/* Compares of 64 bits are ones of low halves if the high ones are equal. */
static void equal_highs(struct preheader *p, const struct jit_loop *l)
{
	uint32_t others = l->highs & (l->highs - 1);
	if (!l->highs)
		return;
	p->short_of |= (l->highs & ~p->j->live_in[l->head]) != 0;
	int a = half(p, (uint32_t)__builtin_ctz(l->highs));
	if (others)
		by_register(p, T2_SUB, T2_PC, a, half(p, (uint32_t)__builtin_ctz(others)));
	else
		by_imm(p, T2_SUB, T2_PC, a, 0);
	leave(p, T2_NE);
}

/* d = distance of counter and bound after the first turn. A counter that is behind its bound already leaves. */
static void distance(struct preheader *p, const struct jit_loop *l, int d)
{
	enum t2_cond behind = l->is_signed ? T2_LT : T2_LO;
	int counter = half(p, l->counter);
	if (l->bound != JIT_NOWHERE) {
		int bound = half(p, l->bound);
		if (!l->down && l->step > 1 && !l->equal) { /* no wrapping around behind it */
			by_imm(p, T2_ADD, d, bound, l->step);
			leave(p, T2_HS);
		}
		by_register(p, T2_SUB, d, l->down ? counter : bound, l->down ? bound : counter);
		leave(p, behind);
		by_imm(p, T2_SUB, d, d, l->step);
		if (l->step == 1) /* -1 is too many turns */
			return;
		behind = T2_LO;
	} else if (l->down) {
		by_imm(p, T2_SUB, d, counter, l->limit + l->step);
	} else {
		jit_const(&p->j->out.code, d, l->limit - l->step, JIT_ANY);
		by_register(p, T2_SUB, d, d, counter);
	}
	leave(p, behind);
}

/* How often the latch goes back. */
static void count_turns(struct preheader *p, const struct jit_loop *l)
{
	struct jit_code *c = &p->j->out.code;
	int d = p->turns = take(p);
	keep(p);
	distance(p, l, d);
	int t = take(p);
	if (l->step > 1) {
		uint32_t log = (uint32_t)__builtin_ctz(l->step);
		if (l->equal) {
			jit_shift_imm(c, T2_LSL, t, d, 32 - log, JIT_SET);
			leave(p, T2_NE);
		} else {
			by_imm(p, T2_ADD, d, d, l->step - 1);
		}
		if (is_power(l->step)) {
			jit_shift_imm(c, T2_LSR, d, d, log, JIT_ANY);
		} else {
			jit_const(c, t, l->step, JIT_ANY);
			jit_mul3(c, T2_UDIV, d, d, t, 0);
		}
	}
	jit_shift_imm(c, T2_LSR, t, d, LOOP_TURNS, JIT_SET);
	leave(p, T2_NE);
}

/* Pays for all turns, last of all: from here on it is the fast form. */
static void pay(struct preheader *p)
{
	int t = take(p);
	by_register(p, T2_SUB, t, half(p, JIT_BUDGET), p->turns);
	leave(p, T2_LO);
	jit_store_half(p->j, JIT_BUDGET, t);
}

/* t += turns * stride, which it may be less than 0 by; flags set. */
static void advance(struct preheader *p, int t, const struct jit_reach *r)
{
	struct jit_code *c = &p->j->out.code;
	uint32_t stride = (uint32_t)(r->stride < 0 ? -r->stride : r->stride), lsl = 0;
	int k = p->turns;
	if (r->by != JIT_NOWHERE) {
		int by = half(p, r->by & 15);
		lsl = r->by >> 4;
		k = take(p);
		jit_shift_imm(c, T2_LSR, k, by, LOOP_STRIDE - lsl, JIT_SET);
		leave(p, T2_NE);
		jit_mul(c, k, by, p->turns, JIT_ANY);
	} else if (is_power(stride)) {
		lsl = (uint32_t)__builtin_ctz(stride);
	} else {
		k = take(p);
		jit_const(c, k, stride, JIT_ANY);
		jit_mul(c, k, k, p->turns, JIT_ANY);
	}
	jit_dp_shift(c, r->stride < 0 ? T2_SUB : T2_ADD, t, t, k, T2_LSL, lsl, JIT_SET);
	p->free = p->kept;
}

/* t + more is below the limit; if `more` is negative, the limit is known not to be 0. */
static void below(struct preheader *p, int t, int32_t more)
{
	int limit = p->limit;
	if (more) {
		int sum = take(p);
		by_imm(p, T2_ADD, sum, more > 0 ? t : limit, (uint32_t)(more > 0 ? more : -more));
		*(more > 0 ? &t : &limit) = sum;
	}
	by_register(p, T2_SUB, T2_PC, t, limit);
	leave(p, T2_HS);
}

static void vouch(struct preheader *p, const struct jit_reach *r)
{
	struct jit_code *c = &p->j->out.code;
	uint32_t kept = p->kept, terms = r->low.terms;
	int32_t more = (int32_t)r->bytes - (int32_t)p->j->window;
	int t = take(p);
	keep(p);
	for (uint32_t i = 0; i < jit_terms(&r->low); i++, terms >>= 8) {
		uint32_t lsl = terms >> 4 & 15;
		int reg = half(p, terms & 15);
		if (i > 0) {
			jit_dp_shift(c, T2_ADD, t, t, reg, T2_LSL, lsl, JIT_ANY);
		} else {
			if (lsl)
				jit_shift_imm(c, T2_LSL, t, reg, lsl, JIT_ANY);
			jit_dp(c, T2_SUB, t, lsl ? t : reg, p->base, JIT_ANY);
		}
		p->free = p->kept;
	}
	if (r->low.constant)
		by_imm(p, T2_ADD, t, t, r->low.constant);
	bool moves = r->stride || r->by != JIT_NOWHERE, up = moves && r->stride >= 0;
	bool wraps = up && !more; /* if it does not, the last turn's address says enough */
	if (!wraps)
		below(p, t, 0);
	if (more > 0 && !up)
		below(p, t, more);
	if (moves)
		advance(p, t, r);
	if (wraps || r->stride < 0)
		leave(p, up ? T2_HS : T2_LO);
	if (up)
		below(p, t, more);
	p->free = p->kept = kept;
}

bool jit_preheader(struct jit *j, const struct jit_loop *loop)
{
	struct preheader p = { .j = j, .free = j->local_calls ? 0x57ff : 0x5fff };
	struct jit_code start = j->out.code;
	int32_t error = j->out.error;
	uint32_t fixups = j->out.nfixups, live = j->live_in[loop->head] | JIT_OWN;

	live |= JIT_LO(UB_R10); /* which checks compare with, and a caller goes on from */
	if (j->local_calls)
		live |= JIT_SAVED; /* for callers */
	p.free &= ~jit_homes(j, live);
	keep(&p);
	equal_highs(&p, loop);
	count_turns(&p, loop);
	uint32_t kept = p.kept;
	p.base = half(&p, JIT_BASE);
	p.limit = half(&p, JIT_LIMIT);
	keep(&p);
	for (uint32_t n = 0; n < loop->reaches; n++)
		if (loop->reach[n].covered)
			vouch(&p, &loop->reach[n]);
	p.free = kept;
	if (loop->prepaid)
		pay(&p);
	jit_forget(j);
	if (!p.short_of)
		return true;
	j->out.code = start;
	j->out.error = error; /* whether there is room for less is to be seen */
	j->out.nfixups = fixups;
	return false;
}
