// SPDX-License-Identifier: BSD-2-Clause
/* Before the pass: where paths meet, tables at the end of the buffer, and the map for programs without a plan. */
#include <string.h>

#include "jit/onepass/plan.h"

/* What a look at all instructions, in any order, tells of high halves: which are needed, and which are zero always. */
struct highs {
	uint16_t needed;      /* by something other than another high half */
	uint16_t by[UB_R10];  /* if that of the register is needed, those of these are */
	uint16_t unknown;     /* something else than zero may be put there */
	uint16_t from[UB_R10]; /* that of the register is what those of these are */
	uint16_t used;        /* registers */
};

static void mark(struct op *c, uint32_t slot)
{
	c->join[slot / 32] |= 1u << slot % 32;
}

static void note_alu(struct highs *h, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode), bit = 1u << d;
	bool x = insn->opcode & UB_X;
	if (UB_CLASS(insn->opcode) == UB_ALU32 || op == UB_END) {
		if (op == UB_END && insn->imm == 64) {
			h->needed |= (uint16_t)bit;
			h->unknown |= (uint16_t)bit;
		}
		return;
	}
	if (op == UB_MOV && insn->offset == 0) {
		if (x && s < UB_R10) {
			h->by[d] |= (uint16_t)(1u << s);
			h->from[d] |= (uint16_t)(1u << s);
		} else if (!x && insn->imm < 0) {
			h->unknown |= (uint16_t)bit;
		}
		return;
	}
	if (op == UB_RSH || op == UB_ARSH || op == UB_DIV || op == UB_MOD) {
		h->needed |= (uint16_t)bit;
		if (x && (op == UB_DIV || op == UB_MOD) && s < UB_R10)
			h->needed |= (uint16_t)(1u << s);
	}
	if (x && s < UB_R10 && op != UB_MOV)
		h->by[d] |= (uint16_t)(1u << s);
	if (!(op == UB_AND && !x && insn->imm >= 0))
		h->unknown |= (uint16_t)bit;
}

/* Jumps, calls, exits. */
static void note_control(struct highs *h, const struct ub_insn *insn)
{
	uint32_t op = UB_OP(insn->opcode), operands = 1u << UB_DST(insn) | (insn->opcode & UB_X ? 1u << UB_SRC(insn) : 0);
	h->needed |= op == UB_EXIT ? 1 : 0;
	if (op == UB_CALL) {
		h->unknown |= 1;
		h->used |= 0x3f;
	} else if (op_is_jump(insn->opcode)) {
		h->used |= (uint16_t)operands;
		if (UB_CLASS(insn->opcode) == UB_JMP && op != UB_JA)
			h->needed |= (uint16_t)(operands & ((1u << UB_R10) - 1));
	}
}

static void note(struct highs *h, const struct ub_insn *insn)
{
	uint32_t class = UB_CLASS(insn->opcode), d = 1u << UB_DST(insn), s = 1u << UB_SRC(insn), low = (1u << UB_R10) - 1;
	if (class == UB_JMP || class == UB_JMP32) {
		note_control(h, insn);
		return;
	}
	h->used |= (uint16_t)(d | s);
	switch (class) {
	case UB_ALU32:
	case UB_ALU64:
		note_alu(h, insn);
		break;
	case UB_LD:
		if (UB_SRC(insn) != UB_LDDW_FUNC && insn[1].imm)
			h->unknown |= (uint16_t)d;
		break;
	case UB_LDX:
		if (UB_SIZE(insn->opcode) == UB_DW || UB_MODE(insn->opcode) == UB_MEMSX)
			h->unknown |= (uint16_t)d;
		break;
	case UB_STX:
		if (UB_SIZE(insn->opcode) == UB_DW)
			h->needed |= (uint16_t)(s & low);
		if (UB_MODE(insn->opcode) == UB_ATOMIC && UB_SIZE(insn->opcode) == UB_DW) {
			h->needed |= 1;
			h->unknown |= (uint16_t)((s & low) | 1);
		} else if (UB_MODE(insn->opcode) == UB_ATOMIC) {
			h->used |= 1;
		}
	}
}

/* Sets grow along what depends on what. */
static uint32_t closure(uint32_t set, const uint16_t *of, bool backward)
{
	for (uint32_t before = ~set; before != set;) {
		before = set;
		for (uint32_t r = 0; r < UB_R10; r++) {
			if (backward && set >> r & 1)
				set |= of[r];
			else if (!backward && of[r] & set)
				set |= 1u << r;
		}
	}
	return set;
}

/* Gives places in the order they are asked for: registers, then words of the frame. */
static void give(struct op_map *m, uint32_t var, uint32_t *free)
{
	if (*free) {
		m->home[var] = (uint8_t)__builtin_ctz(*free);
		*free &= *free - 1;
	} else {
		m->home[var] = (uint8_t)(OP_FRAME + m->words++);
	}
}

/* The map for want of a plan: registers are where their numbers say, what else there is where there is room. */
static void default_map(struct op_map *m, const struct highs *h, bool helpers)
{
	uint32_t needed = closure(h->needed, h->by, true), unknown = closure(h->unknown, h->from, false);
	uint32_t own = 1u << OP_BUDGET | 1u << OP_BASE | 1u << OP_LIMIT, used = h->used | 1, free;
	memset(m->home, OP_NONE, sizeof m->home);
	m->zero = (uint16_t)~unknown;
	m->window = 8;
	if (m->calls)
		used |= 0x3ff;
	free = ~used & ((1u << (OP_REGS - m->calls)) - 1) & ~(helpers ? 0xeu : 0); /* calls of helpers put these away */
	for (uint32_t r = 0; r <= UB_R10; r++)
		if (used >> r & 1)
			m->home[r] = (uint8_t)r;
	for (uint32_t v = OP_BUDGET; v <= OP_LIMIT; v++)
		if (own >> v & 1)
			give(m, v, &free);
	for (uint32_t r = 0; r < UB_R10; r++)
		if (used & needed & unknown & 1u << r)
			give(m, r + OP_HIGH, &free);
	m->halved = 0;
	for (uint32_t r = 0; r < UB_R10; r++)
		if (m->home[r + OP_HIGH] == OP_NONE && !(m->zero >> r & 1))
			m->halved |= (uint16_t)(1u << r);
	m->words = (uint8_t)((m->words + 1) & ~1);
	m->shared = 0x3f;
	m->call_words = 10;
}

/* Without a plan: what was in r0..r5 is returned, r6..r9 are saved. */
static void default_function(const struct op *c, uint32_t *returns, uint32_t *registers, op_set *words)
{
	*returns = 0;
	*registers = 0;
	*words = 0;
	for (uint32_t r = 0; r < UB_R10; r++) {
		for (uint32_t high = 0; high <= OP_HIGH; high += OP_HIGH) {
			uint32_t at = c->map.home[r + high];
			if (at == OP_NONE)
				continue;
			if (r < 6)
				*returns |= 1u << (high ? 6 + r : r);
			else if (at < OP_REGS)
				*registers |= 1u << at;
			else
				*words |= OP_BIT(at);
		}
	}
}

void op_function(struct op *c, uint32_t function, uint32_t *returns, uint32_t *registers, op_set *words)
{
	if (c->plan.bits.bytes)
		op_plan_function(c, function, returns, registers, words);
	else
		default_function(c, returns, registers, words);
}

uint32_t op_function_at(const struct op *c, uint32_t slot)
{
	uint32_t low = 0, high = c->program->nfuncs - 1;
	while (low < high) {
		uint32_t middle = (low + high + 1) / 2;
		if (c->program->funcs[middle] <= slot)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

static uint32_t bits_in(uint32_t set)
{
	set -= set >> 1 & 0x55555555;
	set = (set & 0x33333333) + (set >> 2 & 0x33333333);
	return ((set + (set >> 4)) & 0x0f0f0f0f) * 0x01010101u >> 24;
}

uint32_t op_join_index(const struct op *c, uint32_t slot)
{
	return c->rank[slot / 32] + bits_in(c->join[slot / 32] & ((1u << slot % 32) - 1));
}

/* Variables that have a home. */
static void find_homes(struct op_map *m)
{
	m->placed = (struct op_vars){ { 0, 0 } };
	for (uint32_t v = 0; v < OP_VARS; v++)
		if (m->home[v] != OP_NONE)
			op_add(&m->placed, v);
	m->registers = (uint8_t)bits_in(m->placed.of[0] & ((1u << UB_R10) - 1));
}

/* What there is of each variable. */
static uint8_t *place_variables(struct op *c, uint8_t *tables)
{
	uint32_t n = op_fact_count(c);
	tables -= n * sizeof *c->facts.fact;
	c->facts.fact = (struct op_fact *)tables;
	tables -= n * sizeof *c->loop.form;
	c->loop.form = (struct op_form *)tables;
	tables -= op_variables(c) * sizeof *c->places.val;
	c->places.val = (struct op_value *)tables;
	return tables;
}

/* Counts joins; the frames of a plan are found once. */
static int32_t find_frames(struct op *c, uint8_t *mem, uint8_t *tables)
{
	uint32_t joins = 0, words = (c->slots + 31) / 32;
	for (uint32_t i = 0; i < words; i++) {
		c->rank[i] = (uint16_t)joins;
		joins += bits_in(c->join[i]);
	}
	find_homes(&c->map);
	uint32_t frames = c->plan.bits.bytes ? (joins * 2 + 7) & ~7u : 0;
	uint32_t variables = op_fact_count(c) * (sizeof *c->facts.fact + sizeof *c->loop.form) + op_variables(c) * sizeof *c->places.val;
	if (frames + variables + 64 > (uint32_t)(tables - mem))
		return UB_E_COMPILE_SCRATCH;
	c->plan.frames = (uint16_t *)(tables - frames);
	tables = place_variables(c, tables - frames);
	c->out.fixups = (struct jit_fixup *)tables;
	if (c->plan.bits.bytes)
		op_find_frames(c, joins);
	return 0;
}

/* Lays out tables and code in `mem`, finds joins, and makes or reads the map. Returns 0 or a negative status. */
int32_t op_scan(struct op *c, uint8_t *mem, uint32_t bytes)
{
	const struct ub_program *p = c->program;
	uint32_t n = c->slots, labels = UB_ROUTINES + 1 + p->nfuncs, words = (n + 31) / 32;
	uint32_t size = (4 * words + 2 * (n + labels + words) + 7) & ~7u;
	struct highs h;
	bytes &= ~7u;
	if (size + 64 > bytes)
		return UB_E_COMPILE_SCRATCH;
	uint8_t *tables = mem + bytes - size;
	memset(tables, 0, size);
	c->out.fixups = (struct jit_fixup *)tables;
	c->join = (uint32_t *)tables;
	c->out.offset = (uint16_t *)(c->join + words);
	c->out.labels = c->out.offset + n;
	c->rank = c->out.labels + labels;
	c->out.code.at = (uint16_t *)mem;

	memset(&h, 0, sizeof h);
	for (uint32_t i = 0; i < p->nfuncs; i++)
		mark(c, p->funcs[i]);
	const struct ub_insn *insn = c->text;
	c->map.still = c->map.entered_once;
	bool plan = p->plan && !c->plan.bits.bad && p->plan_bytes < 0x2000;
	for (uint32_t slot = 0; slot < n; slot++, insn++) {
		uint32_t class = UB_CLASS(insn->opcode);
		if ((class == UB_JMP || class == UB_JMP32) && op_is_jump(insn->opcode))
			mark(c, op_target(insn, slot));
		if (!plan) /* a plan knows of high halves */
			note(&h, insn);
		if (c->map.calls && (UB_DST(insn) == UB_R10 || UB_SRC(insn) == UB_R10) && p->funcs[op_function_at(c, slot)] != p->entry)
			c->map.still = false;
		if (UB_CLASS(insn->opcode) == UB_LD) {
			slot++;
			insn++;
		}
	}
	c->plan.say.more = OP_SAYS_NO_MORE;
	if (plan && !op_plan_begin(c))
		return 0;
	if (!plan)
		default_map(&c->map, &h, p->flags & UB_PROGRAM_HELPER_CALLS);
	int32_t status = find_frames(c, mem, tables);
	uint32_t room = (uint32_t)((uint8_t *)c->out.fixups - mem) / 2;
	c->out.code.cap = room > 0xffff ? 0xffff : room;
	return status;
}
