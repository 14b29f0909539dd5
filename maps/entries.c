/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries by key, whatever type of map; queues and stacks. */
#include <string.h>

#include "maps/internal.h"

static bool is_array(const struct maps_map *m)
{
	return m->type == UB_MAP_ARRAY || m->type == UB_MAP_PROG_ARRAY;
}

uint32_t maps_find(const struct maps_map *m, const void *key)
{
	return maps_find_inline(m, key);
}

uint32_t maps_lookup(struct maps_map *m, const void *key)
{
	uint32_t entry = maps_find_inline(m, key);

	if (m->newer && entry != MAPS_NONE)
		maps_hash_use(m, entry);
	return entry;
}

int32_t maps_update(struct maps_map *m, const void *key, const void *value, uint32_t flags)
{
	if (flags > UB_MAP_EXIST)
		return MAPS_EINVAL;
	if (maps_is_hash(m))
		return maps_hash_update(m, key, value, flags);
	if (!is_array(m))
		return MAPS_EINVAL;
	uint32_t index = maps_word(key);
	if (index >= m->max)
		return MAPS_E2BIG;
	if (flags == UB_MAP_NOEXIST)
		return MAPS_EEXIST;
	memcpy(maps_value(m, index), value, m->value_size);
	return 0;
}

int32_t maps_delete(struct maps_map *m, const void *key)
{
	if (maps_is_hash(m))
		return maps_hash_delete(m, key);
	if (m->type != UB_MAP_PROG_ARRAY)
		return MAPS_EINVAL;
	uint32_t index = maps_word(key);
	if (index >= m->max)
		return MAPS_E2BIG;
	memset(maps_value(m, index), 0, m->value_size);
	return 0;
}

uint32_t maps_next(const struct maps_map *m, uint32_t from)
{
	if (maps_is_hash(m))
		while (from < m->max && !maps_hash_used(m, from))
			from++;
	else if (!is_array(m))
		return MAPS_NONE;
	return from < m->max ? from : (uint32_t)MAPS_NONE;
}

void maps_key(const struct maps_map *m, uint32_t entry, void *key)
{
	if (maps_is_hash(m))
		memcpy(key, m->keys + entry * m->key_words, m->key_size);
	else
		memcpy(key, &entry, sizeof entry);
}

uint8_t *maps_nth(const struct maps_map *m, uint32_t n)
{
	uint32_t at = m->first + n;

	return maps_value(m, at < m->max ? at : at - m->max);
}

int32_t maps_push(struct maps_map *m, const void *value, uint32_t flags)
{
	int32_t err = 0;

	if (!maps_is_queue(m) || (flags != UB_MAP_ANY && flags != UB_MAP_EXIST))
		return MAPS_EINVAL;
	uint32_t irq = ub_irq_save();
	if (m->count == m->max && flags == UB_MAP_EXIST) {
		m->first = m->first + 1 < m->max ? m->first + 1 : 0;
		m->count--;
	}
	if (m->count == m->max)
		err = MAPS_E2BIG;
	else
		memcpy(maps_nth(m, m->count++), value, m->value_size);
	ub_irq_restore(irq);
	return err;
}

int32_t maps_pop(struct maps_map *m, void *value, bool take)
{
	int32_t err = 0;

	if (!maps_is_queue(m))
		return MAPS_EINVAL;
	uint32_t irq = ub_irq_save();
	bool last = m->type == UB_MAP_STACK;
	if (!m->count) {
		memset(value, 0, m->value_size);
		err = MAPS_ENOENT;
	} else {
		memcpy(value, maps_nth(m, last ? m->count - 1 : 0), m->value_size);
		if (take && !last)
			m->first = m->first + 1 < m->max ? m->first + 1 : 0;
		m->count -= take;
	}
	ub_irq_restore(irq);
	return err;
}
