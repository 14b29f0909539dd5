// SPDX-License-Identifier: BSD-2-Clause
/* Homes for halves: weighs uses by how deep in loops they are, and gives registers to the heaviest.
 *
 * One assignment serves the whole program. Without calls r0..r3 come first, which cost nothing to
 * use; halves that live over a helper call come first where the callee keeps them, in r4 and up;
 * the heaviest get r0..r7, which 16-bit instructions reach.
 */
#include "jit/loops.h"

enum { LOOPS = 12, HEAVIEST = 12 };

/* Open loops, going up: a backward jump opens that of its target. An unconditional one is as often
 * how a loop further up is entered, so it counts for less. */
struct loops {
	uint16_t heads[LOOPS];
	uint8_t factors[LOOPS]; /* log2 of how often the loop goes round */
	uint32_t count;
	uint32_t weight;        /* log2 */
};

static void open_loop(struct loops *l, uint32_t head, uint32_t factor)
{
	if (l->count == LOOPS)
		return;
	l->heads[l->count] = (uint16_t)head;
	l->factors[l->count++] = (uint8_t)factor;
	l->weight += factor;
}

static void close_loops(struct loops *l, uint32_t slot)
{
	for (uint32_t i = l->count; i-- > 0;) {
		if (l->heads[i] != slot)
			continue;
		l->weight -= l->factors[i];
		l->heads[i] = l->heads[--l->count];
		l->factors[i] = l->factors[l->count];
	}
}

static void weigh(struct jit *j, uint32_t halves, uint32_t weight)
{
	for (; halves; halves &= halves - 1)
		j->weight[__builtin_ctz(halves)] += weight;
}

/* The halves of register r that are in `set`. */
static void weigh_register(struct jit *j, uint32_t set, uint32_t r, uint32_t weight)
{
	if (set >> r & JIT_LO(0))
		j->weight[r] += weight;
	if (set >> r & JIT_HI(0))
		j->weight[r + JIT_HIGH] += weight;
}

/* A load or store: the values its check uses, and how far it reaches. */
static void weigh_access(struct jit *j, uint32_t slot, uint32_t base, uint32_t weight)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t fact = j->facts[slot];
	bool hoisted = jit_is_hoisted(j, slot);
	uint32_t size = jit_size(insn->opcode);
	if (!j->checked || base == UB_R10 || fact & JIT_IN_BOUNDS)
		return;
	if (j->window < size)
		j->window = size;
	if (insn->offset > 0 && (uint32_t)insn->offset + size <= JIT_WINDOW_MAX && weight > 1 &&
	    j->window < (uint32_t)insn->offset + size)
		j->window = (uint32_t)insn->offset + size;
	switch (fact / JIT_REGION & 3) {
	case UB_REGION_STACK:
		weigh(j, JIT_LO(UB_R10), weight);
		break;
	case UB_REGION_RODATA:
		if (UB_CLASS(insn->opcode) != UB_LDX || j->program->rodata_len < size)
			weigh(j, 1u << JIT_BASE | 1u << JIT_LIMIT, 1); /* the guess cannot be right */
		break;
	case UB_REGION_DATA:
		if (j->program->data_len < size)
			weigh(j, 1u << JIT_BASE | 1u << JIT_LIMIT, 1);
		break;
	default:
		weigh(j, 1u << JIT_BASE, 1); /* should the sum not be there */
		if (hoisted)
			weight = 1;
		weigh(j, 1u << JIT_LIMIT | (fact & (JIT_INDEXED | JIT_AT_START) ? 0 : 1u << JIT_BASE), weight);
		break;
	}
}

/* Returns the halves that live over helper calls. */
static uint32_t weigh_all(struct jit *j)
{
	struct loops loops = { .count = 0 };
	uint32_t over = 0, live = 0;
	for (uint32_t slot = j->slots; slot-- > 0;) {
		const struct ub_insn *insn = j->text + slot;
		uint32_t class = UB_CLASS(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn);
		if (insn->opcode == 0)
			continue;
		uint32_t in = j->live_in[slot], out = jit_live_out(j, slot);
		live |= in;
		bool jumps = jit_is_jump(insn->opcode), backward = jumps && jit_target(insn, slot) <= slot;
		if (backward)
			open_loop(&loops, jit_target(insn, slot), UB_OP(insn->opcode) == UB_JA ? 1 : 3);
		uint32_t weight = 1u << (loops.weight < HEAVIEST ? loops.weight : HEAVIEST);

		if (class == UB_JMP && UB_OP(insn->opcode) == UB_CALL) {
			if (insn->opcode & UB_X || s == UB_CALL_LOCAL) {
				weigh(j, 1u << JIT_BUDGET, weight);
			} else {
				over |= out & ~(uint32_t)JIT_BOTH(0);
				weigh(j, (in & ~out) | (out & JIT_BOTH(0)), weight);
			}
		} else {
			if (class == UB_LD && UB_SRC(insn) == UB_LDDW_IMM && jit_is_data(j, (uint32_t)insn->imm))
				j->weight[JIT_DATA] += weight;
			weigh_register(j, in | out, d, weight);
			if (class != UB_LD && class != UB_ST && (class == UB_LDX || class == UB_STX || insn->opcode & UB_X))
				weigh_register(j, in, s, weight);
		}
		if (class == UB_LDX)
			weigh_access(j, slot, s, weight);
		else if (class == UB_ST || class == UB_STX)
			weigh_access(j, slot, d, weight);
		if (backward)
			weigh(j, 1u << JIT_BUDGET, jit_is_hoisted(j, slot) ? 1 : 2 * weight);
		if (j->facts[slot] & JIT_HEAD)
			close_loops(&loops, slot);
	}
	if (!j->checked)
		j->weight[JIT_BUDGET] = 0;
	if (j->weight[JIT_DATA] < 3) /* costs as much as it saves */
		j->weight[JIT_DATA] = 0;
	weigh(j, j->live_in[j->program->entry] | j->exit_live, 1);
	for (; live; live &= live - 1) { /* code that is never reached wants homes, too */
		uint32_t half = (uint32_t)__builtin_ctz(live);
		if (j->weight[half] == 0)
			weigh(j, 1u << half, 1);
	}
	over |= JIT_LO(UB_R10); /* what checks of the frame compare with, and functions move for their callees */
	return over | 1u << JIT_BUDGET | 1u << JIT_BASE | 1u << JIT_LIMIT | 1u << JIT_DATA;
}

/* A free register, or JIT_NOWHERE. `kept`: better one that helpers leave alone. */
static uint32_t choose(uint32_t half, uint32_t free, bool calls, bool kept)
{
	static const uint16_t plain[] = { 0x00f, 0x0f0, 0xf00 }, over[] = { 0x0f0, 0xf00, 0 };
	uint32_t own = half == JIT_HIGH ? 1 : half;
	if (!kept && (own == 0 || half == JIT_HIGH || (calls && own <= 3)) && free >> own & 1)
		return own; /* where helpers take it, or leave it, and where results go */
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t among = free & (kept ? over[i] : plain[i]);
		if (among)
			return (uint32_t)__builtin_ctz(among);
	}
	return JIT_NOWHERE;
}

/* Halves in order of weight, heaviest first. Returns how many have any. */
static uint32_t sort(const struct jit *j, uint8_t *order)
{
	uint32_t n = 0;
	for (uint32_t half = 0; half < JIT_HALVES; half++) {
		uint32_t i = n;
		if (j->weight[half] == 0)
			continue;
		for (; i > 0 && j->weight[order[i - 1]] < j->weight[half]; i--)
			order[i] = order[i - 1];
		order[i] = (uint8_t)half;
		n++;
	}
	return n;
}

void jit_alloc(struct jit *j)
{
	uint8_t order[JIT_HALVES];
	bool calls = j->program->flags & UB_PROGRAM_HELPER_CALLS;
	uint32_t free = j->local_calls ? 0x7ff : 0xfff, spilled = 0, kept = 0;

	uint32_t over = calls ? weigh_all(j) : (weigh_all(j), 0);
	uint32_t n = sort(j, order);
	for (uint32_t half = 0; half < JIT_HALVES; half++)
		j->home[half] = JIT_NOWHERE;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t half = order[i], reg = choose(half, free, calls, over >> half & 1);
		if (reg == JIT_NOWHERE && half == JIT_DATA)
			continue;
		if (reg == JIT_NOWHERE) {
			j->home[half] = (uint8_t)(JIT_SPILL + spilled++);
			continue;
		}
		j->home[half] = (uint8_t)reg;
		free &= ~(1u << reg);
	}
	for (uint32_t r = 6; r < 10; r++)
		kept += (j->home[r] != JIT_NOWHERE) + (j->home[r + JIT_HIGH] != JIT_NOWHERE);

	j->words = spilled;
	jit_frame(j);
	j->call_words = (1 + kept + 1) & ~1u;
}

void jit_frame(struct jit *j)
{
	uint32_t words = j->words + j->borrows;
	words = j->local_calls ? words | 1 : (words + 1) & ~1u; /* sp is 8-aligned, in functions with their lr */
	j->borrow = j->words;
	j->run = words;
}
