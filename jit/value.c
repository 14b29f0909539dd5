// SPDX-License-Identifier: BSD-2-Clause
/* Where the values of halves are while code is being emitted.
 *
 * A value may stay lazy, an expression over registers that hold homes, until something needs it in
 * its own home: an instruction that cannot take it as it is, the end of a block, or the overwriting
 * of a register that the expression reads. Lowering an operation keeps to this order, so that nothing
 * moves under it:
 *
 *   jit_clobber(d)      values that read d's home, and outlive the operation, go home
 *   jit_prepare(n), m   operands become registers or constants
 *   jit_reg()           registers of operands; spilled ones are loaded into scratch
 *   jit_dst(d)          the register of the result
 *   ... emit ...
 *   jit_done(d)         a spilled result is stored
 *   jit_release()       by the driver: scratch registers are free again
 */
#include "jit/loops.h"

/* A spilled half is what the register of others holds; `there`: its home says so, too. */
static void be_guest(struct jit *j, uint32_t half, uint32_t reg, bool there)
{
	uint32_t bit = 1u << half;
	j->val[half] = jit_value(JIT_COPY, reg, JIT_NOWHERE, there, 0);
	j->lazy |= bit;
	j->reading |= bit;
	j->pinned |= 1u << reg;
	j->temps &= ~(1u << reg); /* not scratch any more */
}

static inline __attribute__((always_inline)) void be_home(struct jit *j, uint32_t half)
{
	j->val[half] = jit_value(JIT_HOME, j->home[half], JIT_NOWHERE, 0, 0);
}

/* Halves are where they live. */
void jit_at_home(struct jit *j, uint32_t halves)
{
	j->lazy &= ~halves;
	j->reading &= ~halves;
	for (; halves; halves &= halves - 1)
		be_home(j, (uint32_t)__builtin_ctz(halves));
}

void jit_all_at_home(struct jit *j)
{
	j->lazy = j->reading = 0;
	for (uint32_t half = 0; half < JIT_HALVES; half++)
		be_home(j, half);
}

/* Where a half is to be computed, if anywhere. */
static uint32_t goal(const struct jit *j, uint32_t half)
{
	return j->home[half == j->result ? j->into : half];
}

/* A half is in its home, or in the register it was computed in. */
static void arrive(struct jit *j, uint32_t half, uint32_t reg)
{
	uint32_t bit = 1u << half;
	if (half == j->result && reg == j->home[j->into]) {
		j->val[half] = jit_value(JIT_COPY, reg, JIT_NOWHERE, 0, 0);
		j->lazy |= bit;
		j->reading |= bit;
	} else {
		be_home(j, half);
		j->lazy &= ~bit;
		j->reading &= ~bit;
	}
}

static void settle(struct jit *j, uint32_t half, uint32_t busy);
static int constant(struct jit *j, uint32_t value);

/* Values of a set that read register `reg` go home, or, where they are on their way already (busy), read a copy
 * from now on. */
static NOINLINE void make_room(struct jit *j, uint32_t reg, uint32_t left, uint32_t busy)
{
	int copy = -1;
	for (; left; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left);
		struct jit_val *v = &j->val[half];
		if (!(j->reading >> half & 1) || (v->a != reg && v->b != reg))
			continue;
		if (!(busy >> half & 1)) {
			settle(j, half, busy);
			continue;
		}
		if (copy < 0) {
			copy = jit_temp(j);
			jit_mov(&j->out.code, copy, (int)reg);
		}
		if (v->a == reg)
			v->a = (uint8_t)copy;
		if (v->b == reg)
			v->b = (uint8_t)copy;
	}
}

/* Before register `reg` changes, to become the home of `self`: no value that is to be kept reads it. */
static inline void clobber(struct jit *j, uint32_t reg, uint32_t self, uint32_t keep, uint32_t busy)
{
	uint32_t others = j->reading & (keep | busy) & ~(1u << self);
	if (others && reg < JIT_SPILL)
		make_room(j, reg, others, busy);
}

/* rd = rn + k; rd may be rn. */
static void add_const(struct jit *j, int rd, int rn, uint32_t k)
{
	if (jit_dp_imm(&j->out.code, T2_ADD, rd, rn, k, JIT_ANY))
		return;
	uint32_t temps = j->temps;
	int t = rd == rn ? jit_temp(j) : rd;
	jit_const(&j->out.code, t, k, JIT_ANY);
	jit_dp(&j->out.code, T2_ADD, rd, rn, t, JIT_ANY);
	j->temps = temps;
}

/* rd = the sum a + (b << shift) + imm; rd may be one of its registers. */
void jit_sum(struct jit *j, int rd, const struct jit_val *v)
{
	int rn = v->a;
	if (v->b != JIT_NOWHERE) {
		jit_dp_shift(&j->out.code, T2_ADD, rd, rn, v->b, T2_LSL, v->shift, JIT_ANY);
		rn = rd;
	}
	if (v->imm)
		add_const(j, rd, rn, (uint32_t)v->imm);
	else
		jit_mov(&j->out.code, rd, rn);
}

/* rd = a value. */
void jit_emit_value(struct jit *j, int rd, const struct jit_val *v)
{
	switch (v->kind) {
	case JIT_CONST:
		jit_const(&j->out.code, rd, (uint32_t)v->imm, JIT_ANY);
		break;
	case JIT_SHIFT:
		jit_shift_imm(&j->out.code, (enum t2_shift)(v->shift >> 5), rd, v->a, v->shift & 31, JIT_ANY);
		break;
	case JIT_PRODUCT:
		jit_mul(&j->out.code, rd, v->a, v->b, JIT_ANY);
		break;
	default: /* a copy, too: a + 0 */
		jit_sum(j, rd, v);
	}
}

/* Brings the value of a half into its home. */
static void settle(struct jit *j, uint32_t half, uint32_t busy)
{
	struct jit_val *v = &j->val[half];
	uint32_t temps = j->temps, reg = j->home[half];
	bool there = v->kind == JIT_CONST ? v->b : v->kind == JIT_COPY && v->shift;
	j->settling++;
	if (half == j->result && v->kind != JIT_COPY && !(j->held >> j->into & 1)) {
		reg = goal(j, half);
		clobber(j, reg, half, j->held, busy | 1u << half);
		jit_change(j, reg);
		jit_emit_value(j, (int)reg, v);
	} else if (!there && reg != JIT_NOWHERE) {
		clobber(j, reg, half, j->held, busy | 1u << half);
		uint32_t held = j->temps;
		int rd;
		if (v->kind == JIT_CONST && !jit_in_register(j, half)) {
			rd = constant(j, (uint32_t)v->imm);
		} else if (v->kind == JIT_COPY) {
			rd = v->a;
		} else {
			rd = jit_dst(j, half, -1);
			jit_emit_value(j, rd, v);
		}
		if ((uint32_t)rd != reg)
			jit_store_half(j, half, rd);
		j->temps = held;
	}
	arrive(j, half, reg);
	j->settling--;
	if (busy == 0)
		j->temps = temps; /* copies that broke cycles are used up */
}

void jit_settle(struct jit *j, uint32_t half)
{
	if (j->lazy >> half & 1)
		settle(j, half, 0);
}

/* Copies in a set that have homes in the frame go there, but stay, too: what is compared now is still at hand.
 * Returns them. */
static NOINLINE uint32_t store_guests(struct jit *j, uint32_t set)
{
	uint32_t guests = 0;
	for (; set; set &= set - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(set);
		struct jit_val *v = &j->val[half];
		if (v->kind != JIT_COPY)
			continue;
		if (!v->shift)
			jit_store_half(j, half, v->a);
		v->shift = 1;
		guests |= 1u << half;
	}
	return guests;
}

/* At the end of a block: what is needed elsewhere goes where everybody looks for it. */
void jit_flush(struct jit *j, uint32_t halves)
{
	uint32_t left = j->lazy & halves;
	if (left & j->spilled)
		left &= ~store_guests(j, left & j->spilled & j->reading);
	for (; left; left &= left - 1)
		jit_settle(j, (uint32_t)__builtin_ctz(left));
}

/* Whether the halves of a register have changed places: each can be computed where it is, and change back later. */
static inline bool crossed(const struct jit *j, uint32_t half)
{
	uint32_t other = half ^ JIT_HIGH, both = 1u << half | 1u << other;
	return (j->reading & (j->held | j->keep) & both) == both && half != j->result && other != j->result &&
	       j->val[half].kind == JIT_COPY && j->val[half].a == j->home[other] &&
	       j->val[other].kind == JIT_COPY && j->val[other].a == j->home[half];
}

void jit_clobber_home(struct jit *j, uint32_t half)
{
	if (j->reading)
		clobber(j, goal(j, half), half, j->keep, 0);
}

void jit_clobber(struct jit *j, uint32_t half)
{
	if (!j->reading)
		return;
	uint32_t reg = goal(j, half);
	if (crossed(j, half)) {
		j->staying |= 1u << half;
		reg = j->val[half].a;
	}
	clobber(j, reg, half, j->keep, 0);
}

/* Brings an operand home, or, spilled, computes it as a guest, if there is room. */
static NOINLINE void prepare(struct jit *j, uint32_t half)
{
	uint32_t reg = j->spilled & j->lazy & 1u << half ? jit_host(j, half) : JIT_NOWHERE;
	if (reg == JIT_NOWHERE) {
		jit_settle(j, half);
		return;
	}
	jit_change(j, reg);
	jit_emit_value(j, (int)reg, &j->val[half]);
	be_guest(j, half, reg, false);
}

/* Makes an operand a register, a spilled half, or a constant; r10 remains what it is. */
void jit_prepare(struct jit *j, uint32_t half)
{
	if (j->val[half].kind > JIT_CONST)
		prepare(j, half);
}

/* A scratch register with a constant in it: lr, as ip is what others come and go in. */
static int constant(struct jit *j, uint32_t value)
{
	for (int t = T2_IP; t <= T2_LR; t += T2_LR - T2_IP) {
		if (*jit_cache(j, t) == JIT_IMM && j->constants[t == T2_LR] == value && !(j->temps >> t & 1)) {
			j->temps |= 1u << t;
			return t;
		}
	}
	int t = j->temps >> T2_LR & 1 ? jit_temp(j) : T2_LR;
	jit_change(j, (uint32_t)t);
	j->temps |= 1u << t;
	jit_const(&j->out.code, t, value, JIT_ANY);
	if (t >= T2_IP) {
		*jit_cache(j, t) = JIT_IMM;
		j->constants[t == T2_LR] = value;
	}
	return t;
}

/* The register of a prepared operand. */
int jit_reg(struct jit *j, uint32_t half)
{
	const struct jit_val *v = &j->val[half];
	if (jit_has_register(j, half)) {
		j->pinned |= 1u << v->a;
		return v->a;
	}
	if (v->kind == JIT_CONST)
		return constant(j, (uint32_t)v->imm);
	if (half == UB_R10 && v->kind == JIT_ADDR) {
		int t = jit_temp(j);
		jit_sum(j, t, v);
		return t;
	}
	j->out.code.broken |= v->kind > JIT_CONST;
	for (int t = T2_IP; t <= T2_LR; t += T2_LR - T2_IP) {
		if (*jit_cache(j, t) == half && !(j->temps >> t & 1)) {
			j->temps |= 1u << t;
			return t;
		}
	}
	uint32_t reg = j->spilled & j->live & 1u << half ? jit_host(j, half) : JIT_NOWHERE;
	if (reg != JIT_NOWHERE) {
		jit_load_spilled(j, half, (int)reg);
		be_guest(j, half, reg, true);
		return (int)reg;
	}
	int t = jit_temp(j);
	jit_load_spilled(j, half, t);
	return t;
}

static int use(struct jit *j, uint32_t reg)
{
	j->pinned |= 1u << reg;
	jit_change(j, reg);
	return (int)reg;
}

/* What jit_dst says of a half that is spilled, or computed in the register it is a copy of. */
static NOINLINE int elsewhere(struct jit *j, uint32_t half, int reuse, uint32_t reg)
{
	if (j->staying & j->lazy & 1u << half && j->val[half].kind == JIT_COPY)
		reg = j->val[half].a;
	else if (reg >= JIT_SPILL && j->live >> half & 1)
		reg = jit_host(j, half);
	return reg < JIT_SPILL ? use(j, reg) : jit_scratch(j, reuse);
}

/* The register to compute a half in: its home, or, spilled, one that nobody needs, `reuse` if that is scratch, or more
 * scratch. */
int jit_dst(struct jit *j, uint32_t half, int reuse)
{
	uint32_t reg = goal(j, half);
	if ((j->spilled | j->staying) >> half & 1)
		return elsewhere(j, half, reuse, reg);
	return reg < JIT_SPILL ? use(j, reg) : jit_scratch(j, reuse);
}

/* Whether a half that has just been computed remains in `reg`, which is not its home. */
static NOINLINE bool remains(struct jit *j, uint32_t half, int reg)
{
	if (j->staying & j->lazy & 1u << half) {
		j->staying &= ~(1u << half);
		return j->val[half].kind == JIT_COPY && j->val[half].a == reg;
	}
	if (!(j->spilled >> half & 1) || reg >= T2_IP || j->borrowed >> reg & 1)
		return false;
	be_guest(j, half, (uint32_t)reg, false);
	return true;
}

/* A half is now what `reg` holds. */
void jit_done(struct jit *j, uint32_t half, int reg)
{
	if (half == j->result && (uint32_t)reg == j->home[j->into]) {
		arrive(j, half, (uint32_t)reg);
		return;
	}
	if ((j->spilled | j->staying) >> half & 1 && remains(j, half, reg))
		return;
	if (j->home[half] != reg)
		jit_store_half(j, half, reg);
	if (j->lazy >> half & 1)
		jit_at_home(j, 1u << half);
}

void jit_set_words(struct jit *j, uint32_t half, uint32_t word, int32_t imm)
{
	uint32_t bit = 1u << half, others = j->reading & ~bit;
	j->val[half].word = word;
	j->val[half].imm = imm;
	j->lazy |= bit;
	j->reading = others;
	if ((uint8_t)word == JIT_CONST)
		return;
	j->reading = others | bit;
	others &= j->live & ~j->spilled;
	if (others && jit_count(others) >= j->lazy_max)
		settle(j, (uint32_t)__builtin_ctz(others), 0);
}

void jit_set_const(struct jit *j, uint32_t half, uint32_t value)
{
	if (!jit_is_const(j, half) || (uint32_t)j->val[half].imm != value)
		jit_set(j, half, jit_value(JIT_CONST, JIT_NOWHERE, 0, 0, value));
}

/* Of an expression that both d and s are to be, d gets a register: in a fast form that a turn starts with d, but
 * not with s. Else s does. */
static void settle_one(struct jit *j, uint32_t d, uint32_t s)
{
	uint32_t start = j->fast ? j->live_in[j->fast->head] : 0;
	if (!(start >> d & 1) || start >> s & 1 || !jit_in_register(j, d)) {
		jit_settle(j, s);
		return;
	}
	jit_at_home(j, 1u << d);
	clobber(j, j->home[d], s, j->keep, 0);
	if (!(j->lazy >> s & 1)) /* it had to make room */
		return;
	jit_change(j, j->home[d]);
	jit_emit_value(j, j->home[d], &j->val[s]);
	jit_set(j, s, jit_value(JIT_COPY, j->home[d], JIT_NOWHERE, 0, 0));
}

/* d = s; nothing is emitted if s is not spilled. */
void jit_copy(struct jit *j, uint32_t d, uint32_t s)
{
	if (d == s)
		return;
	if (j->val[s].kind > JIT_CONST && j->lazy & j->live & 1u << s)
		settle_one(j, d, s);
	struct jit_val v = j->val[s];
	if (v.kind == JIT_CONST)
		v.b = 0;
	else if (v.kind == JIT_COPY)
		v.shift = 0;
	if (v.kind == JIT_COPY && v.a == j->home[d]) {
		jit_at_home(j, 1u << d);
	} else if (v.kind != JIT_HOME) {
		jit_set(j, d, v);
	} else if (v.a < JIT_SPILL) {
		v.kind = JIT_COPY;
		jit_set(j, d, v);
	} else {
		jit_clobber_home(j, d);
		if (jit_in_register(j, d)) {
			jit_load_spilled(j, s, j->home[d]);
			jit_at_home(j, 1u << d);
			return;
		}
		int reg = jit_reg(j, s);
		if (reg < T2_IP && j->spilled >> d & ~(j->borrowed >> reg) & 1) {
			be_guest(j, d, (uint32_t)reg, false);
			return;
		}
		jit_store_half(j, d, reg);
		jit_at_home(j, 1u << d);
	}
}
