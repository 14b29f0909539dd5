// SPDX-License-Identifier: BSD-2-Clause
/* For want of a plan: what a look backward over the program tells, in its stead.
 *
 *   which high halves somebody reads yet, where paths meet and behind each instruction: the others need not be computed;
 *   which may be other than 0 at all;
 *   what is used most, within loops above all: it gets registers, and the rest words of the frame.
 *
 * All of it are claims: the pass holds each edge against what is said of its target, and reads nothing that was given up. Should that find one
 * untrue, which it does not, the program is compiled once more, with all halves read everywhere (`plain`).
 *
 * A jump backward asks for what was not seen yet. What was noted of its target when it was last seen does in its place: nothing at
 * first, and the program is looked at again until that is what is found there.
 */
#include <string.h>

#include "jit/onepass/plan.h"

/* Of a slot where paths meet there is noted which high halves are read, whether a jump backward asked for that, and how many lead there. */
enum { HALVES = (1u << UB_R10) - 1, ASKED = 1u << 10, LOOP = 1u << 11, LOOPS_MAX = 31, ROUNDS = 12 };

struct look {
	struct op *c;
	uint32_t live;         /* registers whose high half is read yet */
	uint32_t unknown;      /* those in which that may be other than 0 */
	uint32_t depth;        /* how many loops are around */
	uint32_t weight;       /* what a use counts for there, of a high half */
	uint32_t low;          /* and of others: what they are used for is the same in each look, and counted in the first */
	uint32_t looks;        /* of which there were so many before */
	uint16_t from[UB_R10]; /* that of the register is what those of these are */
	uint32_t uses[OP_WORD]; /* of each variable; within loops they count for more */
};

/* What operations of 64 bits do with high halves. */
enum {
	KILLS = 1,    /* that of the result is none of the operand's */
	READS = 2,    /* that of the operand is read in any case, */
	READS_S = 4,  /* and the source's; */
	TAKES_S = 8,  /* that is read if that of the result is */
	MAKES = 16,   /* the result's may be other than 0 though operands' are not */
};

static uint32_t effect_of(const struct ub_insn *insn)
{
	static const uint8_t effects[16] = {
		[UB_ADD >> 4] = TAKES_S | MAKES, [UB_SUB >> 4] = TAKES_S | MAKES, [UB_MUL >> 4] = TAKES_S | MAKES, [UB_NEG >> 4] = MAKES,
		[UB_AND >> 4] = TAKES_S, [UB_OR >> 4] = TAKES_S, [UB_XOR >> 4] = TAKES_S, [UB_MOV >> 4] = KILLS | TAKES_S,
		[UB_LSH >> 4] = MAKES, [UB_RSH >> 4] = READS, [UB_ARSH >> 4] = READS,
		[UB_DIV >> 4] = READS | READS_S | TAKES_S, [UB_MOD >> 4] = READS | READS_S | TAKES_S,
	};
	uint32_t op = UB_OP(insn->opcode), e = effects[op >> 4];
	bool x = insn->opcode & UB_X;
	if (op == UB_END)
		return insn->imm == 64 ? READS | MAKES : KILLS;
	if (op == UB_LSH || op == UB_RSH || op == UB_ARSH) /* by a register, it is not known to be 0 */
		return x ? e | MAKES : op == UB_LSH && insn->imm & 32 ? e | KILLS : e;
	if (insn->offset) /* of a sign */
		return op == UB_MOV ? KILLS | MAKES : e | MAKES;
	if (x)
		return e;
	if (insn->imm < 0)
		e |= MAKES;
	else if (op == UB_AND)
		e = KILLS;
	return e & ~(uint32_t)(TAKES_S | READS_S);
}

static ALWAYS_INLINE void use(struct look *l, uint32_t var)
{
	l->uses[var] += l->low;
}

static ALWAYS_INLINE void use_half(struct look *l, uint32_t r)
{
	l->uses[r + OP_HIGH] += l->weight;
}

/* Goes into `n` loops more. */
static void deeper(struct look *l, uint32_t n)
{
	l->depth += n;
	l->weight = 1u << 2 * (l->depth < 6 ? l->depth : 6);
	l->low = l->looks ? 0 : l->weight;
}

static void use_high(struct look *l, uint32_t r)
{
	if (r >= UB_R10)
		return;
	l->live |= 1u << r;
	use_half(l, r);
}

/* A result, of which the high half is other than 0 only if `makes`. Returns whether that is read. */
static bool result(struct look *l, uint32_t r, bool makes)
{
	use(l, r);
	if (!(l->live >> r & 1))
		return false;
	use_half(l, r);
	if (makes)
		l->unknown |= 1u << r;
	return true;
}

/* One that has nothing of what was there. */
static bool overwritten(struct look *l, uint32_t r, bool makes)
{
	bool high = result(l, r, makes);
	l->live &= ~(1u << r);
	return high;
}

static bool look_at_alu(struct look *l, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), e;
	if (!op_is_wide(insn->opcode) && UB_OP(insn->opcode) != UB_END) {
		if (insn->opcode & UB_X)
			use(l, s);
		return overwritten(l, d, false);
	}
	e = effect_of(insn);
	bool high = result(l, d, e & MAKES), source = insn->opcode & UB_X && UB_OP(insn->opcode) != UB_END;
	if (source)
		use(l, s);
	if (high && e & TAKES_S && source && s < UB_R10)
		l->from[d] |= (uint16_t)(1u << s);
	if (e & KILLS)
		l->live &= ~(1u << d);
	if (e & READS)
		use_high(l, d);
	if (source && (e & READS_S || (high && e & TAKES_S)))
		use_high(l, s);
	return high;
}

static bool look_at_memory(struct look *l, const struct ub_insn *insn)
{
	uint32_t class = UB_CLASS(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn), base = class == UB_LDX ? s : d;
	bool wide = UB_SIZE(insn->opcode) == UB_DW, high = false;
	use(l, base);
	if (base != UB_R10) { /* its check takes start and limit; the second counts like the first */
		if (op_size(insn->opcode) > l->c->map.window)
			l->c->map.window = (uint8_t)op_size(insn->opcode);
		use(l, OP_BASE);
	}
	if (class == UB_LDX) {
		high = overwritten(l, d, wide || UB_MODE(insn->opcode) == UB_MEMSX);
	} else if (class == UB_STX) {
		use(l, s);
		if (UB_MODE(insn->opcode) == UB_ATOMIC) {
			high = result(l, insn->imm == UB_CMPXCHG ? 0 : s, wide);
			if (insn->imm == UB_CMPXCHG && wide)
				use_high(l, 0);
		}
		if (wide)
			use_high(l, s);
	}
	return high;
}

/* A jump to a slot, which may not have been seen yet: what is read there. */
static uint32_t look_at_target(struct look *l, uint32_t target, uint32_t slot)
{
	uint16_t *at = &l->c->map.live[op_join_index(l->c, target)];
	uint32_t live = *at & HALVES;
	if (target <= slot) {
		*at |= ASKED;
		if (*at / LOOP < LOOPS_MAX) {
			*at = (uint16_t)(*at + LOOP);
			deeper(l, 1);
		}
		use(l, OP_BUDGET);
		use(l, OP_BUDGET); /* it is read, and written */
	}
	return live;
}

static bool look_at_control(struct look *l, const struct ub_insn *insn, uint32_t slot)
{
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn);
	bool high = false, x = insn->opcode & UB_X, calls = l->c->map.calls;
	if (op == UB_EXIT) {
		l->live = calls ? HALVES : 1;
	} else if (op == UB_CALL && insn->opcode == (UB_JMP | UB_CALL) && s == UB_CALL_HELPER) {
		for (uint32_t r = op_helper_arguments(l->c, insn->imm); r; r--)
			use(l, r);
		high = overwritten(l, 0, true);
	} else if (op == UB_CALL) {
		use(l, d);
		l->unknown |= 1;
		l->live = HALVES;
	} else {
		uint32_t there = look_at_target(l, op_target(insn, slot), slot);
		l->live = op == UB_JA ? there : there | l->live;
		if (op == UB_JA)
			return false;
		use(l, d);
		if (x)
			use(l, s);
		if (UB_CLASS(insn->opcode) == UB_JMP) {
			use_high(l, d);
			if (x)
				use_high(l, s);
		}
	}
	return high;
}

/* Returns whether the high half of the instruction's result is read. By itself, so that the registers are the loop's. */
static NOINLINE bool look_at(struct look *l, const struct ub_insn *insn, uint32_t slot)
{
	switch (UB_CLASS(insn->opcode)) {
	case UB_ALU32:
	case UB_ALU64:
		return look_at_alu(l, insn);
	case UB_LD:
		return overwritten(l, UB_DST(insn), UB_SRC(insn) != UB_LDDW_FUNC && insn[1].imm);
	case UB_JMP:
	case UB_JMP32:
		return look_at_control(l, insn, slot);
	default:
		return look_at_memory(l, insn);
	}
}

/* Whether in another look there is nothing to an instruction: nobody reads the high half of its result, nor does it read one then. */
static ALWAYS_INLINE bool is_done(const struct look *l, const struct ub_insn *insn)
{
	enum { END = 1 << (UB_END >> 4), READ = END | 1 << (UB_RSH >> 4) | 1 << (UB_ARSH >> 4) | 1 << (UB_DIV >> 4) | 1 << (UB_MOD >> 4) };
	uint32_t opcode = insn->opcode, class = UB_CLASS(opcode);
	if ((1u << UB_LD | 1u << UB_LDX | 1u << UB_ALU32 | 1u << UB_ALU64) >> class & 1)
		return !(l->live >> UB_DST(insn) & 1) && (class < UB_ALU32 || !((class == UB_ALU64 ? READ : END) >> (opcode >> 4) & 1));
	return class == UB_ST;
}

/* One look, from the end. Returns whether there has to be another one. */
static bool look(struct look *l)
{
	const struct op *c = l->c;
	const struct ub_insn *insn = c->text + c->slots;
	uint16_t *at = c->map.live + c->map.joins;
	uint32_t slot = c->slots;
	bool again = false, plain = c->map.plain;
	l->live = l->depth = 0;
	deeper(l, 0);
	while (slot) { /* up to 32 slots */
		uint32_t word = (slot - 1) / 32, joins = c->join[word] << (31 - (slot - 1) % 32), read = 0;
		for (; slot > word * 32; joins <<= 1) {
			slot--;
			insn--;
			read <<= 1;
			if (!insn->opcode) /* the second half of a lddw */
				continue;
			if (!l->looks || !is_done(l, insn))
				read |= look_at(l, insn, slot);
			if (plain)
				l->live = HALVES;
			if (joins >> 31) {
				uint32_t was = *--at;
				again |= was & ASKED && l->live & ~was;
				deeper(l, 0u - was / LOOP);
				*at = (uint16_t)l->live;
			}
		}
		c->map.dead[word] = plain ? 0 : ~read;
	}
	l->looks++;
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
	uint8_t order[OP_WORD];
	uint32_t n = 0;
	for (uint32_t v = 0; v < OP_WORD; v++) {
		uint32_t at = n, uses = l->uses[v];
		if (!uses || fixed >> v & 1)
			continue;
		for (n++; at && l->uses[order[at - 1]] < uses; at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)v;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t var = order[i];
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
	m->window = 1;
	for (uint32_t round = 0; look(&l); round++)
		if (round == ROUNDS)
			m->plain = true;
	m->zero = (uint16_t)(m->plain ? 0 : ~closure(l.unknown, l.from));
	for (uint32_t v = 0; v <= OP_BASE; v++)
		l.uses[v] *= l.looks;
	l.uses[OP_LIMIT] = l.uses[OP_BASE];
	l.uses[0]++; /* the result */
	l.uses[OP_HIGH]++;
	for (uint32_t v = OP_BUDGET; v <= OP_LIMIT; v++)
		l.uses[v]++;
	for (uint32_t r = 0; r < UB_R10; r++) {
		if (m->zero >> r & 1)
			l.uses[r + OP_HIGH] = 0;
		else if (m->plain)
			l.uses[r + OP_HIGH]++;
		if (m->calls)
			l.uses[r]++;
	}
	memset(m->home, OP_NONE, sizeof m->home);
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
	bool dead = c->map.dead[c->slot / 32] >> c->slot % 32 & 1;
	say->dead_high = dead;
	say->defer = false;
	if ((class != UB_ALU32 && class != UB_ALU64) || c->slot + 1 >= c->slots || UB_DST(next) != d)
		return;
	if (class == UB_ALU64 && !dead && UB_OP(insn->opcode) != UB_MOV)
		return; /* a high half that is a sign would read the low one, which the next instruction writes first */
	then = UB_CLASS(next->opcode);
	if (then == UB_ALU32 || then == UB_ALU64 ? UB_OP(next->opcode) == UB_MOV : then != UB_LDX || UB_SRC(next) != d)
		return; /* it is not one that takes it, and puts its result in its place */
	say->defer = op_defers(insn) && !c->map.plain && !op_is_join(c, c->slot + 1);
}
