/* SPDX-License-Identifier: BSD-2-Clause */
/* A program's life: read, verify, prepare, run, unload. Memory is taken from the caller's in this order:
 *
 *   sections, functions, allow-list | saved registers, stack | engine
 */
#include "abi/port.h"
#include "image/image.h"
#include "ubpf/internal.h"
#include "verify/verify.h"

enum { ALIGNED = 7 };

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
	u->run.base = memory - UBPF_HOST_ADDRESS;
#endif
}

static uint32_t address_of(const struct ubpf *u, const void *p)
{
#if UB_ADDRESSES_ARE_POINTERS
	(void)u;
	return (uint32_t)(uintptr_t)p;
#else
	return (uint32_t)((const uint8_t *)p - u->run.base);
#endif
}

int32_t ubpf_read(struct ubpf *u, const struct ubpf_options *o, const void *image, uint32_t bytes, void *memory,
		  uint32_t memory_bytes)
{
	memset(u, 0, sizeof *u);
	if (((uintptr_t)image | (uintptr_t)memory) & ALIGNED || !o->engine || o->engine->caps & UB_ENGINE_NATIVE ||
	    o->nregions > UB_REGIONS_MAX - UB_REGION_GRANTED)
		return refuse(u, UB_E_ARGUMENT);
	lend(u, memory, memory_bytes);
	u->engine = o->engine;
	u->budget = o->budget;
	int32_t err = image_load(o->format, image, bytes, o->entry, o->engine->caps, &u->arena, &u->program, &u->fault);
	return refuse(u, err);
}

/* The program's stack: whole frames and room for saved registers where functions are called, else what it uses. */
static int32_t take_stack(struct ubpf *u)
{
	uint32_t save = 0, bytes = (u->program.stack_use + ALIGNED) & ~(uint32_t)ALIGNED;

	if (u->program.flags & UB_PROGRAM_LOCAL_CALLS) {
		save = UB_SAVE_BYTES;
		bytes = UB_STACK_BYTES;
	}
	if (!ub_arena_take(&u->arena, save + bytes))
		return UB_E_MEMORY;
	u->stack = u->arena.used;
	return 0;
}

int32_t ubpf_verify(struct ubpf *u, const struct ubpf_options *o)
{
	struct ub_program *p = &u->program;
	uint32_t n = o->helpers ? o->helpers->n : 0;
	uint16_t *ids = ub_arena_take(&u->arena, n * (uint32_t)sizeof *ids);

	if (!ids)
		return refuse(u, UB_E_MEMORY);
	p->nhelpers = ubpf_allow(o->helpers ? o->helpers->ids : 0, n, p->helpers, p->nhelpers, o->allowed, o->nallowed, ids);
	p->helpers = ids;
	int32_t err = verify_program(p, o->engine->caps, &u->arena, &u->fault);
	return refuse(u, err ? err : take_stack(u));
}

/* Regions of every run. The context's is filled in when it runs. */
static void grant(struct ubpf *u, const struct ubpf_options *o)
{
	const struct ub_program *p = &u->program;
	struct ub_run *r = &u->run;

	r->stack_top = u->arena.addr + u->stack;
	r->regions[UB_REGION_STACK] =
		(struct ub_region){ r->stack_top - p->stack_use, p->stack_use, UB_READ | UB_WRITE };
	r->regions[UB_REGION_RODATA] = (struct ub_region){ p->rodata_addr, p->rodata_len, UB_READ };
	r->regions[UB_REGION_DATA] = (struct ub_region){ p->data_addr, p->data_len, UB_READ | UB_WRITE };
	for (uint32_t i = 0; i < o->nregions; i++)
		r->regions[UB_REGION_GRANTED + i] = o->regions[i];
	r->nregions = UB_REGION_GRANTED + o->nregions;
	r->helpers = o->helpers ? o->helpers->calls : 0;
	r->env = o->env;
}

int32_t ubpf_prepare(struct ubpf *u, const struct ubpf_options *o)
{
	grant(u, o);
	int32_t err = o->engine->prepare(o->engine, &u->program, &u->arena, UBPF_CPU, &u->prepared, &u->fault);
	u->loaded = !err;
	return refuse(u, err);
}

int32_t ubpf_load(struct ubpf *u, const struct ubpf_options *o, const void *image, uint32_t bytes, void *memory,
		  uint32_t memory_bytes)
{
	int32_t err = ubpf_read(u, o, image, bytes, memory, memory_bytes);

	if (!err)
		err = ubpf_verify(u, o);
	if (!err)
		err = ubpf_prepare(u, o);
	return err;
}

int32_t ubpf_needs(const struct ubpf_options *o, const void *image, uint32_t bytes, void *memory, uint32_t memory_bytes,
		   struct ubpf_needs *needs, struct ub_fault *where)
{
	struct ubpf u;
	int32_t err = ubpf_read(&u, o, image, bytes, memory, memory_bytes);

	if (!err)
		err = ubpf_verify(&u, o);
	if (where)
		*where = u.fault;
	if (err)
		return err;
	uint32_t stack = u.program.stack_use, context = u.program.ctx_min, flags = u.program.flags;
	uint32_t verify = UBPF_VERIFY_BYTES(u.program.slots, u.program.nfuncs), takes;
	if (o->engine->needs) {
		takes = ((u.arena.used + ALIGNED) & ~(uint32_t)ALIGNED) + o->engine->needs(&u.program);
	} else { /* making it ready costs next to nothing, and says it */
		err = ubpf_prepare(&u, o);
		takes = u.arena.used;
		ubpf_unload(&u);
		if (err)
			return err;
	}
	*needs = (struct ubpf_needs){ .memory = takes + verify, .stack = stack, .context = context, .flags = flags };
	return 0;
}

int32_t ubpf_run(struct ubpf *u, void *context, uint32_t bytes, uint64_t *result)
{
	struct ub_run *r = &u->run;
	uint32_t use = u->program.stack_use;

	u->fault = (struct ub_fault){ 0 };
	if (!u->loaded)
		return refuse(u, UB_E_STATE);
	if (bytes < u->program.ctx_min)
		return refuse(u, UB_E_CONTEXT);
	if (use)
		memset(u->arena.mem + u->stack - use, 0, use);
	r->ctx_addr = address_of(u, context);
	r->ctx_len = bytes;
	r->regions[UB_REGION_CTX] = (struct ub_region){ r->ctx_addr, bytes, UB_READ | UB_WRITE };
	r->budget = u->budget;
	int32_t err = u->engine->run(&u->prepared, r);
	r->stop = 0;
	u->fault = r->fault;
	if (!err && result)
		*result = r->r0;
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
