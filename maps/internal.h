/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside maps/. */
#ifndef UB_MAPS_INTERNAL_H
#define UB_MAPS_INTERNAL_H

#include "abi/port.h"
#include "maps/maps.h"

static inline bool maps_is_hash(const struct maps_map *m)
{
	return m->keys != NULL;
}

static inline bool maps_is_queue(const struct maps_map *m)
{
	return m->type == UB_MAP_QUEUE || m->type == UB_MAP_STACK;
}

/* The finalizer of MurmurHash3: each bit of the key changes each bit of the hash with probability 1/2. */
static inline uint32_t maps_mix(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}

static inline uint32_t maps_word(const void *key)
{
	uint32_t word;

	__builtin_memcpy(&word, key, sizeof word);
	return word;
}

/* Links (hash.c). */
enum { MAPS_FREE = 0x4000, MAPS_LAST_FREE = 0x7fff, MAPS_END = 0x8000 };

/* hash.c. The slow way: longer keys, and when an interrupt changed the chain meanwhile. */
void maps_hash_clear(struct maps_map *m);
uint32_t maps_hash_find(const struct maps_map *m, const void *key);
int32_t maps_hash_update(struct maps_map *m, const void *key, const void *value, uint32_t flags);
int32_t maps_hash_delete(struct maps_map *m, const void *key);
/* Makes an entry of an LRU hash map the one used last. */
void maps_hash_use(struct maps_map *m, uint32_t entry);
int maps_hash_used(const struct maps_map *m, uint32_t entry);

/* What a lookup is, in line for the helper that does it: most keys are a word. */
static inline uint32_t maps_find_inline(const struct maps_map *m, const void *key)
{
	if (maps_is_hash(m)) {
		if (m->key_size != 4)
			return maps_hash_find(m, key);
		uint32_t word = maps_word(key), head = maps_mix(m->seed ^ word) & m->mask, i = m->heads[head];
		while (i < MAPS_FREE && m->keys[i] != word)
			i = m->next[i];
		if (i < MAPS_FREE)
			return i;
		return i == (MAPS_END | head) ? (uint32_t)MAPS_NONE : maps_hash_find(m, key);
	}
	if (m->type != UB_MAP_ARRAY && m->type != UB_MAP_PROG_ARRAY)
		return MAPS_NONE;
	uint32_t index = maps_word(key);
	return index < m->max ? index : (uint32_t)MAPS_NONE;
}

#endif
