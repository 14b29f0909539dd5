/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/supervisor/pool.h"

#include <string.h>

#include "abi/status.h"
#include "device/os.h"

void pool_init(struct pool *p, uint32_t addr, uint32_t bytes)
{
	memset(p, 0, sizeof *p);
	p->addr = addr;
	p->bytes = bytes;
}

/* The smallest power of two that is not below, at least `least`. */
static uint32_t power(uint32_t bytes, uint32_t least)
{
	uint32_t window = least;

	while (window < bytes && window < 1u << 31)
		window *= 2;
	return window;
}

uint32_t pool_wall(uint32_t bytes, uint32_t *stripe)
{
	uint32_t window = power(bytes, OS_WALL_MIN);

	*stripe = window < 256 ? window : window / OS_STRIPES;
	return (bytes + *stripe - 1) / *stripe * *stripe;
}

/* Where the free part before piece i ends and begins. */
static uint32_t gap_start(const struct pool *p, uint32_t i)
{
	return i ? p->pieces[i - 1].addr + p->pieces[i - 1].len : p->addr;
}

static uint32_t gap_end(const struct pool *p, uint32_t i)
{
	return i < p->n ? p->pieces[i].addr : p->addr + p->bytes;
}

/* The first address from `start` on where a wall of `len` in stripes fits without crossing a window. */
static uint32_t first_fit(uint32_t start, uint32_t len, uint32_t stripe, uint32_t window)
{
	uint32_t at = (start + stripe - 1) / stripe * stripe;

	if (at % window + len > window)
		at = (at + window - 1) / window * window;
	return at;
}

static int32_t take(struct pool *p, uint32_t from, uint32_t len, uint32_t stripe, uint32_t window, struct pool_piece *out)
{
	if (p->n == POOL_PIECES || len > p->bytes)
		return UB_E_MEMORY;
	for (uint32_t i = 0; i <= p->n; i++) {
		uint32_t start = gap_start(p, i), at = first_fit(start < from ? from : start, len, stripe, window), end = gap_end(p, i);
		if (at > end || end - at < len)
			continue;
		memmove(p->pieces + i + 1, p->pieces + i, (p->n - i) * sizeof p->pieces[0]);
		p->pieces[i] = *out = (struct pool_piece){at, len};
		p->n++;
		return 0;
	}
	return UB_E_MEMORY;
}

int32_t pool_take_from(struct pool *p, uint32_t from, uint32_t bytes, struct pool_piece *out)
{
	uint32_t stripe;

	if (bytes == 0 || bytes > p->bytes)
		return UB_E_MEMORY;
	uint32_t len = pool_wall(bytes, &stripe);
	return take(p, from, len, stripe, power(len, OS_WALL_MIN), out);
}

int32_t pool_take(struct pool *p, uint32_t bytes, struct pool_piece *out)
{
	return pool_take_from(p, 0, bytes, out);
}

int32_t pool_take_private(struct pool *p, uint32_t bytes, struct pool_piece *out)
{
	if (bytes == 0 || bytes > p->bytes)
		return UB_E_MEMORY;
	return take(p, 0, (bytes + POOL_UNIT - 1) / POOL_UNIT * POOL_UNIT, POOL_UNIT, 1u << 31, out);
}

void pool_give(struct pool *p, struct pool_piece *piece)
{
	for (uint32_t i = 0; piece->len && i < p->n; i++) {
		if (p->pieces[i].addr == piece->addr) {
			p->n--;
			memmove(p->pieces + i, p->pieces + i + 1, (p->n - i) * sizeof p->pieces[0]);
			break;
		}
	}
	piece->len = 0;
}

struct pool_piece pool_largest(const struct pool *p)
{
	struct pool_piece best = {p->addr, 0};

	for (uint32_t i = 0; i <= p->n; i++) {
		uint32_t start = gap_start(p, i), len = gap_end(p, i) - start;
		if (len > best.len)
			best = (struct pool_piece){start, len};
	}
	return best;
}

uint32_t pool_free(const struct pool *p)
{
	uint32_t bytes = p->bytes;

	for (uint32_t i = 0; i < p->n; i++)
		bytes -= p->pieces[i].len;
	return bytes;
}
