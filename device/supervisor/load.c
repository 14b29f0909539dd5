/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what a program is to be, and its image. Everything is checked here, once; starting it later does the same
 * again where it will lie. */
#include "device/supervisor/internal.h"

/* Bytes below r10 that a run needs, saved registers included (vm/slow.c). */
static uint32_t stack_of(const struct ub_program *p, uint32_t engine)
{
	if (engine == SUPERVISOR_VM && p->flags & UB_PROGRAM_LOCAL_CALLS)
		return UB_STACK_BYTES + UB_SAVE_BYTES;
	return (p->stack_use + 7) & ~7u;
}

/* Builds it once in free memory, to know that it can be and what it takes. */
static int32_t try(struct supervisor *s, struct supervisor_image *image, struct ub_fault *where)
{
	struct pool_piece room = pool_largest(&s->pool);
	struct ub_arena arena = {.mem = supervisor_memory(s, room.addr), .addr = room.addr, .size = room.len};
	struct ub_program program;
	struct ub_prepared prepared;
	int32_t err = supervisor_build(s, image, &arena, &program, &prepared, where);

	if (err)
		return err;
	image->memory = arena.used + program.slots / 8 + 8 * program.nfuncs + 32; /* with what verifying borrows */
	image->stack = stack_of(&program, image->config.engine);
	image->ctx_min = program.ctx_min;
	image->flags = program.flags;
	if ((image->config.long_running || image->config.events) && program.ctx_min > image->config.context)
		return where->status = UB_E_CONTEXT;
	return supervisor_count_maps(&image->config, &program, &image->maps, where);
}

/* The compartment of a program with maps stays while it is loaded, because what is in them does. */
static int32_t make_maps(struct supervisor *s, struct supervisor_image *image, struct ub_fault *where)
{
	uint32_t at = supervisor_arena_at(image);
	struct pool_piece *block = &image->maps.block;
	struct ub_program program;
	struct ub_prepared prepared;
	int32_t err = supervisor_take(s, at + image->memory, 0, SUPERVISOR_COMPARTMENT, block);

	if (err)
		return where->status = err;
	memset(supervisor_memory(s, block->addr), 0, block->len);
	struct ub_arena arena = {.mem = supervisor_memory(s, block->addr) + at, .addr = block->addr + at, .size = block->len - at};
	err = supervisor_build(s, image, &arena, &program, &prepared, where);
	return err ? err : supervisor_make_maps(s, image, &program, block->addr + supervisor_values_at(image), where);
}

void supervisor_forget(struct supervisor *s, struct supervisor_image *image)
{
	supervisor_drop_maps(s, image);
	pool_give(&s->pool, &image->image);
}

int32_t supervisor_read(struct supervisor *s, const struct supervisor_config *config, const uint8_t *image,
			uint32_t len, struct supervisor_image *out, struct ub_fault *where)
{
	memset(out, 0, sizeof *out);
	*where = (struct ub_fault){0};
	s->shortage.what = NULL;
	int32_t err = supervisor_check_config(s, config);
	if (!err)
		err = supervisor_take(s, len ? len : 1, 1, "its image", &out->image);
	if (err)
		return where->status = err;
	out->config = *config;
	out->image_bytes = len;
	uint32_t least = supervisor_hook_context(config->events);
	if (out->config.context < least)
		out->config.context = least;
	if (config->engine == SUPERVISOR_JIT_MPU && !config->ticks)
		out->config.ticks = 1000;
	memcpy(supervisor_memory(s, out->image.addr), image, len);
	while ((err = try(s, out, where)) == UB_E_MEMORY && supervisor_code_evict(s))
		;
	if (err == UB_E_MEMORY)
		supervisor_short_of(s, "its image, read and verified", 0);
	if (!err && out->maps.n)
		err = make_maps(s, out, where);
	if (err) {
		supervisor_forget(s, out);
		where->status = err;
	}
	return err;
}
