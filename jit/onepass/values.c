// SPDX-License-Identifier: BSD-2-Clause
/* Where values of maps lie, and keys that were stored in the program's frame.
 *
 * Values lie still as long as their map, which a program does not outlive, so their addresses are numbers like any, and in
 * bounds of a map's values is in bounds of a region.
 */
#include "jit/onepass/parts.h"

uint32_t op_values_start(const struct op *c, uint32_t map)
{
	const struct ub_program *p = c->program;
	return p->map_places && map < p->nmaps && !(p->flags & UB_PROGRAM_OWN_HELPERS) ? p->map_places[map].values : 0;
}

bool op_is_in_values(const struct op *c, int64_t lo, int64_t hi, uint32_t rights)
{
	for (uint32_t i = 0; i < c->program->nmaps; i++) {
		uint32_t start = op_values_start(c, i);
		if (!start || lo < start || hi > start + op_values_bytes(&c->program->maps[i]))
			continue;
		uint32_t flags = c->program->map_places[i].flags;
		return !(rights & UB_READ && flags & UB_MAP_WRITE_ONLY) && !(rights & UB_WRITE && flags & UB_MAP_READ_ONLY);
	}
	return false;
}

/* ---- Keys ---- */

void op_forget_keys(struct op *c)
{
	for (uint32_t i = 0; i < OP_KEYS; i++)
		c->key[i].at = 0;
}

void op_key_store(struct op *c, int32_t offset, uint32_t size, const struct op_fact *f)
{
	struct op_key *key = c->key;
	if (!c->program->nmaps)
		return;
	for (uint32_t i = 0; i < OP_KEYS; i++)
		if (offset < key[i].at + 4 && key[i].at < offset + (int32_t)size)
			key[i].at = 0;
	if (size < 4 || f->kind > OP_NUMBER)
		return;
	for (uint32_t i = OP_KEYS - 1; i > 0; i--)
		key[i] = key[i - 1];
	key[0] = (struct op_key){ offset, f->lo, f->hi };
}
