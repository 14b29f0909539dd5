/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same in C (costs.h), for a Cortex-M, where emu/bare calls it: c_NAME calls the functions of maps/, helper_NAME the helpers,
 * which check the handles and pointers that a program gives them. */
#include <string.h>

#include "abi/port.h"
#include "maps/helpers.h"

enum { MAP_array, MAP_hash, MAP_lru, MAP_queue, MAP_events, MAPS };

/* Of costs.bpf.c. */
static const struct ub_map_def defs[MAPS] = {
	[MAP_array] = {.type = UB_MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1000, .name = "array"},
	[MAP_hash] = {.type = UB_MAP_HASH, .key_size = 4, .value_size = 8, .max_entries = 1000, .name = "hash"},
	[MAP_lru] = {.type = UB_MAP_LRU_HASH, .key_size = 4, .value_size = 8, .max_entries = 1000, .name = "lru"},
	[MAP_queue] = {.type = UB_MAP_QUEUE, .value_size = 8, .max_entries = 16, .name = "queue"},
	[MAP_events] = {.type = UB_MAP_RINGBUF, .max_entries = 16384, .name = "events"},
};

static uint8_t memory[98304] __attribute__((aligned(8)));
static struct maps *maps;
static struct ub_run run;

/* Makes the maps, and a run whose first region is the C stack, where keys are, as a program's stack is its first. */
static void begin(void)
{
	const struct ub_program program = {.maps = defs, .nmaps = MAPS};
	struct ub_arena arena = {.mem = memory, .addr = (uint32_t)(uintptr_t)memory, .size = sizeof memory};
	struct ub_fault where;
	uint32_t here = (uint32_t)(uintptr_t)__builtin_frame_address(0);

	maps_make(&program, &arena, &arena, 0x2545f491, &maps, &where);
	run = (struct ub_run){.regions = {{here - 512, 1024, UB_READ | UB_WRITE}}, .nregions = 1, .work = UINT32_MAX};
	maps_grant(maps, &run);
	maps_begin(maps);
}

/* A function that is called with what costs.h has in a struct, and makes the maps first. */
#define ENTRY(prefix, name)                                                                      \
	static uint64_t prefix##body_##name(struct costs *c);                                     \
	uint64_t prefix##name(uint32_t n, uint32_t fill, uint32_t keys, uint32_t from);           \
	uint64_t prefix##name(uint32_t n, uint32_t fill, uint32_t keys, uint32_t from)            \
	{                                                                                         \
		struct costs c = {n, fill, keys, from};                                           \
		begin();                                                                          \
		return prefix##body_##name(&c);                                                   \
	}                                                                                         \
	static __attribute__((noinline)) uint64_t prefix##body_##name(struct costs *c)

#define MAP(which) (maps->row[MAP_##which].map)
#define ADDR(p) ((uint32_t)(uintptr_t)(p))

static inline void *lookup(struct maps_map *m, const void *key)
{
	uint32_t entry = maps_lookup(m, key);

	return entry == MAPS_NONE ? NULL : maps_value(m, entry);
}

static inline void *reserve(struct maps_map *m, uint32_t bytes)
{
	uint32_t at = maps_reserve(m, 0, bytes);

	return at ? m->values + at : NULL;
}

static inline int output(struct maps_map *m, const void *data, uint32_t bytes)
{
	void *record = reserve(m, bytes);

	if (!record)
		return -1;
	memcpy(record, data, bytes);
	maps_submit(m, (uint32_t)((uint8_t *)record - m->values), false);
	return 0;
}

#define COST(name) ENTRY(c_, name)
#define LOOKUP(map, key) lookup(MAP(map), key)
#define UPDATE(map, key, value) maps_update(MAP(map), key, value, UB_MAP_ANY)
#define DELETE(map, key) maps_delete(MAP(map), key)
#define PUSH(map, value) maps_push(MAP(map), value, 0)
#define POP(map, value) maps_pop(MAP(map), value, true)
#define RESERVE(map, bytes) reserve(MAP(map), bytes)
#define SUBMIT(record) maps_submit(MAP(events), (uint32_t)((uint8_t *)(record) - MAP(events)->values), false)
#define OUTPUT(map, data, bytes) output(MAP(map), data, bytes)
#include "costs.h"

#undef COST
#undef LOOKUP
#undef UPDATE
#undef DELETE
#undef PUSH
#undef POP
#undef RESERVE
#undef SUBMIT
#undef OUTPUT
#define HANDLE(which) UB_MAP_HANDLE(MAP_##which)
#define POINTER(r0) ((void *)(uintptr_t)(uint32_t)(r0))
#define COST(name) ENTRY(helper_, name)
#define LOOKUP(map, key) POINTER(maps_helper_map_lookup_elem(&run, HANDLE(map), ADDR(key), 0, 0, 0))
#define UPDATE(map, key, value) maps_helper_map_update_elem(&run, HANDLE(map), ADDR(key), ADDR(value), UB_MAP_ANY, 0)
#define DELETE(map, key) maps_helper_map_delete_elem(&run, HANDLE(map), ADDR(key), 0, 0, 0)
#define PUSH(map, value) maps_helper_map_push_elem(&run, HANDLE(map), ADDR(value), 0, 0, 0)
#define POP(map, value) maps_helper_map_pop_elem(&run, HANDLE(map), ADDR(value), 0, 0, 0)
#define RESERVE(map, bytes) POINTER(maps_helper_ringbuf_reserve(&run, HANDLE(map), bytes, 0, 0, 0))
#define SUBMIT(record) maps_helper_ringbuf_submit(&run, ADDR(record), 0, 0, 0, 0)
#define OUTPUT(map, data, bytes) maps_helper_ringbuf_output(&run, HANDLE(map), ADDR(data), bytes, 0, 0)
#include "costs.h"

void maps_costs_start(void);
void maps_costs_start(void)
{
}
