/* SPDX-License-Identifier: BSD-2-Clause */
/* An image becomes a program in memory that the caller chose: read, verified, made ready for its engine. */
#include "device/supervisor/internal.h"
#include "ubpf/place.h"

/* Formats that run where they lie need a copy of their own. */
static int in_place(uint32_t format)
{
	return format != UB_FORMAT_PACKED && format != UB_FORMAT_ELF_OBJECT;
}

/* Ids of the helpers that are granted. Returns how many. */
static uint32_t granted_helpers(const struct supervisor_config *c, uint16_t *ids)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < UB_HELPER_COUNT; i++) {
		if (ub_helper_in(c->helpers, (uint32_t)ub_helper_index(helper_ids[i])))
			ids[n++] = helper_ids[i];
	}
	return n;
}

int32_t supervisor_build(struct supervisor *s, const struct supervisor_image *image, struct ub_arena *arena,
			 struct ub_program *program, struct ub_prepared *prepared, struct ub_fault *where)
{
	const struct supervisor_config *c = &image->config;
	uint8_t *bytes = supervisor_memory(s, image->image.addr);
	uint16_t granted[UB_HELPER_COUNT], ids[UB_HELPER_COUNT];
	struct ubpf u;

	*where = (struct ub_fault){0};
	if (in_place(c->format)) {
		uint8_t *copy = ub_arena_take(arena, image->image_bytes);
		if (!copy)
			return where->status = UB_E_MEMORY;
		memcpy(copy, bytes, image->image_bytes);
		bytes = copy;
	}
	/* Other formats are only read: the reader takes that they lie in the arena's memory for the address alone. */
	const struct ubpf_place place = {
		.arena = *arena, .cpu = s->board->cpu, .own_maps = 1, .known = helper_ids, .nknown = UB_HELPER_COUNT, .ids = ids,
	};
	const struct ubpf_options options = {
		.engine = c->engine == SUPERVISOR_VM ? &vm_engine : &jit_engine,
		.format = c->format, .entry = c->entry, .allowed = granted, .nallowed = granted_helpers(c, granted), .place = &place,
	};
	int32_t err = ubpf_open(&u, &options, NULL, 0);
	if (!err)
		err = ubpf_read(&u, &options, bytes, image->image_bytes);
	if (!err)
		err = ubpf_verify(&u, &options);
	if (!err && c->events & UB_EVENTS_INTERRUPT)
		err = supervisor_check_interrupt(&u.program, &u.fault);
	u.program.helpers = NULL;
	u.program.nhelpers = 0;
	if (!err && c->engine == SUPERVISOR_VM) /* code of the compiler is kept apart: cache.c */
		err = ubpf_prepare(&u, &options);
	*where = u.fault;
	arena->used = u.arena.used;
	*program = u.program;
	*prepared = u.prepared;
	prepared->program = program;
	return err;
}
