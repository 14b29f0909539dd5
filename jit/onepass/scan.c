// SPDX-License-Identifier: BSD-2-Clause
/* Before the pass: where paths meet, and tables at the end of the buffer. */
#include <string.h>

#include "jit/onepass/plan.h"

static void mark(struct op *c, uint32_t slot)
{
	uint32_t *join = &c->join[slot / 32], bit = 1u << slot % 32;
	c->crossing[slot / 32] |= *join & bit;
	*join |= bit;
	op_mark_offset(c, slot);
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

/* Variables that have a home. */
static void find_homes(struct op_map *m, uint32_t variables)
{
	m->placed = (struct op_vars){ { 0, 0 } };
	for (uint32_t v = 0; v < variables; v++)
		if (m->home[v] != OP_NONE)
			op_add(&m->placed, v);
	m->registers = (uint8_t)op_count_bits(m->placed.of[0] & ((1u << UB_R10) - 1));
}

/* What there is of each variable. */
static uint8_t *place_variables(struct op *c, uint8_t *tables)
{
	uint32_t n = op_fact_count(c);
	tables -= n * sizeof *c->facts.fact;
	c->facts.fact = (struct op_fact *)(void *)tables;
	tables -= n * sizeof *c->loop.form;
	c->loop.form = (struct op_form *)(void *)tables;
	tables -= op_variables(c) * sizeof *c->places.val;
	c->places.val = (struct op_value *)(void *)tables;
	return tables;
}

/* Counts joins; the frames of a plan are found once, what is to be known for want of one is made. */
static int32_t find_frames(struct op *c, uint8_t *mem, uint8_t *tables)
{
	uint32_t joins = 0, words = (c->slots + 31) / 32;
	for (uint32_t i = 0; i < words; i++) {
		c->rank[i] = (uint16_t)joins;
		joins += op_count_bits(c->join[i]);
	}
	bool plan = c->plan.bits.bytes;
	uint32_t frames = plan ? (joins * 2 + 7) & ~7u : (4 * words + 2 * joins + 7) & ~7u;
	uint32_t variables = op_fact_count(c) * (sizeof *c->facts.fact + sizeof *c->loop.form) + op_variables(c) * sizeof *c->places.val;
	if (frames + variables + 64 > (uint32_t)(tables - mem))
		return UB_E_COMPILE_SCRATCH;
	tables -= frames;
	if (plan) {
		c->plan.frames = (uint16_t *)(void *)tables;
		op_find_frames(c, joins);
	} else {
		memset(tables, 0, frames);
		c->map.dead = (uint32_t *)(void *)tables;
		c->map.live = (uint16_t *)(c->map.dead + words);
		c->map.joins = (uint16_t)joins;
		op_default_map(c);
	}
	find_homes(&c->map, op_variables(c));
	c->out.fixups = (struct jit_fixup *)(void *)place_variables(c, tables);
	return 0;
}

/* Whether no function but the first uses r10. */
static bool is_still(const struct op *c)
{
	const struct ub_program *p = c->program;
	for (uint32_t slot = 0; slot < c->slots; slot++) {
		const struct ub_insn *insn = c->text + slot;
		if ((UB_DST(insn) == UB_R10 || UB_SRC(insn) == UB_R10) && p->funcs[op_function_at(c, slot)] != p->entry)
			return false;
		slot += UB_CLASS(insn->opcode) == UB_LD;
	}
	return true;
}

/* Lays out tables and code in `mem`, finds joins, and makes or reads the map. Returns 0 or a negative status. */
int32_t op_scan(struct op *c, uint8_t *mem, uint32_t bytes)
{
	const struct ub_program *p = c->program;
	uint32_t n = c->slots, labels = UB_ROUTINES + 1 + p->nfuncs, words = (n + 31) / 32;
	uint32_t size = (8 * words + 2 * (n + labels + words) + 7) & ~7u;
	bytes &= ~7u;
	if (size + 64 > bytes)
		return UB_E_COMPILE_SCRATCH;
	uint8_t *tables = mem + bytes - size;
	memset(tables, 0, size);
	c->out.fixups = (struct jit_fixup *)(void *)tables;
	c->join = (uint32_t *)(void *)tables;
	c->crossing = c->join + words;
	c->out.offset = (uint16_t *)(c->join + 2 * words);
	c->out.labels = c->out.offset + n;
	c->rank = c->out.labels + labels;
	c->out.code.at = (uint16_t *)(void *)mem;

	for (uint32_t i = 0; i < p->nfuncs; i++)
		mark(c, p->funcs[i]);
	const struct ub_insn *insn = c->text;
	c->map.still = c->map.entered_once;
	bool plan = p->plan && !c->plan.bits.bad && p->plan_bytes < 0x2000;
	for (uint32_t slot = 0; slot < n; slot++, insn++) {
		uint8_t opcode = insn->opcode;
		if (op_is_jump(opcode))
			mark(c, op_target(insn, slot));
	}
	if (c->map.calls)
		c->map.still &= is_still(c);
	c->plan.say.more = OP_SAYS_NO_MORE;
	if (plan && !op_plan_begin(c))
		return 0;
	int32_t status = find_frames(c, mem, tables);
	uint32_t room = (uint32_t)((uint8_t *)c->out.fixups - mem) / 2;
	c->out.code.cap = room > 0xffff ? 0xffff : room;
	return status;
}
