// SPDX-License-Identifier: BSD-2-Clause
/* For want of a plan: what one look backward over the program tells, in its stead.
 *
 *   which halves of registers somebody reads yet, where paths meet: they are what frames are about;
 *   whether the high half of a result is one of them;
 *   which high halves may be other than 0 at all;
 *   what is used most, within loops above all: it gets registers, and the rest words of the frame.
 *
 * All of it are claims: the pass holds each edge against what is said of its target, and reads nothing that was given up. Should that find one
 * untrue, which it does not, the program is compiled once more, with everything read everywhere (`plain`).
 *
 * A jump backward asks for what was not seen yet. What was noted of its target when it was last seen does in its place: nothing at
 * first, and the program is looked at again until that is what is found there.
 */
#include <string.h>

#include "jit/onepass/plan.h"

enum {
	LOWS = (1u << UB_R10) - 1, HIGHS = LOWS << OP_HIGH, ALL = LOWS | HIGHS,
	RESULT = 1u | 1u << OP_HIGH,
	ASKED = 1u << 15, LOOP = 1u << 27, LOOPS = 31u * LOOP, /* of a slot: a jump backward asked for it; jumps backward to it */
	ROUNDS = 12,
};

/* What an instruction reads, and what it overwrites. */
struct effect {
	uint32_t reads, writes;
};

struct look {
	const struct op *c;
	uint32_t live;
	uint32_t unknown;         /* registers whose high half may be other than 0 where it is read */
	uint16_t from[UB_R10];    /* that of the register is what those of these are */
	uint32_t uses[OP_WORD];   /* of each variable; within loops they count for more */
};

static uint32_t low_of(uint32_t r)
{
	return r < UB_R10 ? 1u << r : 0;
}

/* Of arithmetic, where `live` is read behind it. */
static struct effect effect_of_alu(const struct ub_insn *insn, uint32_t live)
{
	uint32_t op = UB_OP(insn->opcode), k = (uint32_t)insn->imm & 63, d = low_of(UB_DST(insn)), dh = d << OP_HIGH;
	bool x = insn->opcode & UB_X && op != UB_END && op != UB_NEG, wide = op_is_wide(insn->opcode), high = wide && live & dh;
	uint32_t s = x ? low_of(UB_SRC(insn)) : 0, sh = s << OP_HIGH;
	if (op == UB_MOV)
		return (struct effect){ s | (high && !insn->offset ? sh : 0), d | dh };
	if (op == UB_END)
		return (struct effect){ d | (insn->imm == 64 ? dh : 0), insn->imm == 64 ? 0 : dh };
	if (!wide)
		return (struct effect){ d | s, dh };
	switch (op) {
	case UB_RSH:
	case UB_ARSH:
		return (struct effect){ d | dh | s, 0 };
	case UB_DIV:
	case UB_MOD:
		return (struct effect){ d | dh | s | sh, 0 };
	case UB_LSH:
		return (struct effect){ d | s, !x && k >= 32 ? dh : 0 };
	default:
		if (op == UB_AND && !x && insn->imm >= 0)
			high = false;
		return (struct effect){ d | s | (high ? dh | sh : 0), high ? 0 : dh };
	}
}

static struct effect effect_of(const struct look *l, const struct ub_insn *insn)
{
	uint32_t op = UB_OP(insn->opcode), d = low_of(UB_DST(insn)), s = low_of(UB_SRC(insn)), dh = d << OP_HIGH, sh = s << OP_HIGH;
	bool x = insn->opcode & UB_X;
	switch (UB_CLASS(insn->opcode)) {
	case UB_ALU32:
	case UB_ALU64:
		return effect_of_alu(insn, l->live);
	case UB_LD:
		return (struct effect){ 0, d | dh };
	case UB_LDX:
		return (struct effect){ s, d | dh };
	case UB_ST:
		return (struct effect){ d, 0 };
	case UB_STX:
		return (struct effect){ d | s | (UB_SIZE(insn->opcode) == UB_DW ? sh : 0) |
					(UB_MODE(insn->opcode) == UB_ATOMIC && insn->imm == UB_CMPXCHG ? RESULT : 0), 0 };
	default:
		if (op == UB_EXIT)
			return (struct effect){ l->c->map.calls ? ALL : RESULT, ALL };
		if (op == UB_CALL)
			return insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_HELPER ? (struct effect){ ((1u << op_helper_arguments(insn->imm)) - 1) << 1, RESULT } : (struct effect){ ALL, 0 };
		if (op == UB_JA)
			return (struct effect){ 0, 0 };
		if (UB_CLASS(insn->opcode) == UB_JMP32)
			return (struct effect){ d | (x ? s : 0), 0 };
		return (struct effect){ d | dh | (x ? s | sh : 0), 0 };
	}
}

/* The register of an instruction's result. */
static uint32_t result_of(const struct ub_insn *insn)
{
	if (UB_CLASS(insn->opcode) != UB_STX)
		return UB_DST(insn);
	return insn->imm == UB_CMPXCHG ? 0 : UB_SRC(insn);
}

/* The high half of its result is read: what it may be. */
static void note_high(struct look *l, const struct ub_insn *insn)
{
	uint32_t op = UB_OP(insn->opcode), class = UB_CLASS(insn->opcode), d = result_of(insn), s = UB_SRC(insn);
	bool x = insn->opcode & UB_X, unknown = true;
	uint32_t from = x && s < UB_R10 ? 1u << s : 0;
	if (d >= UB_R10 || class == UB_ALU32)
		unknown = class == UB_ALU32 && op == UB_END && insn->imm == 64;
	else if (class == UB_LD)
		unknown = s != UB_LDDW_FUNC && insn[1].imm;
	else if (class == UB_LDX)
		unknown = UB_SIZE(insn->opcode) == UB_DW || UB_MODE(insn->opcode) == UB_MEMSX;
	else if (class == UB_STX)
		unknown = UB_MODE(insn->opcode) == UB_ATOMIC && UB_SIZE(insn->opcode) == UB_DW && insn->imm & UB_FETCH;
	else if (class == UB_ST)
		unknown = false;
	else if (class == UB_ALU64 && insn->offset == 0 && !(!x && insn->imm < 0))
		unknown = !(op == UB_MOV || op == UB_RSH || op == UB_AND || op == UB_OR || op == UB_XOR || op == UB_DIV || op == UB_MOD);
	else if (class == UB_JMP || class == UB_JMP32)
		unknown = op == UB_CALL;
	if (d >= UB_R10)
		return;
	if (unknown)
		l->unknown |= 1u << d;
	else if (class == UB_ALU64 && op != UB_RSH && !(op == UB_AND && !x))
		l->from[d] |= (uint16_t)from;
}

/* Counts what is read and written; of accesses what their checks take, too. */
static void count(struct look *l, const struct ub_insn *insn, uint32_t touched, uint32_t weight)
{
	uint32_t class = UB_CLASS(insn->opcode);
	bool memory = class == UB_LDX || class == UB_STX || class == UB_ST;
	uint32_t base = class == UB_LDX ? UB_SRC(insn) : UB_DST(insn);
	for (uint32_t left = touched; left; left &= left - 1)
		l->uses[__builtin_ctz(left)] += weight;
	if (memory && base == UB_R10) {
		l->uses[UB_R10] += weight;
	} else if (memory) {
		l->uses[OP_BASE] += weight;
		l->uses[OP_LIMIT] += weight;
	}
}

static uint32_t *live_at(const struct op *c, uint32_t slot)
{
	return &c->map.live[op_join_index(c, slot)];
}

/* What is read at the target of a jump, which may not have been seen yet. */
static uint32_t live_behind(struct look *l, const struct ub_insn *insn, uint32_t slot)
{
	uint32_t target = op_target(insn, slot), *at = live_at(l->c, target), found = *at & ALL;
	if (target <= slot) {
		*at |= ASKED;
		if (*at >> 27 < 31)
			*at += LOOP;
	}
	return UB_OP(insn->opcode) == UB_JA ? found : found | l->live;
}

/* One look, from the end. Returns whether a jump backward was told too little. */
static bool look(struct look *l, bool last)
{
	const struct op *c = l->c;
	uint32_t depth = 0;
	bool again = false;
	l->live = 0;
	for (uint32_t slot = c->slots; slot-- > 0;) {
		const struct ub_insn *insn = c->text + slot;
		uint32_t class = UB_CLASS(insn->opcode);
		if (insn->opcode == 0) /* the second half of a lddw */
			continue;
		bool jump = (class == UB_JMP || class == UB_JMP32) && op_is_jump(insn->opcode);
		if (jump) {
			l->live = live_behind(l, insn, slot);
			depth += op_target(insn, slot) <= slot;
		}
		uint32_t result = result_of(insn), weight = 1u << (depth < 6 ? 2 * depth : 12);
		struct effect e = effect_of(l, insn);
		bool high = result < UB_R10 && l->live >> result >> OP_HIGH & 1;
		if (last) {
			if (high)
				note_high(l, insn);
			else
				c->map.dead[slot / 32] |= 1u << slot % 32;
			count(l, insn, e.reads | (e.writes & (high ? ALL : LOWS)), weight);
			if (jump && op_target(insn, slot) <= slot)
				l->uses[OP_BUDGET] += 2 * weight;
		}
		l->live = c->map.plain ? ALL : (l->live & ~e.writes) | e.reads;
		if (!op_is_join(c, slot))
			continue;
		uint32_t *at = live_at(c, slot), was = *at;
		again |= was & ASKED && l->live & ~was;
		depth -= was >> 27;
		*at = l->live;
	}
	return again;
}

/* Sets grow along what depends on what. */
static uint32_t closure(uint32_t set, const uint16_t *from)
{
	for (uint32_t before = ~set; before != set;) {
		before = set;
		for (uint32_t r = 0; r < UB_R10; r++)
			if (from[r] & set)
				set |= 1u << r;
	}
	return set;
}

/* Gives places to what is used, most used first: registers, then words of the frame. Those in `fixed` have theirs. */
static void give_homes(struct op_map *m, struct look *l, uint32_t free, uint32_t fixed)
{
	for (;;) {
		uint32_t var = OP_NONE, most = 0;
		for (uint32_t v = 0; v < OP_WORD; v++)
			if (l->uses[v] > most && !(fixed >> v & 1)) {
				var = v;
				most = l->uses[v];
			}
		if (var == OP_NONE)
			return;
		l->uses[var] = 0;
		uint32_t of = var == OP_HIGH ? free & ~0xeu : free; /* helpers return r0 past r1 to r3, which they keep */
		if (var < UB_R10 && of >> var & 1)
			of = 1u << var;
		if (of) {
			m->home[var] = (uint8_t)__builtin_ctz(of);
			free &= ~(1u << m->home[var]);
		} else {
			m->home[var] = (uint8_t)(OP_FRAME + m->words++);
		}
	}
}

void op_default_map(struct op *c)
{
	struct op_map *m = &c->map;
	bool helpers = c->program->flags & UB_PROGRAM_HELPER_CALLS;
	struct look l;
	memset(&l, 0, sizeof l);
	l.c = c;
	for (uint32_t round = 0; look(&l, false); round++)
		if (round == ROUNDS)
			m->plain = true;
	look(&l, true);
	m->zero = (uint16_t)~closure(l.unknown, l.from);
	l.uses[0]++; /* the result */
	l.uses[OP_HIGH]++;
	for (uint32_t v = OP_BUDGET; v <= OP_LIMIT; v++)
		l.uses[v]++;
	for (uint32_t r = 0; r < UB_R10; r++) {
		if (m->zero >> r & 1)
			l.uses[r + OP_HIGH] = 0;
		if (m->calls)
			l.uses[r]++;
	}
	memset(m->home, OP_NONE, sizeof m->home);
	m->window = 8;
	m->call_words = 10;
	uint32_t free = (1u << (OP_REGS - m->calls)) - 1;
	if (helpers) {
		m->home[0] = T2_R0;
		free &= ~1u;
	}
	give_homes(m, &l, free, helpers ? 1u : 0);
	m->words = (uint8_t)((m->words + 1) & ~1);
}

void op_default_insn(struct op *c, const struct ub_insn *insn)
{
	const struct ub_insn *next = insn + 1;
	struct op_say *say = &c->plan.say;
	uint32_t d = UB_DST(insn), class = UB_CLASS(insn->opcode), then;
	say->dead_high = c->map.dead[c->slot / 32] >> c->slot % 32 & 1;
	say->defer = false;
	if (c->map.plain || (class != UB_ALU32 && class != UB_ALU64) || c->slot + 1 >= c->slots || op_is_join(c, c->slot + 1) || !op_may_defer(insn))
		return;
	then = UB_CLASS(next->opcode);
	if (then == UB_ALU32 || then == UB_ALU64) /* what takes it, and puts its result in its place */
		say->defer = UB_DST(next) == d && UB_OP(next->opcode) != UB_MOV;
	else
		say->defer = then == UB_LDX && UB_DST(next) == d && UB_SRC(next) == d;
}
