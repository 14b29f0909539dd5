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

/* The place of the n-th of the values in a queue or stack, from the oldest on. */
static inline uint8_t *maps_nth(const struct maps_map *m, uint32_t n)
{
	uint32_t at = m->first + n;

	return maps_value(m, at < m->max ? at : at - m->max);
}

/* hash.c */
void maps_hash_clear(struct maps_map *m);
uint32_t maps_hash_find(const struct maps *maps, const struct maps_map *m, const void *key);
int32_t maps_hash_update(const struct maps *maps, struct maps_map *m, const void *key, const void *value, uint32_t flags);
int32_t maps_hash_delete(const struct maps *maps, struct maps_map *m, const void *key);
/* Makes an entry of an LRU hash map the one used last. */
void maps_hash_use(struct maps_map *m, uint32_t entry);
int maps_hash_used(const struct maps_map *m, uint32_t entry);

#endif
