// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

/* Keys of the shared store: the slots, and which one is written next. */
enum { SLOTS = 15, FIRST_SLOT = 0, NEXT_SLOT = SLOTS };

/* Reads the temperature, in tenths of a degree, puts it into the next of 15 slots in turn, and
 * returns the average of those that were written. */
int sensor_processing(void *ctx)
{
	uint32_t temperature = 0, next = 0, sum = 0, count = 0;
	bpf_saul_t sensor = bpf_saul_reg_find_type(BPF_SAUL_TEMPERATURE);

	if (!sensor || bpf_saul_read_temp(sensor, &temperature) < 0) {
		bpf_printf("The temperature sensor cannot be read\n");
		return -1;
	}
	bpf_fetch_global(NEXT_SLOT, &next);
	if (next >= SLOTS)
		next = 0;
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
	bpf_printf("Temperature: %d.%d C\n", temperature / 10, temperature % 10);
	bpf_printf("Average of %d: %d.%d C\n", count, average / 10, average % 10);
	return average;
}
