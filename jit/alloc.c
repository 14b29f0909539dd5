// SPDX-License-Identifier: BSD-2-Clause
/* Homes for halves: weighs uses by how deep in loops they are, and gives registers to the heaviest.
 *
 * One assignment serves the whole program. Without calls r0..r3 come first, which cost nothing to
 * use; halves that live over a helper call come first where the callee keeps them, in r4 and up;
 * the heaviest get r0..r7, which 16-bit instructions reach.
 */
#include <string.h>

#include "jit/loops.h"

enum { LOOPS = 12, HEAVIEST = 12 };

/* Open loops, going up: a backward jump opens that of its target. An unconditional one is as often
 * how a loop further up is entered, so it counts for less. */
struct loops {
	uint16_t heads[LOOPS];
	uint8_t factors[LOOPS]; /* log2 of how often the loop goes round */
	uint32_t count;
	uint32_t depth;         /* sum of the factors */
	uint32_t weight;        /* of a use */
};

static void weigh_loops(struct loops *l)
{
	l->weight = 1u << (l->depth < HEAVIEST ? l->depth : HEAVIEST);
}

static void open_loop(struct loops *l, uint32_t head, uint32_t factor)
{
	if (l->count == LOOPS)
		return;
	l->heads[l->count] = (uint16_t)head;
	l->factors[l->count++] = (uint8_t)factor;
	l->depth += factor;
	weigh_loops(l);
}

static NOINLINE void close_loops(struct loops *l, uint32_t slot)
{
	for (uint32_t i = l->count; i-- > 0;) {
		if (l->heads[i] != slot)
			continue;
		l->depth -= l->factors[i];
		l->heads[i] = l->heads[--l->count];
		l->factors[i] = l->factors[l->count];
	}
	weigh_loops(l);
}

static void weigh(struct jit *j, uint32_t halves, uint32_t weight)
{
	for (; halves; halves &= halves - 1)
		j->weight[__builtin_ctz(halves)] += weight;
}

/* An access: the values its check, if it has one, uses, and how far it reaches. */
static NOINLINE void weigh_access(struct jit *j, uint32_t slot, uint32_t weight)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t base = UB_CLASS(insn->opcode) == UB_LDX ? UB_SRC(insn) : UB_DST(insn);
	uint32_t fact = j->facts[slot], size = jit_size(insn->opcode), reach = size, room;

	if (!j->checked || base == UB_R10 || fact & JIT_IN_BOUNDS)
		return;
	if (insn->offset > 0 && (uint32_t)insn->offset + size <= JIT_WINDOW_MAX && weight > 1)
		reach += (uint32_t)insn->offset;
	if (j->window < reach)
		j->window = reach;
	switch (fact / JIT_REGION & 3) {
	case UB_REGION_STACK:
		j->weight[UB_R10] += weight;
		return;
	case UB_REGION_RODATA:
		room = UB_CLASS(insn->opcode) == UB_LDX ? j->program->rodata_len : 0;
		break;
	case UB_REGION_DATA:
		room = j->program->data_len;
		break;
	default:
		if (jit_is_hoisted(j, slot))
			weight = 1;
		j->weight[JIT_LIMIT] += weight;
		if (!(fact & (JIT_INDEXED | JIT_AT_START)))
			j->weight[JIT_BASE] += weight;
		j->weight[JIT_BASE]++; /* should the sum not be there */
		return;
	}
	if (room < size) { /* the guess cannot be right */
		j->weight[JIT_BASE]++;
		j->weight[JIT_LIMIT]++;
	}
}

/* Returns the halves that live over the call: which helpers must not change, nor those that a callee calls. */
static uint32_t weigh_call(struct jit *j, uint32_t slot, uint32_t weight)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t in = j->live_in[slot], out = j->live_in[slot + 1], result = out & JIT_BOTH(0);
	if (insn->opcode & UB_X || UB_SRC(insn) == UB_CALL_LOCAL) {
		uint32_t kept = out & JIT_SAVED;
		j->weight[JIT_BUDGET] += weight;
		j->over_calls |= kept;
		j->reentered |= insn->opcode & UB_X || slot + 1 + (uint32_t)insn->imm == j->program->entry;
		return kept;
	}
	weigh(j, (in & ~out) | result, weight);
	return out & ~result;
}

static void weigh_jump(struct jit *j, uint32_t slot, struct loops *loops)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t target = jit_target(insn, slot);
	if (insn->opcode == (UB_JMP | UB_EXIT) || target > slot)
		return;
	open_loop(loops, target, UB_OP(insn->opcode) == UB_JA ? 1 : 3);
	j->weight[JIT_BUDGET] += jit_is_hoisted(j, slot) ? 1 : 3 * loops->weight;
}

/* What its operands do not say of a jump, call or exit. */
static NOINLINE uint32_t weigh_control(struct jit *j, uint32_t slot, struct loops *loops)
{
	if (UB_OP(j->text[slot].opcode) == UB_CALL)
		return weigh_call(j, slot, loops->weight);
	weigh_jump(j, slot, loops);
	return 0;
}

static NOINLINE void weigh_high(struct jit *j, uint32_t r, uint32_t weight)
{
	j->weight[r + JIT_HIGH] += weight;
}

/* The halves of register r that are in `set`. */
static inline __attribute__((always_inline)) void weigh_register(struct jit *j, uint32_t set, uint32_t r,
								 uint32_t weight)
{
	set >>= r;
	if (set & JIT_LO(0))
		j->weight[r] += weight;
	if (set & JIT_HI(0)) /* rarely */
		weigh_high(j, r, weight);
}

/* Weighs uses. Returns the halves that are live somewhere; those live over calls go to `over`. */
static uint32_t weigh_all(struct jit *j, uint32_t *over)
{
	struct loops loops;
	uint32_t live = 0, out = 0;
	loops.count = loops.depth = 0;
	loops.weight = 1;
	for (uint32_t slot = j->slots; slot > 0;) {
		const struct ub_insn *insn = j->text + --slot;
		uint32_t in = j->live_in[slot], class = UB_CLASS(insn->opcode), of_dst = in | out, of_src = 0;

		out = in;
		live |= in;
		switch (class) {
		case UB_LD:
			if (insn->opcode == 0) /* second slot of lddw */
				continue;
			if (UB_SRC(insn) == UB_LDDW_IMM && jit_is_data(j, (uint32_t)insn->imm))
				j->weight[JIT_DATA] += loops.weight;
			break;
		case UB_LDX:
		case UB_ST:
		case UB_STX:
			weigh_access(j, slot, loops.weight);
			if (class != UB_ST)
				of_src = in;
			break;
		case UB_JMP:
		case UB_JMP32:
			*over |= weigh_control(j, slot, &loops);
			of_dst = UB_OP(insn->opcode) == UB_CALL ? 0 : in;
			/* fall through */
		default:
			if (insn->opcode & UB_X)
				of_src = of_dst & in;
		}
		weigh_register(j, of_dst, UB_DST(insn), loops.weight);
		if (of_src)
			weigh_register(j, of_src, UB_SRC(insn), loops.weight);
		if (j->facts[slot] & JIT_HEAD)
			close_loops(&loops, slot);
	}
	if (!j->checked)
		j->weight[JIT_BUDGET] = 0;
	if (j->weight[JIT_DATA] < 3) /* costs as much as it saves */
		j->weight[JIT_DATA] = 0;
	weigh(j, j->live_in[j->program->entry] | j->exit_live, 1);
	return live;
}

/* A free register, or JIT_NOWHERE: where helpers take a half, or leave it, and where results go; else the
 * lowest, or, to be `kept`, the lowest that helpers leave alone. */
static uint32_t choose(uint32_t half, uint32_t free, bool calls, bool kept)
{
	uint32_t own = half == JIT_HIGH ? 1 : half;
	if (kept)
		free &= ~0xfu;
	else if (free >> own & 1 && (own == 0 || half == JIT_HIGH || (calls && own <= 3)))
		return own;
	return free ? (uint32_t)__builtin_ctz(free) : JIT_NOWHERE;
}

/* Halves of a set in order of weight, heaviest first. Returns how many. */
static uint32_t sort(const struct jit *j, uint32_t set, uint8_t *order)
{
	uint32_t n = 0;
	for (; set; set &= set - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(set), i = n++;
		for (; i > 0 && j->weight[order[i - 1]] < j->weight[half]; i--)
			order[i] = order[i - 1];
		order[i] = (uint8_t)half;
	}
	return n;
}

/* The word of the frame a half lives in. From the first on, values of the compiler's own, and those that live over local
 * calls, get no register any more; what they have is not for guests. */
static NOINLINE uint32_t spill(struct jit *j, uint32_t half, uint32_t word)
{
	const uint32_t unseen = JIT_OWN | JIT_LO(UB_R10); /* checks read these where they are not live */
	if (word == 0)
		j->hosts &= ~jit_homes(j, unseen | j->over_calls);
	j->spilled |= 1u << half & ~unseen;
	return JIT_SPILL + word;
}

void jit_alloc(struct jit *j)
{
	uint8_t order[JIT_HALVES];
	bool calls = j->program->flags & UB_PROGRAM_HELPER_CALLS;
	uint32_t free = j->local_calls ? 0x7ff : 0xfff, spilled = 0, over = 0;

	uint32_t set = weigh_all(j, &over);
	over |= JIT_OWN; /* helpers leave them alone */
	for (uint32_t left = JIT_OWN; left; left &= left - 1)
		if (j->weight[__builtin_ctz(left)])
			set |= left & -left;
	if (j->weight[UB_R10]) /* checks use it where it is not live, too */
		set |= JIT_LO(UB_R10);
	over |= JIT_LO(UB_R10); /* what checks of the frame compare with, and functions move for their callees */
	memset(j->home, JIT_NOWHERE, sizeof(j->home));
	uint32_t n = sort(j, set, order);
	j->spilled = 0;
	j->hosts = free;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t half = order[i], reg = choose(half, free, calls, calls && over >> half & 1);
		if (reg != JIT_NOWHERE)
			free &= ~(1u << reg);
		else if (half != JIT_DATA)
			reg = spill(j, half, spilled++);
		j->home[half] = (uint8_t)reg;
	}
	j->words = spilled;
	jit_frame(j);
	for (uint32_t i = 0; i < j->program->nfuncs && j->local_calls; i++) {
		uint32_t words = 1 + jit_count(jit_saved(j, i));
		if (words > j->call_words)
			j->call_words = words;
	}
	j->call_words += calls & j->call_words; /* helpers find sp 8-aligned */
	j->below = j->call_words * 4 * (UB_FRAMES_MAX - 1);
}

void jit_frame(struct jit *j)
{
	uint32_t words = j->words + j->borrows;
	j->borrow = j->words;
	j->run = (words + 1) & ~1u; /* sp is 8-aligned */
}
