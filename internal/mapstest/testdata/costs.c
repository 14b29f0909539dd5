/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What maps cost on a Cortex-M4: each function does something n times; costs_test.go counts. A value of `how` of 1 goes the
 * way of a program: through the helper, with its key in the first region of the run. */
#include "abi/port.h"
#include "maps/helpers.h"

enum { ENTRIES = 1000 };

static uint8_t memory[98304] __attribute__((aligned(8)));
static struct maps *maps;
static struct ub_run run;
static uint32_t key, sink;
static uint64_t value;

enum { ARRAY, HASH, LRU, QUEUE, RING, MAPS };

void make(uint32_t fill);
void make(uint32_t fill)
{
	static const struct ub_map_def defs[MAPS] = {
		[ARRAY] = {.type = UB_MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = ENTRIES, .name = "a"},
		[HASH] = {.type = UB_MAP_HASH, .key_size = 4, .value_size = 8, .max_entries = ENTRIES, .name = "h"},
		[LRU] = {.type = UB_MAP_LRU_HASH, .key_size = 4, .value_size = 8, .max_entries = ENTRIES, .name = "l"},
		[QUEUE] = {.type = UB_MAP_QUEUE, .value_size = 8, .max_entries = 16, .name = "q"},
		[RING] = {.type = UB_MAP_RINGBUF, .max_entries = 1024, .name = "r"},
	};
	const struct ub_program program = {.maps = defs, .nmaps = MAPS};
	struct ub_arena arena = {.mem = memory, .addr = (uint32_t)(uintptr_t)memory, .size = sizeof memory};
	struct ub_fault where;

	maps_make(&program, &arena, &arena, 0x2545f491, &maps, &where);
	run = (struct ub_run){.regions = {{(uint32_t)(uintptr_t)&key, 4, UB_READ | UB_WRITE}, {(uint32_t)(uintptr_t)&value, 8, UB_READ | UB_WRITE}},
			      .nregions = 2, .work = UINT32_MAX};
	maps_grant(maps, &run);
	for (key = 0; key < fill; key++)
		for (uint32_t m = HASH; m <= LRU; m++)
			maps_update(maps->row[m].map, &key, &value, UB_MAP_ANY);
}

#define ADDR(p) ((uint32_t)(uintptr_t)&(p))
/* Keys from `from` on, `keys` of them, again and again. */
#define EACH(n, keys) for (uint32_t i = 0, k = 0; key = k + from, i < (n); i++, k = k + 1 < (keys) ? k + 1 : 0)

void nothing(uint32_t n, uint32_t keys, uint32_t how, uint32_t from);
void nothing(uint32_t n, uint32_t keys, uint32_t how, uint32_t from)
{
	EACH(n, keys)
		sink += how;
}

static void lookup(uint32_t map, uint32_t n, uint32_t keys, uint32_t how, uint32_t from)
{
	if (how)
		EACH(n, keys)
			sink += (uint32_t)maps_helper_map_lookup_elem(&run, UB_MAP_HANDLE(map), ADDR(key), 0, 0, 0);
	else
		EACH(n, keys)
			sink += maps_lookup(maps->row[map].map, &key);
}

static void update(uint32_t map, uint32_t n, uint32_t keys, uint32_t how, uint32_t from)
{
	if (how)
		EACH(n, keys)
			maps_helper_map_update_elem(&run, UB_MAP_HANDLE(map), ADDR(key), ADDR(value), 0, 0);
	else
		EACH(n, keys)
			maps_update(maps->row[map].map, &key, &value, 0);
}

#define COST(name) void name(uint32_t n, uint32_t keys, uint32_t how, uint32_t from); void name(uint32_t n, uint32_t keys, uint32_t how, uint32_t from)
COST(array_lookup) { lookup(ARRAY, n, keys, how, from); }
COST(hash_lookup) { lookup(HASH, n, keys, how, from); }
COST(lru_lookup) { lookup(LRU, n, keys, how, from); }
COST(array_update) { update(ARRAY, n, keys, how, from); }
COST(hash_update) { update(HASH, n, keys, how, from); }
COST(lru_update) { update(LRU, n, keys, how, from); }

COST(insert_delete)
{
	EACH(n, keys) {
		if (how) {
			maps_helper_map_update_elem(&run, UB_MAP_HANDLE(HASH), ADDR(key), ADDR(value), 0, 0);
			maps_helper_map_delete_elem(&run, UB_MAP_HANDLE(HASH), ADDR(key), 0, 0, 0);
		} else {
			maps_update(maps->row[HASH].map, &key, &value, 0);
			maps_delete(maps->row[HASH].map, &key);
		}
	}
}

COST(queue_push_pop)
{
	EACH(n, keys) {
		if (how) {
			maps_helper_map_push_elem(&run, UB_MAP_HANDLE(QUEUE), ADDR(value), 0, 0, 0);
			maps_helper_map_pop_elem(&run, UB_MAP_HANDLE(QUEUE), ADDR(value), 0, 0, 0);
		} else {
			maps_push(maps->row[QUEUE].map, &value, 0);
			maps_pop(maps->row[QUEUE].map, &value, true);
		}
	}
}

COST(ring_reserve_submit)
{
	struct maps_map *m = maps->row[RING].map;

	EACH(n, keys) {
		if (how) {
			uint32_t at = (uint32_t)maps_helper_ringbuf_reserve(&run, UB_MAP_HANDLE(RING), 16, 0, 0, 0);
			maps_helper_ringbuf_submit(&run, at, 0, 0, 0, 0);
		} else {
			maps_submit(m, maps_reserve(m, 0, 16), false);
		}
		m->consumed = m->produced;
	}
}

COST(ring_output)
{
	struct maps_map *m = maps->row[RING].map;

	EACH(n, keys) {
		if (how) {
			maps_helper_ringbuf_output(&run, UB_MAP_HANDLE(RING), ADDR(value), 8, 0, 0);
		} else {
			uint32_t at = maps_reserve(m, 0, 8);
			*(uint64_t *)(void *)(m->values + at) = value;
			maps_submit(m, at, false);
		}
		m->consumed = m->produced;
	}
}

COST(ring_consume)
{
	struct maps_map *m = maps->row[RING].map;
	uint32_t bytes;

	EACH(n, keys) {
		maps_submit(m, maps_reserve(m, 0, 16), false);
		if (how) {
			maps_record(m, &bytes);
			maps_consume(m);
		} else {
			m->consumed = m->produced;
		}
	}
}
