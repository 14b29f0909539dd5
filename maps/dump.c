/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps as whoever looks from outside sees them. */
#include <string.h>

#include "maps/internal.h"

static uint32_t up(uint32_t bytes)
{
	return (bytes + 3) & ~3u;
}

static uint32_t record_bytes(const struct maps_map *m)
{
	return 4 + up(m->key_size) + up(m->value_size);
}

enum { RING_HEAD = 16 };

uint32_t maps_dump_bytes(const struct maps_map *m)
{
	return m->type == UB_MAP_RINGBUF ? RING_HEAD + m->max : m->max * record_bytes(m);
}

static uint8_t nth_byte(uint32_t word, uint32_t n)
{
	return (uint8_t)(word >> 8 * n);
}

static uint8_t ring_byte(const struct maps_map *m, uint32_t at)
{
	const uint32_t head[] = {m->produced, m->consumed, m->dropped, m->max};

	return at < RING_HEAD ? nth_byte(head[at / 4], at % 4) : m->values[at - RING_HEAD];
}

static uint8_t record_byte(const struct maps_map *m, uint32_t entry, uint32_t at)
{
	uint32_t key = up(m->key_size);

	if (at < 4) {
		uint32_t used = maps_is_queue(m) ? entry < m->count : maps_next(m, entry) == entry;
		return nth_byte(used, at);
	}
	at -= 4;
	if (at < key)
		return nth_byte(maps_is_hash(m) ? m->keys[entry * m->key_words + at / 4] : entry, at % 4);
	at -= key;
	if (at >= m->value_size)
		return 0;
	return (maps_is_queue(m) ? maps_nth(m, entry) : maps_value(m, entry))[at];
}

void maps_dump(const struct maps_map *m, uint32_t offset, uint8_t *to, uint32_t bytes)
{
	uint32_t record = record_bytes(m);

	for (; bytes--; offset++)
		*to++ = m->type == UB_MAP_RINGBUF ? ring_byte(m, offset) : record_byte(m, offset / record, offset % record);
}

bool maps_put(struct maps_map *m, const uint8_t *bytes, uint32_t n)
{
	if (m->type == UB_MAP_RINGBUF || m->type == UB_MAP_PROG_ARRAY || n != m->key_size + m->value_size)
		return false;
	if (maps_is_queue(m))
		return !maps_push(m, bytes, UB_MAP_ANY);
	return !maps_update(m, bytes, bytes + m->key_size, UB_MAP_ANY);
}
