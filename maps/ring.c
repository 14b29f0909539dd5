/* SPDX-License-Identifier: BSD-2-Clause */
/* Ring buffers: records one behind the other, each with a header of 8 bytes, of which the first word is its length and
 * whether it is busy (reserved, not submitted) or discarded, and the second says who reserved it.
 *
 * Records are whole: where one does not fit before the end of the buffer, a discarded one fills the rest. Positions count
 * all bytes there ever were, modulo 2^32. Producers move `produced` with interrupts masked, for a time that depends on
 * nothing; the consumer moves `consumed` and masks nothing. Programs can write headers, which lie in memory that they are
 * granted: a consumer believes none that leads out of what was produced.
 */
#include "maps/internal.h"

static uint32_t *header(const struct maps_map *m, uint32_t position)
{
	return (uint32_t *)(void *)(m->values + (position & (m->max - 1)));
}

static uint32_t record_bytes(uint32_t length)
{
	return MAPS_RECORD_HEADER + ((length + 7) & ~7u);
}

uint32_t maps_reserve(struct maps_map *m, uint32_t owner, uint32_t bytes)
{
	uint32_t offset = 0, need, irq, left, fill;

	if (m->type != UB_MAP_RINGBUF)
		return 0;
	irq = ub_irq_save();
	left = m->max - (m->produced - __atomic_load_n(&m->consumed, __ATOMIC_ACQUIRE));
	need = record_bytes(bytes);
	fill = m->max - (m->produced & (m->max - 1));
	fill = fill < need ? fill : 0;
	if (bytes > m->max || need + fill > left) {
		m->dropped++;
	} else {
		if (fill)
			__atomic_store_n(header(m, m->produced), (fill - MAPS_RECORD_HEADER) | MAPS_RECORD_DISCARDED,
					 __ATOMIC_RELAXED);
		uint32_t *h = header(m, m->produced + fill);
		h[1] = owner;
		__atomic_store_n(h, bytes | MAPS_RECORD_BUSY, __ATOMIC_RELAXED);
		offset = ((m->produced + fill) & (m->max - 1)) + MAPS_RECORD_HEADER;
		__atomic_store_n(&m->produced, m->produced + fill + need, __ATOMIC_RELEASE);
	}
	ub_irq_restore(irq);
	return offset;
}

bool maps_submit(struct maps_map *m, uint32_t offset, bool discard)
{
	if (m->type != UB_MAP_RINGBUF || offset < MAPS_RECORD_HEADER || offset >= m->max + MAPS_RECORD_HEADER || offset & 7)
		return false;
	uint32_t *h = header(m, offset - MAPS_RECORD_HEADER), word = __atomic_load_n(h, __ATOMIC_RELAXED);
	if (!(word & MAPS_RECORD_BUSY))
		return false;
	word &= ~MAPS_RECORD_BUSY;
	__atomic_store_n(h, discard ? word | MAPS_RECORD_DISCARDED : word, __ATOMIC_RELEASE);
	return true;
}

/* A record's length; 0xffffffff if a program has garbled it: then it leads out of what was produced. */
static uint32_t length_at(const struct maps_map *m, uint32_t at, uint32_t produced, uint32_t word)
{
	uint32_t bytes = word & ~(MAPS_RECORD_BUSY | MAPS_RECORD_DISCARDED), whole = record_bytes(bytes);

	return bytes > m->max || whole > produced - at || whole > m->max - (at & (m->max - 1)) ? ~0u : bytes;
}

void maps_abandon(struct maps_map *m, uint32_t owner)
{
	uint32_t produced = __atomic_load_n(&m->produced, __ATOMIC_ACQUIRE), at = m->consumed;

	while (at != produced) {
		uint32_t *h = header(m, at), word = __atomic_load_n(h, __ATOMIC_ACQUIRE), bytes = length_at(m, at, produced, word);
		if (bytes == ~0u)
			return;
		if (word & MAPS_RECORD_BUSY && h[1] == owner)
			__atomic_store_n(h, bytes | MAPS_RECORD_DISCARDED, __ATOMIC_RELEASE);
		at += record_bytes(bytes);
	}
}

/* The header of the first record from *at on that is not discarded, NULL if there is none or it is busy; *at moves there. */
static const uint32_t *next_record(const struct maps_map *m, uint32_t *at, uint32_t *bytes)
{
	uint32_t produced = __atomic_load_n(&m->produced, __ATOMIC_ACQUIRE);

	while (m->type == UB_MAP_RINGBUF && *at != produced) {
		const uint32_t *h = header(m, *at);
		uint32_t word = __atomic_load_n(h, __ATOMIC_ACQUIRE);
		*bytes = length_at(m, *at, produced, word);
		if (*bytes == ~0u) {
			*at = produced; /* garbled by a program */
			return NULL;
		}
		if (word & MAPS_RECORD_BUSY)
			return NULL;
		if (!(word & MAPS_RECORD_DISCARDED))
			return h;
		*at += record_bytes(*bytes);
	}
	return NULL;
}

const uint8_t *maps_record(struct maps_map *m, uint32_t *bytes)
{
	uint32_t at = m->consumed;
	const uint32_t *h = next_record(m, &at, bytes);

	__atomic_store_n(&m->consumed, at, __ATOMIC_RELEASE);
	return h ? (const uint8_t *)h + MAPS_RECORD_HEADER : NULL;
}

void maps_consume(struct maps_map *m)
{
	uint32_t at = m->consumed, bytes;
	const uint32_t *h = next_record(m, &at, &bytes);

	__atomic_store_n(&m->consumed, h ? at + record_bytes(bytes) : at, __ATOMIC_RELEASE);
}

const uint8_t *maps_peek(const struct maps_map *m, uint32_t *position, uint32_t *bytes)
{
	const uint32_t *h = next_record(m, position, bytes);

	if (!h)
		return NULL;
	*position += record_bytes(*bytes);
	return (const uint8_t *)h + MAPS_RECORD_HEADER;
}

void maps_consume_to(struct maps_map *m, uint32_t position)
{
	uint32_t produced = __atomic_load_n(&m->produced, __ATOMIC_ACQUIRE), at = m->consumed;

	if (m->type != UB_MAP_RINGBUF || position - at > produced - at)
		return;
	while (at != position) {
		uint32_t word = __atomic_load_n(header(m, at), __ATOMIC_ACQUIRE), bytes = length_at(m, at, produced, word);
		if (bytes == ~0u) /* garbled: maps_peek has gone to the end */
			at = produced;
		else if (word & MAPS_RECORD_BUSY || record_bytes(bytes) > position - at)
			return;
		else
			at += record_bytes(bytes);
		if (at == produced)
			break;
	}
	if (at == position)
		__atomic_store_n(&m->consumed, position, __ATOMIC_RELEASE);
}
