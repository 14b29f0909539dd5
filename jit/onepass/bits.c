// SPDX-License-Identifier: BSD-2-Clause
/* The plan as bits: numbers of several lengths. What is behind its end reads as 0, and is refused. */
#include "jit/onepass/plan.h"

/* The window where fewer than 32 bits are left. */
uint32_t op_window_at_end(struct op *c)
{
	const struct op_bits *b = &c->plan.bits;
	uint32_t v = 0, shift = 24;
	if (b->at > b->end)
		op_refuse(c, ONEPASS_MALFORMED);
	for (uint32_t byte = b->at >> 3; byte < b->end >> 3; byte++, shift -= 8)
		v |= (uint32_t)b->bytes[byte] << shift;
	return v << (b->at & 7);
}

enum { LONG_ZEROS = 12 }; /* before a number that may be longer than what is looked at at once */

NOINLINE uint32_t op_read(struct op *c, uint32_t n)
{
	uint32_t window = op_window(c);
	op_pass(c, n);
	return window >> (32 - n);
}

static uint32_t leading_zeros(uint32_t window)
{
	return window ? (uint32_t)__builtin_clz(window) : 32;
}

/* One of more bits than are looked at at once. */
static NOINLINE uint32_t read_long_number(struct op *c)
{
	uint32_t zeros = leading_zeros(op_window(c) >> 16 << 16), high;
	if (zeros >= 16) {
		op_pass(c, 16);
		zeros = leading_zeros(op_window(c) >> 16 << 16);
		if (zeros >= 16) { /* longer than numbers are */
			op_refuse(c, ONEPASS_MALFORMED);
			return 0;
		}
		op_pass(c, zeros);
		zeros += 16;
	} else {
		op_pass(c, zeros);
	}
	if (zeros < LONG_ZEROS)
		return op_read(c, zeros + 2) - 2;
	high = op_read(c, zeros + 2 - LONG_ZEROS);
	return (high << LONG_ZEROS | op_read(c, LONG_ZEROS)) - 2;
}

/* A number n as n + 2 in binary, behind as many zeros as that has digits beyond two: an exponential Golomb code of order 1. What is
 * rare is apart, so that no register is saved for it. */
uint32_t op_read_number(struct op *c)
{
	uint32_t window = op_window(c);
	if (!(window >> (32 - LONG_ZEROS)))
		return read_long_number(c);
	uint32_t zeros = (uint32_t)__builtin_clz(window);
	op_pass(c, 2 * zeros + 2);
	return (window << zeros >> (30 - zeros)) - 2;
}

int32_t op_read_signed(struct op *c)
{
	uint32_t v = op_read_number(c);
	return (int32_t)(v >> 1 ^ (0u - (v & 1)));
}

/* A number up to a limit. */
uint32_t op_read_count(struct op *c, uint32_t most)
{
	uint32_t n = op_read_number(c);
	if (n <= most)
		return n;
	op_refuse(c, ONEPASS_MALFORMED);
	return 0;
}
