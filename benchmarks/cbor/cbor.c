/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads CBOR (RFC 8949) item by item through a cursor that its functions are given a pointer to, and
 * keeps the containers that are open on the stack: local calls, and pointers to a caller's stack. */
#include "benchmarks/kernel.h"

struct cbor_ctx {
	uint32_t len;
	uint8_t data[];
};

struct cbor_cursor {
	const uint8_t *p, *end;
	uint32_t bad;
};

enum { CBOR_DEPTH = 16 };

UB_NOINLINE uint32_t cbor_byte(struct cbor_cursor *c)
{
	if (c->p < c->end)
		return *c->p++;
	c->bad = 1;
	return 0;
}

/* The number in an item's head: at most 32 bits of it, which lengths and counts fit in. */
UB_NOINLINE uint32_t cbor_number(struct cbor_cursor *c, uint32_t info)
{
	if (info < 24)
		return info;
	if (info > 27) { /* indefinite lengths are not read */
		c->bad = 1;
		return 0;
	}
	uint32_t value = 0;
	for (uint32_t bytes = 1u << (info - 24); bytes; bytes--)
		value = value << 8 | cbor_byte(c);
	return value;
}

uint64_t UB_KERNEL(cbor)(void *ctx, unsigned long len)
{
	const struct cbor_ctx *in = ctx;
	uint32_t open[CBOR_DEPTH]; /* items that each open container still lacks */
	uint32_t depth = 0, items = 0, hash = 0;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1))
		return UB_KERNEL_REFUSED;
	struct cbor_cursor c = {in->data, in->data + in->len, 0};
	while (c.p < c.end) {
		uint32_t head = cbor_byte(&c), type = head >> 5;
		uint32_t value = cbor_number(&c, head & 31);
		items++;
		hash = hash * 31 + type;
		hash = hash * 31 + value;
		if (type == 2 || type == 3) {
			if (value > (uint32_t)(c.end - c.p))
				c.bad = 1;
			else
				c.p += value;
		}
		if (c.bad)
			break;
		if (type == 4 || type == 5 || type == 6) {
			uint32_t n = type == 4 ? value : type == 5 ? 2 * value : 1;
			if (n && depth == CBOR_DEPTH) {
				c.bad = 1;
				break;
			}
			if (n) {
				open[depth++] = n;
				continue;
			}
		}
		while (depth && --open[depth - 1] == 0) /* the last of its container, and so on upwards */
			depth--;
	}
	if (c.bad || depth)
		return UB_KERNEL_REFUSED;
	return (uint64_t)items << 32 | hash;
}
