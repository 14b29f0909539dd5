/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what a program is to be, and its image. Everything is checked here, once; starting it later does the same
 * again where it will lie. */
#include "device/supervisor/internal.h"
#include "ubpf/place.h"

static int valid_name(const char name[SUPERVISOR_NAME])
{
	uint32_t n = 0;

	for (; n < SUPERVISOR_NAME && name[n]; n++) {
		char c = name[n];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return 0;
	}
	return n > 0 && n < SUPERVISOR_NAME;
}

static int32_t check_config(const struct supervisor *s, const struct supervisor_config *c)
{
	const uint32_t largest = 1u << 20;
	static const uint32_t known[UB_HELPER_WORDS] = UB_HELPERS_ALL;

	if (!valid_name(c->name))
		return UB_E_NAME;
	if (c->engine >= SUPERVISOR_ENGINE_COUNT)
		return UB_E_ENGINE;
	for (uint32_t i = 0; i < UB_HELPER_WORDS; i++) {
		if (c->helpers[i] & ~known[i])
			return UB_E_GRANT;
	}
	if (c->devices >> 16)
		return UB_E_GRANT;
	if (c->restart > SUPERVISOR_ALWAYS || c->priority < 1 || c->priority >= OS_PRIORITY_IDLE ||
	    c->long_running > 1 || c->context > largest || c->mailbox > largest)
		return UB_E_ARGUMENT;
	for (uint32_t i = 0; i < SUPERVISOR_KEYS; i++) {
		if (c->keys[i].first > c->keys[i].last || c->keys[i].rights & ~(uint32_t)(UB_READ | UB_WRITE))
			return UB_E_GRANT;
	}
	return supervisor_check_hooks(s->board, c);
}

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
		.arena = *arena, .cpu = s->board->cpu, .known = helper_ids, .nknown = UB_HELPER_COUNT, .ids = ids,
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
	int32_t err = supervisor_take(s, at + image->memory, 0, block);

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
	int32_t err = check_config(s, config);
	if (!err)
		err = supervisor_take(s, len ? len : 1, 1, &out->image);
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
	if (!err && out->maps.n)
		err = make_maps(s, out, where);
	if (err) {
		supervisor_forget(s, out);
		where->status = err;
	}
	return err;
}
