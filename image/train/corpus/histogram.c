// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

static uint32_t buckets[16];

int histogram(const uint8_t *data, unsigned long len)
{
	uint32_t most = 0;

	for (unsigned long i = 0; i < len; i++)
		buckets[data[i] >> 4]++;
	for (int i = 0; i < 16; i++) {
		bpf_printf("%3d to %3d: %u values\n", i * 16, i * 16 + 15, buckets[i]);
		if (buckets[i] > buckets[most])
			most = i;
	}
	return most;
}
