// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { READINGS = 3 };

BPF_INLINE int32_t median(int32_t a, int32_t b, int32_t c)
{
	if (a > b) {
		int32_t t = a;
		a = b;
		b = t;
	}
	if (b > c)
		b = c;
	return a > b ? a : b;
}

int vote(void *ctx)
{
	int32_t values[READINGS] = {};
	int found = 0;

	for (int i = 0; i < READINGS; i++) {
		bpf_phydat_t data;
		bpf_saul_t sensor = bpf_saul_reg_find_nth(i);

		if (sensor && bpf_saul_reg_read(sensor, &data) > 0) {
			values[i] = data.val[0];
			found++;
		} else {
			bpf_printf("Sensor %d does not answer\n", i);
		}
	}
	if (found < READINGS)
		return -1;
	int32_t result = median(values[0], values[1], values[2]);
	bpf_printf("Values %d, %d and %d: ", values[0], values[1], values[2]);
	bpf_printf("the median is %d\n", result);
	return result;
}
