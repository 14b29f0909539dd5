// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/port.h"
#include "internal/mapstest/shim.h"
#include "ubpf/ubpf.h"

struct shim *shim_new(const struct ub_map_def *defs, uint32_t n, uint32_t bytes, struct ub_fault *fault)
{
	struct shim *s = calloc(1, sizeof *s);
	struct ub_program program = {.maps = defs, .nmaps = n};
	uint32_t all = SHIM_SCRATCH + bytes;

	s->mem = malloc(all);
	s->arena = (struct ub_arena){.mem = s->mem, .addr = SHIM_ADDR, .size = all};
	s->scratch = ub_arena_take(&s->arena, SHIM_SCRATCH);
	s->scratch_addr = SHIM_ADDR;
	memset(s->scratch, 0, SHIM_SCRATCH);
	if (maps_make(&program, &s->arena, &s->arena, 0x12345678, &s->maps, fault)) {
		shim_free(s);
		return NULL;
	}
	s->run.base = (uintptr_t)s->mem - SHIM_ADDR;
	s->run.regions[0] = (struct ub_region){SHIM_ADDR, SHIM_SCRATCH, UB_READ | UB_WRITE};
	s->run.nregions = 1;
	fault->status = maps_grant(s->maps, &s->run);
	return s;
}

void shim_free(struct shim *s)
{
	free(s->mem);
	free(s);
}

uint64_t shim_call(struct shim *s, uint32_t id, const uint32_t *args, struct ub_fault *fault)
{
	static const ub_helper helpers[UB_HELPER_ENTRIES] = {
#define ROW(name, id, arguments) [UB_HELPER_AT(id)] = maps_helper_##name,
		UB_MAP_HELPERS(ROW)
#undef ROW
	};
	int index = ub_helper_index((int32_t)id);
	uint64_t result = 0;

	s->run.fault = (struct ub_fault){0};
	s->run.work = 1000;
	if (index >= 0 && index < UB_HELPER_ENTRIES && helpers[index])
		result = helpers[index](&s->run, args[0], args[1], args[2], args[3], args[4]);
	*fault = s->run.fault;
	return result;
}

/* Zeroed memory at an address below those that programs see, where what is between the two is negative. */
static uint8_t *low_memory(size_t bytes)
{
	void *p = mmap((void *)0x10000000, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

int32_t shim_embed(const uint8_t *image, uint32_t bytes, uint8_t *contexts, uint32_t n, uint32_t context, uint64_t *results,
		   uint32_t *entries)
{
	enum { MEMORY = 64 << 10, IMAGE = 8 << 10, CONTEXTS = 8 << 10 };
	uint8_t *memory = low_memory(MEMORY + IMAGE + CONTEXTS), *copy = memory + MEMORY, *in = copy + IMAGE;
	struct ubpf_helpers helpers;
	const struct ubpf_options options = {
		.engine = &vm_engine, .format = UB_FORMAT_PACKED, .budget = 10000, .helpers = &helpers, .seed = 7,
	};
	struct ubpf u;
	int32_t err = ubpf_helpers_init(&helpers, NULL, 0);

	if (!err)
		err = ubpf_helpers_add_maps(&helpers);
	if (!err && ubpf_helpers_add_maps(&helpers) != UB_E_ARGUMENT) /* each id once */
		err = UB_E_INTERNAL;
	memcpy(copy, image, bytes);
	memcpy(in, contexts, n * context);
	if (!err)
		err = ubpf_load(&u, &options, copy, bytes, memory, MEMORY);
	for (uint32_t i = 0; !err && i < n; i++)
		err = ubpf_run(&u, in + i * context, context, &results[i]);
	if (!err)
		*entries = u.run.maps->row[0].map->count;
	memcpy(contexts, in, n * context);
	munmap(memory, MEMORY + IMAGE + CONTEXTS);
	return err;
}
