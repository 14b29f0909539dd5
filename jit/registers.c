// SPDX-License-Identifier: BSD-2-Clause
/* ARM registers and words of the frame while code is being emitted: scratch, registers for guests, spilled halves.
 *
 *   ip, lr        scratch; they remember what they hold
 *   r0..r11       homes of halves. One whose half nobody needs is scratch, or has a spilled half as a guest
 *   borrowed      one that is needed, put away in the frame until jit_release
 */
#include "jit/loops.h"

uint32_t jit_homes(const struct jit *j, uint32_t halves)
{
	uint32_t homes = 0;
	for (; halves; halves &= halves - 1) {
		uint32_t home = j->home[__builtin_ctz(halves)];
		if (home < JIT_SPILL)
			homes |= 1u << home;
	}
	return homes;
}

static int32_t frame_offset(const struct jit *j, uint32_t word)
{
	return (int32_t)word * 4 + (j->local_calls ? (int32_t)j->below : j->sp_moved);
}

static int frame_base(const struct jit *j)
{
	return j->local_calls ? T2_R11 : T2_SP;
}

void jit_load_run(struct jit *j, int rt)
{
	jit_mem(&j->out.code, T2_LDR, rt, frame_base(j), frame_offset(j, j->run));
}

/* Registers that are not to be borrowed: while values go home, others that may follow are read from there, or go
 * there. */
static uint32_t needed(const struct jit *j)
{
	uint32_t set = j->pinned | j->borrowed | j->temps;
	for (uint32_t left = j->settling ? j->lazy & j->held : 0; left; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left);
		const struct jit_val *v = &j->val[half];
		if (jit_in_register(j, half))
			set |= 1u << j->home[half];
		if (j->reading >> half & 1)
			set |= 1u << v->a | (v->b < JIT_SPILL ? 1u << v->b : 0);
	}
	return set;
}

enum { AHEAD = 16 }; /* slots looked at */

/* Homes of constants in a register say so no more. */
static void forget_constants(struct jit *j, uint32_t reg)
{
	for (uint32_t left = j->lazy & ~j->reading; left; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left);
		if (j->home[half] == reg)
			j->val[half].b = 0;
	}
}

uint32_t jit_host(struct jit *j, uint32_t guest)
{
	uint32_t keep = j->held | j->keep, busy = ~j->hosts, self = 1u << guest;
	const struct jit_val *v = &j->val[guest];
	if (!j->spilled)
		return JIT_NOWHERE;
	busy |= jit_homes(j, JIT_BOTH(UB_DST(&j->text[j->slot]))); /* which may be computed even if it is not needed */
	if (j->result != JIT_NOWHERE)
		busy |= 1u << j->home[j->into];
	busy |= jit_homes(j, keep & ~j->spilled);
	for (uint32_t left = j->reading & keep & ~self; left; left &= left - 1) {
		const struct jit_val *other = &j->val[__builtin_ctz(left)];
		busy |= 1u << other->a | (other->b < JIT_SPILL ? 1u << other->b : 0);
	}
	busy |= j->temps | j->borrowed;
	if (j->reading & self && v->kind == JIT_COPY && !(busy >> v->a & 1))
		return v->a;
	uint32_t free = ~(busy | j->pinned);
	if (!free)
		return JIT_NOWHERE;
	const struct ub_insn *insn = j->text + j->slot + 1, *end = insn + AHEAD, *last = j->text + j->slots;
	if (end > last)
		end = last;
	for (; free & (free - 1) && insn < end && jit_goes_straight(insn->opcode); insn++) { /* where it may stay longest */
		uint32_t homes = jit_homes(j, JIT_BOTH(UB_DST(insn)));
		if (!jit_writes(insn))
			continue;
		if (!(free & ~homes))
			break;
		free &= ~homes;
	}
	uint32_t reg = (uint32_t)__builtin_ctz(free);
	forget_constants(j, reg);
	return reg;
}

int jit_temp(struct jit *j)
{
	for (int t = T2_IP; t <= T2_LR; t += T2_LR - T2_IP) {
		if (j->temps >> t & 1)
			continue;
		j->temps |= 1u << t;
		j->cached[t == T2_LR] = JIT_NOWHERE;
		jit_change(j, (uint32_t)t);
		return t;
	}
	uint32_t again = j->borrowed & ~j->temps;
	if (again) {
		j->temps |= again & -again;
		return __builtin_ctz(again);
	}
	uint32_t unused = jit_host(j, JIT_IMM);
	if (unused != JIT_NOWHERE) {
		jit_change(j, unused);
		j->temps |= 1u << unused;
		return (int)unused;
	}
	uint32_t busy = needed(j);
	for (int r = 0; r < 11; r++) {
		if (busy >> r & 1)
			continue;
		uint32_t n = jit_count(j->borrowed);
		jit_change(j, (uint32_t)r);
		j->temps |= 1u << r;
		j->borrowed |= 1u << r;
		j->short_of |= n >= j->borrows;
		if (n < JIT_BORROWS)
			j->lent[n] = (uint8_t)r;
		jit_mem(&j->out.code, T2_STR, r, frame_base(j), frame_offset(j, j->borrow + n));
		return r;
	}
	j->out.code.broken = true;
	return T2_IP;
}

int jit_scratch(struct jit *j, int reuse)
{
	if (reuse < 0 || !(j->temps >> reuse & 1))
		return jit_temp(j);
	jit_change(j, (uint32_t)reuse);
	if (reuse >= T2_IP)
		*jit_cache(j, reuse) = JIT_NOWHERE;
	return reuse;
}

void jit_give_back(struct jit *j)
{
	for (uint32_t n = 0; n < jit_count(j->borrowed) && n < JIT_BORROWS; n++)
		jit_mem(&j->out.code, T2_LDR, j->lent[n], frame_base(j), frame_offset(j, j->borrow + n));
	j->borrowed = 0;
}

static void pin(struct jit *j, uint32_t reg)
{
	if (reg < JIT_SPILL)
		j->pinned |= 1u << reg;
}

void jit_pin_registers(struct jit *j, uint32_t half)
{
	pin(j, j->home[half]);
	if (j->val[half].kind != JIT_CONST) {
		pin(j, j->val[half].a);
		pin(j, j->val[half].b);
	}
}

/* What ip and lr hold is lost. */
void jit_forget(struct jit *j)
{
	j->cached[0] = j->cached[1] = j->vouched = JIT_NOWHERE;
}

void jit_load_spilled(struct jit *j, uint32_t half, int rt)
{
	j->out.code.broken |= j->home[half] == JIT_NOWHERE;
	jit_change(j, (uint32_t)rt);
	if (rt >= T2_IP)
		*jit_cache(j, rt) = (uint8_t)half;
	jit_mem(&j->out.code, T2_LDR, rt, frame_base(j), frame_offset(j, j->home[half] - JIT_SPILL));
}

/* A half's home = reg. */
void jit_store_half(struct jit *j, uint32_t half, int reg)
{
	if (j->home[half] == JIT_NOWHERE)
		return;
	if (jit_in_register(j, half)) {
		if (j->home[half] != reg)
			jit_change(j, j->home[half]);
		jit_mov(&j->out.code, j->home[half], reg);
		return;
	}
	for (uint32_t i = 0; i < 2; i++)
		if (j->cached[i] == half)
			j->cached[i] = JIT_NOWHERE;
	if (reg >= T2_IP && *jit_cache(j, reg) != JIT_IMM)
		*jit_cache(j, reg) = (uint8_t)half;
	jit_mem(&j->out.code, T2_STR, reg, frame_base(j), frame_offset(j, j->home[half] - JIT_SPILL));
}
