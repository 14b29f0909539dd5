/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Four producers and a consumer of a ring buffer, writers and an iterator of a hash map, at once: for ThreadSanitizer. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/port.h"
#include "maps/maps.h"

pthread_mutex_t test_lock = PTHREAD_MUTEX_INITIALIZER;

enum { PRODUCERS = 4, RECORDS = 20000, KEYS = 64 };

static struct maps *maps;
static uint32_t rejected[PRODUCERS];
static int finished;

static void *produce(void *arg)
{
	uint32_t who = (uint32_t)(uintptr_t)arg;
	struct maps_map *m = maps->row[0].map;

	for (uint32_t n = 1; n <= RECORDS; n++) {
		uint32_t bytes = 8 + n % 40, offset = maps_reserve(m, 0, bytes);
		if (!offset) {
			rejected[who]++;
			sched_yield();
			continue;
		}
		memset(m->values + offset, (int)who, bytes);
		memcpy(m->values + offset, &who, 4);
		memcpy(m->values + offset + 4, &n, 4);
		maps_submit(m, offset, n % 7 == 0);
	}
	return NULL;
}

static void *change(void *arg)
{
	uint32_t x = (uint32_t)(uintptr_t)arg + 1;

	for (int i = 0; i < RECORDS; i++) {
		uint32_t key = (x = x * 1664525 + 1013904223) >> 16 & (KEYS - 1);
		uint64_t value = key;
		if (x & 1)
			maps_update(maps->row[1].map, &key, &value, UB_MAP_ANY);
		else
			maps_delete(maps->row[1].map, &key);
	}
	return NULL;
}

/* Each thread's records come in the order it made them, none twice. */
static void consume(void)
{
	struct maps_map *m = maps->row[0].map;
	uint32_t last[PRODUCERS] = {0}, seen[PRODUCERS] = {0}, bytes, who, n;

	for (;;) {
		int over = __atomic_load_n(&finished, __ATOMIC_ACQUIRE);
		const uint8_t *record = maps_record(m, &bytes);
		if (!record) {
			if (over)
				break;
			sched_yield();
			continue;
		}
		memcpy(&who, record, 4);
		memcpy(&n, record + 4, 4);
		if (who >= PRODUCERS || n <= last[who] || bytes != 8 + n % 40 || n % 7 == 0)
			printf("record %u of %u after %u, %u bytes\n", n, who, who < PRODUCERS ? last[who] : 0, bytes), exit(1);
		for (uint32_t i = 8; i < bytes; i++)
			if (record[i] != who)
				printf("record %u of %u is torn\n", n, who), exit(1);
		last[who] = n;
		seen[who]++;
		maps_consume(m);
	}
	uint32_t dropped = 0, all = 0;
	for (int i = 0; i < PRODUCERS; i++) {
		dropped += rejected[i];
		all += seen[i];
	}
	if (dropped != m->dropped || all + dropped > PRODUCERS * RECORDS || all + dropped < PRODUCERS * (RECORDS - RECORDS / 7 - 1))
		printf("%u seen, %u dropped, %u counted\n", all, dropped, m->dropped), exit(1);
}

int main(void)
{
	static uint8_t memory[16384] __attribute__((aligned(8)));
	struct ub_arena arena = {.mem = memory, .addr = 0x20000000, .size = sizeof memory};
	const struct ub_map_def defs[] = {
		{.type = UB_MAP_RINGBUF, .max_entries = 1024, .name = "ring"},
		{.type = UB_MAP_HASH, .key_size = 4, .value_size = 8, .max_entries = KEYS / 2, .name = "hash"},
	};
	const struct ub_program program = {.maps = defs, .nmaps = 2};
	struct ub_fault where;
	pthread_t threads[PRODUCERS + 2];

	if (maps_make(&program, &arena, &arena, 1, &maps, &where))
		return 1;
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		pthread_create(&threads[i], NULL, produce, (void *)i);
	for (uintptr_t i = PRODUCERS; i < PRODUCERS + 2; i++)
		pthread_create(&threads[i], NULL, change, (void *)i);
	pthread_t consumer;
	pthread_create(&consumer, NULL, (void *(*)(void *))consume, NULL);
	for (int i = 0; i < PRODUCERS + 2; i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
	pthread_join(consumer, NULL);
	return 0;
}
