// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

int sort(int32_t *values, unsigned long len)
{
	uint32_t n = len / 4;

	for (uint32_t i = 1; i < n; i++) {
		int32_t value = values[i];
		uint32_t j = i;

		for (; j > 0 && values[j - 1] > value; j--)
			values[j] = values[j - 1];
		values[j] = value;
	}
	return n ? values[n / 2] : 0;
}
