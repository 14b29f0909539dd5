// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

/* Keys of the shared store: six slots, which one is written next, and the reading that another
 * program left. */
enum { SLOTS = 6, FIRST_SLOT = 0, NEXT_SLOT = SLOTS, READING = 20 };

/* Puts the reading another program left, in tenths of a degree, into the next of six slots in turn,
 * and returns the average of those that were written. */
int sensor_processing_from_storage(void *ctx)
{
	uint32_t temperature = 0, next = 0, sum = 0, count = 0;

	if (bpf_fetch_global(READING, &temperature) < 0 || !temperature) {
		bpf_printf("There is no reading in the store\n");
		return -1;
	}
	bpf_fetch_global(NEXT_SLOT, &next);
	if (next >= SLOTS)
		next = 0;
	bpf_printf("Reading %d.%d C goes into slot %d\n", temperature / 10, temperature % 10, next);
	bpf_store_global(FIRST_SLOT + next, temperature);
	bpf_store_global(NEXT_SLOT, next + 1);

	for (uint32_t i = 0; i < SLOTS; i++) {
		uint32_t value = 0;

		bpf_fetch_global(FIRST_SLOT + i, &value);
		if (value) {
			sum += value;
			count++;
		}
	}
	uint32_t average = count ? sum / count : 0;
	bpf_printf("Average of %d readings: %d.%d C\n", count, average / 10, average % 10);
	return average;
}
