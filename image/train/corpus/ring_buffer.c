// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

static struct {
	uint16_t head, tail;
	uint8_t data[64];
} ring;

static __attribute__((noinline)) int put(uint8_t byte)
{
	uint16_t next = (ring.head + 1) & 63;

	if (next == ring.tail)
		return -1;
	ring.data[ring.head & 63] = byte;
	ring.head = next;
	return 0;
}

static __attribute__((noinline)) int get(void)
{
	if (ring.head == ring.tail)
		return -1;
	uint8_t byte = ring.data[ring.tail & 63];
	ring.tail = (ring.tail + 1) & 63;
	return byte;
}

int ring_buffer(const uint8_t *input, unsigned long len)
{
	int lost = 0, sum = 0, c;

	for (unsigned long i = 0; i < len; i++)
		if (put(input[i]))
			lost++;
	while ((c = get()) >= 0)
		sum += c;
	bpf_printf("Sum %d, %d bytes lost\n", sum, lost);
	return sum;
}
