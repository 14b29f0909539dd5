/* SPDX-License-Identifier: BSD-2-Clause */
/* Hash maps: chains of entries, linked by index, in memory for as many entries as there can be.
 *
 *   a link     0 … 0x3fff   the next entry
 *              0x4000 … 0x7fff   this entry is free; the next free one, or 0x3fff for none
 *              0x8000 + head   the chain of that head ends here
 *
 * So who walks a chain while an interrupt takes an entry of it away notices: the end is not that of the chain he began.
 *
 * The hash is the finalizer of MurmurHash3 (5 instructions; each bit of the key changes each bit of the hash with
 * probability 1/2), once for each word of the key, the next word put in by XOR, beginning with a seed. Linux's jhash
 * takes 22 instructions for one word.
 */
#include <string.h>

#include "maps/internal.h"

enum { FREE = MAPS_FREE, LAST_FREE = MAPS_LAST_FREE, END = MAPS_END };

/* The last word of a key that is no multiple of 4 bytes, filled with zeros. */
static uint32_t load_rest(const uint8_t *p, uint32_t bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static uint32_t hash_bytes(uint32_t seed, const uint8_t *key, uint32_t bytes)
{
	uint32_t h = seed;

	for (; bytes >= 4; bytes -= 4, key += 4)
		h = maps_mix(h ^ maps_word(key));
	return bytes ? maps_mix(h ^ load_rest(key, bytes)) : h;
}

static bool same(const uint32_t *words, const uint8_t *key, uint32_t bytes)
{
	for (; bytes >= 4; bytes -= 4, key += 4)
		if (*words++ != maps_word(key))
			return false;
	return !bytes || *words == load_rest(key, bytes);
}

static void put_key(uint32_t *words, const uint8_t *key, uint32_t bytes)
{
	for (; bytes >= 4; bytes -= 4, key += 4)
		*words++ = maps_word(key);
	if (bytes)
		*words = load_rest(key, bytes);
}

static uint32_t head_of(const struct maps_map *m, const uint8_t *key)
{
	return hash_bytes(m->seed, key, m->key_size) & m->mask;
}

/* Walks a chain. Returns the entry, or the link it ended with. */
static uint32_t walk(const struct maps_map *m, uint32_t head, const uint8_t *key)
{
	uint32_t i = m->heads[head];

	while (i < FREE && !same(m->keys + i * m->key_words, key, m->key_size))
		i = m->next[i];
	return i;
}

/* An interrupt changed the chain meanwhile: again, without interrupts. */
static __attribute__((noinline)) uint32_t find_masked(const struct maps_map *m, uint32_t head, const uint8_t *key)
{
	uint32_t irq = ub_irq_save(), i = walk(m, head, key);

	ub_irq_restore(irq);
	return i < FREE ? i : MAPS_NONE;
}

uint32_t maps_hash_find(const struct maps_map *m, const void *key)
{
	uint32_t head = head_of(m, key), i = walk(m, head, key);

	if (i < FREE)
		return i;
	return i == (END | head) ? (uint32_t)MAPS_NONE : find_masked(m, head, key);
}

void maps_hash_clear(struct maps_map *m)
{
	for (uint32_t i = 0; i <= m->mask; i++)
		m->heads[i] = (uint16_t)(END | i);
	for (uint32_t i = 0; i < m->max; i++)
		m->next[i] = (uint16_t)(i + 1 < m->max ? FREE | (i + 1) : LAST_FREE);
	m->free = FREE;
	m->count = 0;
	m->newest = m->oldest = MAPS_NONE;
}

int maps_hash_used(const struct maps_map *m, uint32_t entry)
{
	uint32_t link = m->next[entry];

	return link < FREE || link >= END;
}

/* ---- The order of use ---- */

static void lru_remove(struct maps_map *m, uint32_t i)
{
	uint32_t newer = m->newer[i], older = m->older[i];

	if (newer == MAPS_NONE)
		m->newest = (uint16_t)older;
	else
		m->older[newer] = (uint16_t)older;
	if (older == MAPS_NONE)
		m->oldest = (uint16_t)newer;
	else
		m->newer[older] = (uint16_t)newer;
}

static void lru_add(struct maps_map *m, uint32_t i)
{
	m->newer[i] = MAPS_NONE;
	m->older[i] = m->newest;
	if (m->newest == MAPS_NONE)
		m->oldest = (uint16_t)i;
	else
		m->newer[m->newest] = (uint16_t)i;
	m->newest = (uint16_t)i;
}

void maps_hash_use(struct maps_map *m, uint32_t entry)
{
	uint32_t irq = ub_irq_save();

	if (maps_hash_used(m, entry) && m->newest != entry) {
		lru_remove(m, entry);
		lru_add(m, entry);
	}
	ub_irq_restore(irq);
}

/* ---- Changes: with interrupts masked ---- */

/* Takes an entry out of its chain, to the free ones. */
static void unlink(struct maps_map *m, uint32_t head, uint32_t entry)
{
	uint16_t *link = &m->heads[head];

	while (*link != entry)
		link = &m->next[*link];
	*link = m->next[entry];
	m->next[entry] = m->free;
	m->free = (uint16_t)(FREE | entry);
	m->count--;
	if (m->newer)
		lru_remove(m, entry);
}

static int32_t change(struct maps_map *m, const uint8_t *key, const void *value, uint32_t flags)
{
	uint32_t head = head_of(m, key), i = walk(m, head, key);

	if (i < FREE) {
		if (flags == UB_MAP_NOEXIST)
			return MAPS_EEXIST;
		memcpy(maps_value(m, i), value, m->value_size);
		if (m->newer) {
			lru_remove(m, i);
			lru_add(m, i);
		}
		return 0;
	}
	if (flags == UB_MAP_EXIST)
		return MAPS_ENOENT;
	if (m->free == LAST_FREE) {
		if (!m->newer)
			return MAPS_E2BIG;
		i = m->oldest;
		unlink(m, head_of(m, (const uint8_t *)(m->keys + i * m->key_words)), i);
	}
	i = m->free & (FREE - 1);
	m->free = m->next[i];
	put_key(m->keys + i * m->key_words, key, m->key_size);
	memcpy(maps_value(m, i), value, m->value_size);
	m->next[i] = m->heads[head];
	m->heads[head] = (uint16_t)i;
	m->count++;
	if (m->newer)
		lru_add(m, i);
	return 0;
}

int32_t maps_hash_update(struct maps_map *m, const void *key, const void *value, uint32_t flags)
{
	uint32_t irq = ub_irq_save();
	int32_t err = change(m, key, value, flags);

	ub_irq_restore(irq);
	return err;
}

int32_t maps_hash_delete(struct maps_map *m, const void *key)
{
	uint32_t irq = ub_irq_save();
	uint32_t head = head_of(m, key), i = walk(m, head, key);

	if (i < FREE)
		unlink(m, head, i);
	ub_irq_restore(irq);
	return i < FREE ? 0 : MAPS_ENOENT;
}
