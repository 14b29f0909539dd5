// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { MIN = 1, MAX = 2, SEEN = 3 };

int minmax(void *ctx)
{
	uint32_t min = 0, max = 0, seen = 0, value = 0;
	bpf_saul_t sensor = bpf_saul_reg_find_type(BPF_SAUL_TEMPERATURE);

	if (!sensor || bpf_saul_read_temp(sensor, &value) < 0) {
		bpf_printf("Failed to read the temperature\n");
		return -1;
	}
	bpf_fetch_local(MIN, &min);
	bpf_fetch_local(MAX, &max);
	bpf_fetch_local(SEEN, &seen);
	if (!seen || value < min)
		bpf_store_local(MIN, min = value);
	if (!seen || value > max)
		bpf_store_local(MAX, max = value);
	bpf_store_local(SEEN, seen + 1);
	bpf_printf("Now %u.%u, lowest %u.%u\n", value / 10, value % 10, min / 10, min % 10);
	bpf_printf("highest %u.%u, measured %u times\n", max / 10, max % 10, seen + 1);
	return max - min;
}
