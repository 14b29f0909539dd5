// SPDX-License-Identifier: BSD-2-Clause
/* The fast form of a loop (loops.h), from the test before it to its latch. It is one block that nothing
 * jumps into, so it may have what other code may not: homes of its own for spilled halves, and values in
 * registers of others.
 */
#include "jit/loops.h"

void jit_align(struct jit *j)
{
	if (j->out.code.len & 1)
		jit_narrow(&j->out.code, T2_NOP);
}

/* Loads spilled halves that the loop only reads into registers of halves that are not needed there. */
static void promote(struct jit *j, struct jit_loop *loop)
{
	uint32_t written = 0, read = 0, live = j->live_in[loop->head];
	loop->promoted = 0;
	loop->spilled = j->spilled;
	if (j->words == 0) /* none is spilled */
		return;
	for (uint32_t slot = loop->head; slot <= loop->latch; slot++) {
		const struct ub_insn *insn = j->text + slot;
		read |= JIT_BOTH(UB_DST(insn)) | JIT_BOTH(UB_SRC(insn));
		if (jit_writes(insn))
			written |= JIT_BOTH(UB_DST(insn));
	}
	const uint32_t own = JIT_OWN | JIT_LO(UB_R10);
	uint32_t kept = j->local_calls ? JIT_SAVED : 0; /* for callers */
	uint32_t free = (j->local_calls ? 0x7ff : 0xfff) & ~jit_homes(j, live | written | own | kept);
	for (uint32_t left = live & read & ~written & ~own; left && free; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left), reg = (uint32_t)__builtin_ctz(free);
		if (jit_in_register(j, half))
			continue;
		jit_load_spilled(j, half, (int)reg);
		loop->word[loop->promoted++] = (struct jit_word){ (uint8_t)half, j->home[half] };
		j->home[half] = (uint8_t)reg;
		j->spilled &= ~(1u << half);
		jit_at_home(j, 1u << half);
		free &= free - 1;
		if (loop->promoted == LOOP_PROMOTED)
			break;
	}
}

/* At a head: tests, and the loop's fast form from here to its latch, if it can have one. */
void jit_begin_fast(struct jit *j, struct jit_loop *loop)
{
	j->tests = j->out.nfixups;
	if (!jit_loop(j, j->slot, loop))
		return;
	loop->tested = j->checked;
	if (!loop->tested) {
		loop->still = 0;
		loop->prepaid = false;
	} else if (!jit_preheader(j, loop)) {
		return;
	}
	j->tests_end = j->out.nfixups;
	promote(j, loop);
	jit_align(j);
	j->fast = loop;
	j->latch = loop->latch;
	j->top = j->out.code.len;
}

/* Spilled halves live in the frame again. */
void jit_leave_fast(struct jit *j)
{
	const struct jit_loop *loop = j->fast;
	j->fast = NULL;
	j->spilled = loop->spilled;
	for (uint32_t i = 0; i < loop->promoted; i++) {
		j->home[loop->word[i].half] = loop->word[i].home;
		jit_at_home(j, 1u << loop->word[i].half);
	}
}

/* Behind the latch of the fast form: the usual one begins, to which the tests lead. Behind that of the usual one,
 * jumps to the head lead to the tests. */
void jit_end_form(struct jit *j, const struct jit_loop *loop)
{
	if (!j->fast) {
		j->out.offset[loop->head] = (uint16_t)j->entry;
		return;
	}
	j->entry = j->out.offset[loop->head];
	for (uint32_t slot = loop->head; j->map && slot <= loop->latch; slot++)
		j->map[slot].fast = slot == loop->head ? j->top : j->out.offset[slot];
	j->slot++;
	jit_begin_block(j, true);
	if (loop->tested) {
		jit_branch(&j->out, T2_AL, JIT_TO_SLOT, j->slot);
		jit_stubs(j);
		jit_align(j);
	} else {
		jit_reserve_stubs(j, JIT_STUBS); /* they belong to this form */
	}
	jit_leave_fast(j);
	j->slot--;
	if (!loop->tested)
		return;
	j->slot = loop->head;
	j->top = j->out.code.len;
	if (j->map) { /* halfwords, still */
		j->map[loop->head].test = j->entry;
		j->map[loop->head].code = j->top;
	}
	for (; j->tests < j->tests_end; j->tests++)
		j->out.fixups[-1 - (int32_t)j->tests].target = (uint16_t)j->top;
	jit_begin_block(j, false);
	j->slot--;
	j->loops = true;
}

static bool moves(const struct ub_insn *insn, uint32_t s)
{
	return (insn->opcode == (UB_ALU64 | UB_X | UB_MOV) || insn->opcode == (UB_ALU32 | UB_X | UB_MOV)) &&
	       UB_SRC(insn) == s && insn->offset == 0;
}

/* Looks ahead in a fast form: if the low half of d, which the next turn does not start with, is going to be
 * moved to a register that does, it is computed there. */
void jit_find_move(struct jit *j, const struct ub_insn *insn)
{
	const struct ub_insn *latch = j->text + j->latch;
	uint32_t d = UB_DST(insn);
	j->result = JIT_NOWHERE;
	if (!jit_writes(insn++) || j->live & JIT_HI(d) || j->live_in[j->fast->head] & JIT_BOTH(d))
		return;
	while (insn < latch && !(jit_writes(insn) && UB_DST(insn) == d) && !moves(insn, d))
		insn++;
	uint32_t t = UB_DST(insn);
	if (insn == latch || !moves(insn, d) || !jit_in_register(j, t) || j->live >> t & 1)
		return;
	while (++insn < latch)
		if (jit_writes(insn) && UB_DST(insn) == t)
			return;
	j->result = d;
	j->into = t;
}

/* Whether the access at a slot has no check here. */
static bool is_free(const struct jit *j, uint32_t slot)
{
	return !j->checked || j->facts[slot] & JIT_IN_BOUNDS || (j->fast && jit_is_hoisted(j, slot));
}

/* Whether an instruction lets r be something plus a constant: it is an access by it that has no check, or leaves it
 * alone, or is a way out of a fast form. */
static bool lets_step(const struct jit *j, const struct ub_insn *insn, uint32_t slot, uint32_t r)
{
	bool dst = UB_DST(insn) == r, src = UB_SRC(insn) == r;
	switch (UB_CLASS(insn->opcode)) {
	case UB_LDX:
		return !dst && (!src || is_free(j, slot));
	case UB_STX:
		return !src && UB_MODE(insn->opcode) != UB_ATOMIC && (!dst || is_free(j, slot));
	case UB_ST:
		return !dst || is_free(j, slot);
	case UB_JMP:
	case UB_JMP32:
		if (!j->fast || !jit_is_jump(insn->opcode) || UB_OP(insn->opcode) == UB_JA)
			return false;
	}
	return !dst && !(src && insn->opcode & UB_X);
}

int32_t jit_find_step(const struct jit *j, uint32_t r)
{
	const struct ub_insn *insn = j->text + j->slot;
	if (!(j->live >> r & 1) || j->val[r].kind != JIT_HOME || !jit_in_register(j, r))
		return 0;
	for (uint32_t slot = j->slot + 1; !jit_is_leader(j, slot); slot++) {
		insn++;
		if (insn->opcode == (UB_ALU64 | UB_K | UB_ADD) && UB_DST(insn) == r) {
			bool alone = !(j->live_in[slot + 1] & JIT_HI(r)) || (j->fast && j->fast->still >> r & 1);
			return alone && (uint32_t)insn->imm + 255 <= 2 * 255 ? insn->imm : 0;
		}
		if (!lets_step(j, insn, slot, r))
			return 0;
	}
	return 0;
}

void jit_fill_wait(struct jit *j, uint32_t r)
{
	const struct jit_val *at = &j->val[r];
	uint32_t loaded = UB_DST(&j->text[j->slot]), end = j->slot + 1;
	if (at->kind != JIT_ADDR || at->b == JIT_NOWHERE || !is_free(j, j->slot))
		return;
	if (j->fast)
		end = j->latch;
	else
		while (!jit_is_leader(j, end) && jit_goes_straight(j->text[end].opcode))
			end++;
	while (--end > j->slot) { /* from the last one: others may be for accesses in between */
		uint32_t d = UB_DST(&j->text[end]), home = j->home[d];
		if (j->text[end].opcode != (UB_ALU64 | UB_K | UB_ADD) || d == loaded || home == at->a || home == at->b)
			continue;
		int32_t step = jit_find_step(j, d);
		if (!step)
			continue;
		jit_clobber_home(j, d);
		jit_change(j, home);
		jit_dp_imm(&j->out.code, T2_ADD, (int)home, (int)home, (uint32_t)step, JIT_ANY);
		jit_set(j, d, jit_value(JIT_ADDR, home, JIT_NOWHERE, 0, 0u - (uint32_t)step));
		return;
	}
}
