/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring buffer of messages of varying length, pushed and popped as a list of commands says. */
#include "benchmarks/kernel.h"

enum { RING_BYTES = 256 };

struct ring_ctx {
	uint32_t commands;
	uint32_t head, tail; /* bytes pushed and popped, afterwards */
	uint8_t ring[RING_BYTES];
	uint8_t command[]; /* 0: pop; n: push a message of n bytes */
};

/* Popped messages in the upper half, a hash of their bytes in the lower. */
uint64_t UB_KERNEL(ring)(void *ctx, unsigned long len)
{
	struct ring_ctx *in = ctx;
	uint32_t popped = 0, hash = 0, fill = 1;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->commands, 1))
		return UB_KERNEL_REFUSED;
	uint32_t n = in->commands, head = 0, tail = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t size = in->command[i];
		if (size) {
			if (size + 1 > RING_BYTES - (head - tail))
				continue; /* no room: dropped */
			in->ring[head++ % RING_BYTES] = (uint8_t)size;
			for (uint32_t k = 0; k < size; k++) {
				fill = fill * 1103515245 + 12345;
				in->ring[head++ % RING_BYTES] = (uint8_t)(fill >> 16);
			}
		} else if (head != tail) {
			uint32_t left = in->ring[tail++ % RING_BYTES];
			for (; left; left--)
				hash = hash * 31 + in->ring[tail++ % RING_BYTES];
			popped++;
		}
	}
	in->head = head;
	in->tail = tail;
	return (uint64_t)popped << 32 | hash;
}
