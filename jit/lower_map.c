// SPDX-License-Identifier: BSD-2-Clause
/* Maps, where it is known when a program is compiled where their values lie (struct ub_map_place): their addresses are numbers then,
 * and in bounds of a map's values is in bounds of a region. A lookup in an array is computed:
 *
 *	ldr   r, [key]
 *	cmp   r, #entries               neither this nor the last two if the index is known to be less
 *	movw  t, #values; movt t, #values >> 16
 *	add   r, t, r, lsl #n           or r is multiplied by value_size before
 *	it    hs
 *	movhs r, #0
 */
#include "jit/value.h"

const struct ub_map_place *jit_map_place(const struct ub_program *p, uint32_t handle)
{
	uint32_t offset = handle - UB_MAP_BASE;
	if (!p->map_places || p->flags & UB_PROGRAM_OWN_HELPERS || offset % 8 || offset / 8 >= p->nmaps || !p->map_places[offset / 8].values)
		return NULL;
	return &p->map_places[offset / 8];
}

const struct ub_map_place *jit_map_around(const struct ub_program *p, uint32_t addr, const struct ub_map_def **def)
{
	for (uint32_t i = 0; i < p->nmaps; i++) {
		const struct ub_map_place *place = jit_map_place(p, UB_MAP_HANDLE(i));
		*def = &p->maps[i];
		if (place && addr - place->values < ub_map_values_bytes(*def))
			return place;
	}
	return NULL;
}

bool jit_lookup(struct jit *j)
{
	const struct ub_program *p = j->program;
	struct jit_code *c = &j->out.code;
	if (!(j->facts[j->slot] & JIT_LOOKUP) || !jit_is_const(j, 1))
		return false;
	uint32_t handle = (uint32_t)j->val[1].imm, high = j->live & JIT_HI(0);
	const struct ub_map_def *d = jit_map_def(p, handle);
	uint32_t start = jit_map_place(p, handle)->values, shift = (uint32_t)__builtin_ctz(d->value_size);

	jit_pin_both(j, 0);
	jit_clobber_home(j, 0);
	j->keep |= JIT_LO(2);
	if (high)
		jit_clobber_home(j, JIT_HIGH);
	if (j->live & JIT_LO(0)) {
		const struct jit_val *at = &j->val[2];
		int rn, lo, t;
		int32_t offset = 0;
		if (at->kind == JIT_ADDR && at->b == JIT_NOWHERE && at->imm >= 0 && at->imm < 4096) {
			rn = at->a;
			offset = at->imm;
		} else {
			jit_prepare(j, 2);
			rn = jit_reg(j, 2);
		}
		j->pinned |= 1u << rn;
		t = jit_temp(j);
		lo = jit_dst(j, 0, -1);
		jit_mem(c, T2_LDR, lo, rn, offset);
		bool bounded = j->facts[j->slot] & JIT_FOUND;
		if (!bounded && !jit_dp_imm(c, T2_SUB, T2_PC, lo, d->max_entries, JIT_SET)) {
			jit_const(c, t, d->max_entries, JIT_ANY);
			jit_cmp(c, lo, t);
		}
		if (d->value_size & (d->value_size - 1)) {
			jit_const(c, t, d->value_size, JIT_KEEP);
			jit_mul(c, lo, lo, t, JIT_KEEP);
			shift = 0;
		}
		jit_const(c, t, start, JIT_KEEP);
		jit_dp_shift(c, T2_ADD, lo, t, lo, T2_LSL, shift, JIT_KEEP);
		if (!bounded) {
			jit_it(c, T2_HS);
			jit_const(c, lo, 0, JIT_KEEP);
		}
		jit_done(j, 0, lo);
	}
	if (high)
		jit_set_const(j, JIT_HIGH, 0);
	return true;
}
