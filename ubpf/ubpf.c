/* SPDX-License-Identifier: BSD-2-Clause */
/* A program's life: read, verify, prepare, run, unload. Memory is taken from the caller's in this order:
 *
 *   sections, functions, allow-list | saved registers, stack | maps | engine
 */
#include "abi/port.h"
#include "image/image.h"
#include "maps/maps.h"
#include "ubpf/internal.h"
#include "ubpf/place.h"
#include "verify/verify.h"

enum { ALIGNED = 7 };

static uint32_t aligned(uint32_t bytes)
{
	return (bytes + ALIGNED) & ~(uint32_t)ALIGNED;
}

static int32_t refuse(struct ubpf *u, int32_t status)
{
	u->fault.status = status;
	return status;
}

/* Where the program sees the caller's memory. On a device addresses are pointers. A host with wider pointers shows
 * programs its memory from UBPF_HOST_ADDRESS on, so that what they see is the same wherever it lies. */
static void lend(struct ubpf *u, uint8_t *memory, uint32_t bytes)
{
	u->arena = (struct ub_arena){ .mem = memory, .size = bytes };
#if UB_ADDRESSES_ARE_POINTERS
	u->arena.addr = (uint32_t)(uintptr_t)memory;
#else
	u->arena.addr = UBPF_HOST_ADDRESS;
	u->run.base = (uintptr_t)memory - UBPF_HOST_ADDRESS;
#endif
}

uint32_t ubpf_address(const void *memory, const void *p)
{
#if UB_ADDRESSES_ARE_POINTERS
	(void)memory;
	return (uint32_t)(uintptr_t)p;
#else
	uintptr_t at = (uintptr_t)p - ((uintptr_t)memory - UBPF_HOST_ADDRESS);

	return at < UB_CODE_ADDR(0) ? (uint32_t)at : 0;
#endif
}

int32_t ubpf_open(struct ubpf *u, const struct ubpf_options *o, void *memory, uint32_t memory_bytes)
{
	struct ub_run *r = &u->run;

	memset(u, 0, sizeof *u);
	if ((uintptr_t)memory & ALIGNED || !o->engine || (o->engine->caps & UB_ENGINE_NATIVE && !o->place) ||
	    o->nregions > UB_REGIONS_MAX - UB_REGION_GRANTED)
		return refuse(u, UB_E_ARGUMENT);
	if (o->place) {
		u->arena = o->place->arena;
		r->base = o->place->base;
	} else {
		lend(u, memory, memory_bytes);
	}
	u->engine = o->engine;
	u->budget = o->budget;
	for (uint32_t i = 0; i < o->nregions; i++)
		r->regions[UB_REGION_GRANTED + i] = o->regions[i];
	r->nregions = UB_REGION_GRANTED + o->nregions;
	r->helpers = o->place ? o->place->calls : o->helpers ? o->helpers->calls : 0;
	r->env = o->env;
	return 0;
}

int32_t ubpf_read(struct ubpf *u, const struct ubpf_options *o, const void *image, uint32_t bytes)
{
	if ((uintptr_t)image & ALIGNED)
		return refuse(u, UB_E_ARGUMENT);
	return refuse(u, image_load(o->format, image, bytes, o->entry, o->engine->caps, &u->arena, &u->program, &u->fault));
}

/* What the program may call: of what the image asks for, what the options allow. */
static int32_t allow(struct ubpf *u, const struct ubpf_options *o)
{
	struct ub_program *p = &u->program;
	const struct ubpf_place *place = o->place;
	const struct ubpf_ids asked = { p->helpers, p->nhelpers }, allowed = { o->allowed, o->nallowed };
	struct ubpf_ids known = { 0, 0 };

	if (place)
		known = (struct ubpf_ids){ place->known, place->nknown };
	else if (o->helpers)
		known = (struct ubpf_ids){ o->helpers->ids, o->helpers->n };
	p->helpers = known.ids;
	p->nhelpers = known.n;
	if (!known.n || (!asked.ids && !allowed.ids))
		return 0;
	uint16_t *ids = place ? place->ids : ub_arena_take(&u->arena, known.n * (uint32_t)sizeof *ids);
	if (!ids)
		return UB_E_MEMORY;
	p->helpers = ids;
	p->nhelpers = ubpf_allow(&known, &asked, &allowed, ids);
	return 0;
}

/* The program's stack: whole frames and room for saved registers where functions are called, else what it uses. */
static int32_t take_stack(struct ubpf *u)
{
	uint32_t save = 0, bytes = aligned(u->program.stack_use);

	if (u->program.flags & UB_PROGRAM_LOCAL_CALLS) {
		save = UB_SAVE_BYTES;
		bytes = UB_STACK_BYTES;
	}
	if (!ub_arena_take(&u->arena, save + bytes))
		return UB_E_MEMORY;
	u->run.stack_top = u->arena.addr + u->arena.used;
	return 0;
}

/* The program's maps, if it has any, and the regions of their values. */
static int32_t make_maps(struct ubpf *u, const struct ubpf_options *o)
{
	struct maps *maps;

	if (!u->program.nmaps)
		return 0;
#if UBPF_MAPS
	if (o->place && o->place->own_maps)
		return maps_check(u->program.maps, u->program.nmaps, &u->fault);
	int32_t err = maps_make(&u->program, &u->arena, &u->arena, o->seed, &maps, &u->fault);
	return err ? err : maps_grant(maps, &u->run);
#else
	(void)o, (void)maps;
	return UB_E_UNSUPPORTED;
#endif
}

enum { FIRST_ON_MAPS = 0xc4 }; /* in abi/helpers.h no others have ids as high */
UB_STATIC_ASSERT((int)UB_HELPER_AT(FIRST_ON_MAPS) == UB_HELPER_ringbuf_discard && (int)UB_HELPER_ringbuf_discard == UB_PLAIN_HELPER_ENTRIES, first_on_maps);
#define ONE(helper, number, arguments) + 1
UB_STATIC_ASSERT(UB_HELPER_ENTRIES - UB_PLAIN_HELPER_ENTRIES == 0 UB_MAP_HELPERS(ONE), all_others_on_maps);
#undef ONE

/* Whether compilers may believe what abi/helpers.h says of each helper that the program may call: all are those on maps, which the
 * library itself has put into the table. */
static int knows_helpers(const struct ub_program *p, const struct ubpf_options *o)
{
	return o->helpers && o->helpers->maps && p->nhelpers && p->helpers[0] >= FIRST_ON_MAPS;
}

/* *peak: memory in use when verifying needed most. */
static int32_t verify_at(struct ubpf *u, const struct ubpf_options *o, uint32_t *peak)
{
	int32_t err = allow(u, o);
	uint32_t used = aligned(u->arena.used);

	if (!err)
		err = verify_program(&u->program, o->engine->caps, &u->arena, &u->fault);
	*peak = used + verify_memory(&u->program);
	if (err)
		return refuse(u, err);
	if (o->place) {
		u->run.stack_top = o->place->stack_top;
		return refuse(u, make_maps(u, o));
	}
	if (!knows_helpers(&u->program, o))
		u->program.flags |= UB_PROGRAM_OWN_HELPERS;
	err = take_stack(u);
	return refuse(u, err ? err : make_maps(u, o));
}

int32_t ubpf_verify(struct ubpf *u, const struct ubpf_options *o)
{
	uint32_t peak;

	return verify_at(u, o, &peak);
}

/* Regions that loading decided on. The context's is filled in when it runs. */
static void grant(struct ub_run *r, const struct ub_program *p)
{
	r->regions[UB_REGION_STACK] = (struct ub_region){ r->stack_top - p->stack_use, p->stack_use, UB_READ | UB_WRITE };
	r->regions[UB_REGION_RODATA] = (struct ub_region){ p->rodata_addr, p->rodata_len, UB_READ };
	r->regions[UB_REGION_DATA] = (struct ub_region){ p->data_addr, p->data_len, UB_READ | UB_WRITE };
}

int32_t ubpf_prepare(struct ubpf *u, const struct ubpf_options *o)
{
	uint32_t cpu = o->place ? o->place->cpu : UBPF_CPU;

	grant(&u->run, &u->program);
#if UBPF_MAPS
	struct ub_map_place places[UB_MAPS_MAX];
	if (u->run.maps) {
		maps_places(u->run.maps, places);
		u->program.map_places = places;
	}
#endif
	int32_t err = o->engine->prepare(o->engine, &u->program, &u->arena, cpu, &u->prepared, &u->fault);
	u->program.map_places = NULL;
	u->loaded = !err;
	return refuse(u, err);
}

int32_t ubpf_load(struct ubpf *u, const struct ubpf_options *o, const void *image, uint32_t bytes, void *memory,
		  uint32_t memory_bytes)
{
	int32_t err = ubpf_open(u, o, memory, memory_bytes);

	if (!err)
		err = ubpf_read(u, o, image, bytes);
	if (!err)
		err = ubpf_verify(u, o);
	if (!err)
		err = ubpf_prepare(u, o);
	return err;
}

/* Makes it ready with `size` bytes of memory, and undoes that. Returns 0, with what the engine kept, or a status. */
static int32_t try_prepare(struct ubpf *u, const struct ubpf_options *o, uint32_t size, uint32_t *kept)
{
	uint32_t used = u->arena.used, all = u->arena.size;

	u->arena.size = size;
	int32_t err = ubpf_prepare(u, o);
	*kept = u->prepared.ram_bytes;
	ubpf_unload(u);
	u->arena.used = used;
	u->arena.size = all;
	return err;
}

/* The least memory with which the engine makes of the program what it makes with all of it, by bisection: no formula
 * says how much a compiler needs, and the last that was tried is known to do. */
static int32_t find_least(struct ubpf *u, const struct ubpf_options *o, uint32_t *least)
{
	uint32_t low = aligned(u->arena.used), high = u->arena.size, size = low, kept, all;
	int32_t err = try_prepare(u, o, high, &all);

	if (err)
		return err;
	for (;;) { /* low - 8 does not do, high does */
		if (!try_prepare(u, o, size, &kept) && kept == all)
			high = size;
		else
			low = size + ALIGNED + 1;
		if (low >= high)
			break;
		size = (low + (high - low) / 2) & ~(uint32_t)ALIGNED;
	}
	*least = high;
	u->fault = (struct ub_fault){ 0 };
	return 0;
}

int32_t ubpf_needs(const struct ubpf_options *o, const void *image, uint32_t bytes, void *memory, uint32_t memory_bytes,
		   struct ubpf_needs *needs, struct ub_fault *where)
{
	struct ubpf u;
	uint32_t verifying = 0, least = 0;
	int32_t err = ubpf_open(&u, o, memory, memory_bytes & ~(uint32_t)ALIGNED);

	if (!err)
		err = ubpf_read(&u, o, image, bytes);
	if (!err)
		err = verify_at(&u, o, &verifying);
	if (!err)
		err = find_least(&u, o, &least);
	if (where)
		*where = u.fault;
	if (err)
		return err;
	*needs = (struct ubpf_needs){
		.memory = aligned(least > verifying ? least : verifying),
		.stack = u.program.stack_use,
		.context = u.program.ctx_min,
		.flags = u.program.flags,
	};
	return 0;
}

int32_t ubpf_begin(struct ubpf *u, void *context, uint32_t bytes)
{
	struct ub_run *r = &u->run;

	r->fault = u->fault = (struct ub_fault){ 0 };
	if (!u->loaded)
		return refuse(u, UB_E_STATE);
	if (bytes < u->program.ctx_min)
		return refuse(u, UB_E_CONTEXT);
	uint32_t address = u->arena.addr + (uint32_t)((uintptr_t)context - (uintptr_t)u->arena.mem);
	uint32_t last = address + bytes - 1;
	if (bytes && (ub_at(r, address) != context || last < address || last >= UB_CODE_ADDR(0)))
		return refuse(u, UB_E_ARGUMENT);
	r->ctx_addr = address;
	r->ctx_len = bytes;
	r->regions[UB_REGION_CTX] = (struct ub_region){ address, bytes, UB_READ | UB_WRITE };
	r->budget = r->work = u->budget;
#if UBPF_MAPS
	if (r->maps)
		maps_begin(r->maps);
#endif
	return 0;
}

int32_t ubpf_execute(struct ubpf *u)
{
	uint32_t use = u->program.stack_use;

	for (;;) {
		if (use)
			memset(ub_at(&u->run, u->run.stack_top - use), 0, use);
		int32_t status = u->engine->run(&u->prepared, &u->run);
		if (status == UB_E_TAIL_CALL && maps_again(&u->run)) {
			u->run.budget = u->budget;
			continue;
		}
#if UBPF_MAPS
		if (u->run.maps && u->run.maps->open)
			maps_end(u->run.maps);
#endif
		return status;
	}
}

int32_t ubpf_run(struct ubpf *u, void *context, uint32_t bytes, uint64_t *result)
{
	int32_t err = ubpf_begin(u, context, bytes);

	if (err)
		return err;
	err = ubpf_execute(u);
	u->run.stop = 0;
	u->fault = u->run.fault;
	if (!err && result)
		*result = u->run.r0;
	return refuse(u, err);
}

void ubpf_stop(struct ubpf *u)
{
	u->run.stop = 1;
}

void ubpf_unload(struct ubpf *u)
{
	if (u->loaded && u->engine->release)
		u->engine->release(&u->prepared);
	u->loaded = 0;
}

const char *ubpf_status_text(int32_t status)
{
	switch (status) {
#define UBPF_TEXT(name, number, text) \
	case number:                  \
		return text;
		UB_STATUSES(UBPF_TEXT)
#undef UBPF_TEXT
	}
	return "unknown status";
}

uint32_t ubpf_version(void)
{
	return UBPF_VERSION;
}
