// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { SLOTS = 10, NEXT = 50, FIRST = 51 };

int window(uint32_t *ctx, unsigned long len)
{
	uint32_t next = 0, sum = 0, largest = 0, value = len >= 4 ? *ctx : 0;

	bpf_fetch_local(NEXT, &next);
	if (bpf_store_local(FIRST + next % SLOTS, value) < 0) {
		bpf_printf("The store is full\n");
		return -1;
	}
	bpf_store_local(NEXT, next + 1);
	for (int i = 0; i < SLOTS; i++) {
		uint32_t old = 0;

		bpf_fetch_local(FIRST + i, &old);
		sum += old;
		if (old > largest)
			largest = old;
	}
	bpf_printf("Sum: %u, largest: %u, average: %u\n", sum, largest, sum / SLOTS);
	return sum / SLOTS;
}
