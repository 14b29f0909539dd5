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

NOINLINE uint32_t op_read(struct op *c, uint32_t n)
{
	uint32_t window = op_window(c);
	op_pass(c, n);
	return window >> (32 - n);
}

static NOINLINE uint32_t read_long_number(struct op *c)
{
	uint32_t v = 0;
	for (uint32_t windows = 0; windows < 2; windows++) { /* four groups are in a window */
		uint32_t window = op_window(c);
		for (uint32_t n = 5; n <= 20; n += 5, window <<= 5) {
			v = v << 4 | (window >> 27 & 15);
			if (!(window >> 31)) {
				op_pass(c, n);
				return v;
			}
		}
		op_pass(c, 20);
	}
	op_refuse(c, ONEPASS_MALFORMED);
	return v;
}

/* Groups of four bits behind one that says whether another follows. What is rare is apart, so that no register is saved for it. */
uint32_t op_read_number(struct op *c)
{
	if (op_is_at_end(c))
		return read_long_number(c);
	uint32_t window = op_window(c);
	if (!(window >> 31)) {
		op_pass(c, 5);
		return window >> 27;
	}
	if (window >> 26 & 1)
		return read_long_number(c);
	op_pass(c, 10);
	return (window >> 27 & 15) << 4 | (window >> 22 & 15);
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
