// SPDX-License-Identifier: BSD-2-Clause
/* Where values are while code is being emitted.
 *
 * A value may stay lazy, an expression over registers that hold homes, until something needs it in
 * its own home: another instruction, the end of a block, or the overwriting of a register that the
 * expression reads. Lowering an instruction keeps to this order, so that nothing moves under it:
 *
 *   jit_clobber(dst)          values that read dst's home, and outlive the instruction, go home;
 *                             an operand that does not may still be in a register of dst, so
 *                             operands are read before dst is written
 *   jit_prepare(operands)     expressions that no instruction can take as they are, too
 *   jit_lo(), jit_hi()        registers of operands; spilled ones are loaded into scratch
 *   jit_dst()                 registers of results
 *   ... emit ...
 *   jit_done(dst)             spilled results are stored
 *   jit_release()             by the driver: scratch registers are free again
 */
#include "jit/compile.h"

/* Lazy values that read registers, at most: breaking their cycles takes one scratch register less. */
enum { LAZY_MAX = 3 };

static bool in_register(const struct jit *j, uint32_t half)
{
	return j->home[half] < JIT_SPILL;
}

static int32_t frame_offset(const struct jit *j, uint32_t word)
{
	return (int32_t)word * 4 + (j->local_calls ? 0 : j->sp_moved);
}

static int frame_base(const struct jit *j)
{
	return j->local_calls ? T2_R11 : T2_SP;
}

/* A scratch register, until jit_release: ip, lr, or a register put away for the moment. */
int jit_temp(struct jit *j)
{
	static const uint8_t scratch[] = { T2_IP, T2_LR };
	for (uint32_t i = 0; i < 2; i++) {
		if (j->temps >> scratch[i] & 1)
			continue;
		j->temps |= 1u << scratch[i];
		j->cached[i] = JIT_NOWHERE;
		return scratch[i];
	}
	uint32_t again = j->borrowed & ~j->temps;
	if (again) {
		j->temps |= again & -again;
		return __builtin_ctz(again);
	}
	for (int r = 0; r < 11; r++) {
		if ((j->pinned | j->borrowed) >> r & 1)
			continue;
		uint32_t word = j->borrow + jit_count(j->borrowed);
		j->temps |= 1u << r;
		j->borrowed |= 1u << r;
		j->short_of |= jit_count(j->borrowed) > j->borrows;
		/* Words are given in the order of borrowing, which here is that of register numbers. */
		jit_mem(&j->code, T2_STR, r, frame_base(j), frame_offset(j, word));
		return r;
	}
	j->code.broken = true;
	return T2_IP;
}

void jit_give_back(struct jit *j)
{
	uint32_t word = j->borrow;
	for (int r = 0; j->borrowed >> r; r++)
		if (j->borrowed >> r & 1)
			jit_mem(&j->code, T2_LDR, r, frame_base(j), frame_offset(j, word++));
	j->borrowed = 0;
}

static void pin_reg(struct jit *j, uint32_t reg)
{
	if (reg < 16)
		j->pinned |= 1u << reg;
}

void jit_pin_registers(struct jit *j, uint32_t r)
{
	pin_reg(j, j->home[r]);
	pin_reg(j, j->home[r + JIT_HIGH]);
	if (j->lazy >> r & 1) {
		pin_reg(j, j->val[r].a);
		pin_reg(j, j->val[r].b);
	}
}

/* The half that ip or lr has a copy of. */
static uint8_t *cache(struct jit *j, int t)
{
	return &j->cached[t == T2_LR];
}

/* What ip and lr hold is lost. */
void jit_forget(struct jit *j)
{
	j->cached[0] = j->cached[1] = JIT_NOWHERE;
}

/* The register a half is in, its home or scratch. */
int jit_load_half(struct jit *j, uint32_t half)
{
	if (in_register(j, half)) {
		j->pinned |= 1u << j->home[half];
		return j->home[half];
	}
	for (int t = T2_IP; t <= T2_LR; t += T2_LR - T2_IP) {
		if (*cache(j, t) == half && !(j->temps >> t & 1)) {
			j->temps |= 1u << t;
			return t;
		}
	}
	int t = jit_temp(j);
	jit_load_spilled(j, half, t);
	return t;
}

void jit_load_spilled(struct jit *j, uint32_t half, int rt)
{
	j->code.broken |= j->home[half] == JIT_NOWHERE;
	if (rt >= T2_IP)
		*cache(j, rt) = (uint8_t)half;
	jit_mem(&j->code, T2_LDR, rt, frame_base(j), frame_offset(j, j->home[half] - JIT_SPILL));
}

void jit_store_half(struct jit *j, uint32_t half, int reg)
{
	if (j->home[half] == JIT_NOWHERE)
		return;
	if (in_register(j, half))
		jit_mov(&j->code, j->home[half], reg);
	else {
		for (uint32_t i = 0; i < 2; i++)
			if (j->cached[i] == half)
				j->cached[i] = JIT_NOWHERE;
		if (reg >= T2_IP)
			*cache(j, reg) = (uint8_t)half;
		jit_mem(&j->code, T2_STR, reg, frame_base(j), frame_offset(j, j->home[half] - JIT_SPILL));
	}
}

/* A half of d = the half of s, a copy or at home. */
void jit_copy_half(struct jit *j, uint32_t d, uint32_t s)
{
	if (in_register(j, d) && !(j->lazy >> (s & 15) & 1) && !in_register(j, s))
		jit_load_spilled(j, s, j->home[d]);
	else
		jit_store_half(j, d, s < JIT_HIGH ? jit_lo(j, s) : jit_hi(j, s - JIT_HIGH));
}

static bool reads(const struct jit_val *v, uint32_t reg)
{
	return v->kind != JIT_CONST && (v->a == reg || v->b == reg);
}

static void settle(struct jit *j, uint32_t r, uint32_t busy);

/* Before register `reg` changes, to become the home of `self`: live values that read it go home,
 * or, where they are on their way already (busy), read a copy from now on. */
static void clobber_reg(struct jit *j, uint32_t reg, uint32_t self, uint32_t live, uint32_t busy)
{
	uint32_t needed = (live | live >> JIT_HIGH | busy) & j->lazy & ~(1u << self);
	int copy = -1;
	if (reg >= JIT_SPILL)
		return;
	for (; needed; needed &= needed - 1) {
		uint32_t q = (uint32_t)__builtin_ctz(needed);
		struct jit_val *v = &j->val[q];
		if (!(j->lazy >> q & 1) || !reads(v, reg))
			continue;
		if (!(busy >> q & 1)) {
			settle(j, q, busy);
			continue;
		}
		if (copy < 0) {
			copy = jit_temp(j);
			jit_mov(&j->code, copy, (int)reg);
		}
		if (v->a == reg)
			v->a = (uint8_t)copy;
		if (v->b == reg)
			v->b = (uint8_t)copy;
	}
}

/* rd = value of an address expression; rd may be one of its registers. */
static void emit_addr(struct jit *j, int rd, const struct jit_val *v)
{
	int rn = v->a;
	if (v->b != JIT_NOWHERE) {
		jit_dp_shift(&j->code, T2_ADD, rd, rn, v->b, T2_LSL, v->shift, JIT_ANY);
		rn = rd;
	}
	if (v->imm == 0 && v->b != JIT_NOWHERE)
		return;
	if (jit_dp_imm(&j->code, T2_ADD, rd, rn, (uint32_t)v->imm, JIT_ANY))
		return;
	int t = rd == rn ? jit_temp(j) : rd;
	jit_const(&j->code, t, (uint32_t)v->imm, JIT_ANY);
	jit_dp(&j->code, T2_ADD, rd, rn, t, JIT_ANY);
}

static void emit_low(struct jit *j, int rd, const struct jit_val *v)
{
	switch (v->kind) {
	case JIT_CONST:
		jit_const(&j->code, rd, (uint32_t)v->imm, JIT_ANY);
		break;
	case JIT_COPY:
		jit_mov(&j->code, rd, v->a);
		break;
	case JIT_SHIFT:
		jit_shift_imm(&j->code, (enum t2_shift)(v->shift >> 5), rd, v->a, v->shift & 31, JIT_ANY);
		break;
	case JIT_ADDR:
		emit_addr(j, rd, v);
		break;
	}
}

/* Brings the value of r into its home. */
static void settle(struct jit *j, uint32_t r, uint32_t busy)
{
	struct jit_val *v = &j->val[r];
	uint32_t temps = j->temps;
	if (!(j->lazy >> r & 1))
		return;
	clobber_reg(j, j->home[r], r, j->held, busy | 1u << r);
	clobber_reg(j, j->home[r + JIT_HIGH], r, j->held, busy | 1u << r);

	if (j->home[r] != JIT_NOWHERE) {
		uint32_t held = j->temps;
		int rd = in_register(j, r) ? j->home[r] : jit_temp(j);
		emit_low(j, rd, v);
		jit_store_half(j, r, rd);
		j->temps = held;
	}
	if (v->kind == JIT_CONST && v->shift && j->home[r + JIT_HIGH] != JIT_NOWHERE) {
		uint32_t held = j->temps;
		int rd = in_register(j, r + JIT_HIGH) ? j->home[r + JIT_HIGH] : jit_temp(j);
		jit_const(&j->code, rd, ~0u, JIT_ANY);
		jit_store_half(j, r + JIT_HIGH, rd);
		j->temps = held;
	} else if (v->kind == JIT_COPY && v->b != JIT_NOWHERE && !(j->zx >> r & 1) && j->held & JIT_HI(r)) {
		jit_store_half(j, r + JIT_HIGH, v->b);
	}
	j->lazy &= ~(1u << r);
	if (busy == 0)
		j->temps = temps; /* copies that broke cycles are used up */
}

void jit_settle(struct jit *j, uint32_t r)
{
	settle(j, r, 0);
}

/* At the end of a block: what is needed elsewhere goes where everybody looks for it. */
void jit_flush(struct jit *j, uint32_t live)
{
	for (uint32_t left = j->lazy & (live | live >> JIT_HIGH); left; left &= left - 1)
		jit_settle(j, (uint32_t)__builtin_ctz(left));
	for (uint32_t left = j->zx & live >> JIT_HIGH; left; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left) + JIT_HIGH, held = j->temps;
		if (j->home[half] == JIT_NOWHERE)
			continue;
		int rd = in_register(j, half) ? j->home[half] : jit_temp(j);
		clobber_reg(j, j->home[half], half, j->held, 0);
		jit_const(&j->code, rd, 0, JIT_ANY);
		jit_store_half(j, half, rd);
		j->temps = held;
		j->zx &= ~JIT_LO(half - JIT_HIGH);
	}
}

void jit_clobber(struct jit *j, uint32_t r)
{
	clobber_reg(j, j->home[r], r, j->live, 0);
	clobber_reg(j, j->home[r + JIT_HIGH], r, j->live, 0);
}

/* Makes an operand one that jit_lo and jit_hi can give a register of. */
void jit_prepare(struct jit *j, uint32_t r)
{
	if (j->lazy >> r & 1 && j->val[r].kind != JIT_COPY)
		jit_settle(j, r);
}

int jit_lo(struct jit *j, uint32_t r)
{
	if (!(j->lazy >> r & 1))
		return jit_load_half(j, r);
	pin_reg(j, j->val[r].a);
	return j->val[r].a;
}

/* The register of a high half, or JIT_ZERO. */
int jit_hi(struct jit *j, uint32_t r)
{
	if (j->zero >> r & 1)
		return JIT_ZERO;
	if (!(j->lazy >> r & 1))
		return jit_load_half(j, r + JIT_HIGH);
	j->code.broken |= j->val[r].b == JIT_NOWHERE;
	pin_reg(j, j->val[r].b);
	return j->val[r].b;
}

/* Scratch: `reuse` if that is scratch already and its value may go, or more. */
int jit_scratch(struct jit *j, int reuse)
{
	if (reuse < 0 || !(j->temps >> reuse & 1))
		return jit_temp(j);
	if (reuse >= T2_IP)
		*cache(j, reuse) = JIT_NOWHERE;
	return reuse;
}

/* The register to compute a half in: its home, or, spilled, `reuse` if that is scratch, or more scratch. */
int jit_dst(struct jit *j, uint32_t half, int reuse)
{
	if (in_register(j, half)) {
		j->pinned |= 1u << j->home[half];
		return j->home[half];
	}
	return jit_scratch(j, reuse);
}

/* r is now in `lo` and `hi`: registers, or JIT_NOWHERE if stored already or not needed, or, for hi,
 * JIT_ZERO. */
void jit_done(struct jit *j, uint32_t r, int lo, int hi)
{
	if (lo != JIT_NOWHERE)
		jit_store_half(j, r, lo);
	j->lazy &= ~(1u << r);
	j->zx &= ~(1u << r);
	if (hi == JIT_ZERO)
		j->zx |= 1u << r;
	else if (hi != JIT_NOWHERE)
		jit_store_half(j, r + JIT_HIGH, hi);
}

void jit_set_val(struct jit *j, uint32_t r, struct jit_val v, bool zx)
{
	uint32_t others = j->lazy & ~(1u << r) & (j->live | j->live >> JIT_HIGH);
	uint32_t reading = 0, oldest = 0;
	for (uint32_t left = v.kind == JIT_CONST ? 0 : others; left; left &= left - 1) {
		uint32_t q = (uint32_t)__builtin_ctz(left);
		if (j->val[q].kind != JIT_CONST && reading++ == 0)
			oldest = q;
	}
	j->val[r] = v;
	j->lazy |= 1u << r;
	j->zx = (j->zx & ~(1u << r)) | (uint32_t)zx << r;
	if (reading >= LAZY_MAX)
		jit_settle(j, oldest);
}

/* Whether r is a known constant. */
bool jit_const_of(const struct jit *j, uint32_t r, uint32_t *lo, uint32_t *hi)
{
	const struct jit_val *v = &j->val[r];
	if (!(j->lazy >> r & 1) || v->kind != JIT_CONST)
		return false;
	*lo = (uint32_t)v->imm;
	*hi = v->shift ? ~0u : 0;
	return true;
}

/* Whether the low half of r is in a register other instructions may go on reading. */
bool jit_reg_of(const struct jit *j, uint32_t r, uint8_t *reg)
{
	const struct jit_val *v = jit_val_of(j, r);
	if (v && v->kind != JIT_COPY)
		return false;
	*reg = v ? v->a : j->home[r];
	return *reg < JIT_SPILL;
}
