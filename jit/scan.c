// SPDX-License-Identifier: BSD-2-Clause
/* Tables, laid out at the end of the buffer; where blocks begin. */
#include <string.h>

#include "jit/compile.h"

uint32_t jit_next_leader(const struct jit *j, uint32_t slot)
{
	for (; slot < j->slots; slot = (slot | 7) + 1) {
		uint32_t set = (uint32_t)j->leader[slot / 8] >> slot % 8;
		if (set)
			return slot + (uint32_t)__builtin_ctz(set);
	}
	return j->slots;
}

/* Bytes of tables for a program, at the top of what the arena has left. */
static uint32_t table_bytes(const struct jit *j)
{
	uint32_t n = j->slots;
	uint32_t bytes = 4 * (n + 1) + 2 * n + 2 * (JIT_L_FUNCS + j->program->nfuncs) + n + 2 * ((n + 7) / 8);
	return (bytes + 7) & ~7u;
}

/* Lays out tables and code in `mem` and finds leaders. Returns 0 or a negative status. */
int32_t jit_scan(struct jit *j, uint8_t *mem, uint32_t bytes)
{
	uint32_t n = j->slots, tables = table_bytes(j);
	bytes &= ~7u;
	if (tables + 64 > bytes)
		return UB_E_COMPILE_SCRATCH;
	uint8_t *at = mem + bytes - tables;
	memset(at, 0, tables);
	j->out.fixups = (void *)at;
	j->live_in = (void *)at;
	j->out.offset = (uint16_t *)(j->live_in + n + 1);
	j->out.labels = j->out.offset + n;
	j->facts = (uint8_t *)(j->out.labels + JIT_L_FUNCS + j->program->nfuncs);
	j->leader = j->facts + n;
	j->hoisted = j->leader + (n + 7) / 8;
	j->out.code.at = (void *)mem;
	j->out.code.cap = (bytes - tables) / 2;
	if (j->out.code.cap > 0xffff)
		j->out.code.cap = 0xffff;

	for (uint32_t i = 0; i < j->program->nfuncs; i++)
		jit_mark(j->leader, j->program->funcs[i]);
	const struct ub_insn *insn = j->text;
	for (uint32_t s = 0; s < n; s++, insn++) {
		if (!jit_is_jump(insn->opcode))
			continue;
		uint32_t target = jit_target(insn, s);
		jit_mark(j->leader, target);
		if (target <= s)
			j->facts[target] |= JIT_HEAD;
	}
	return 0;
}
