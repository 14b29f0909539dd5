// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { FILTERED = 7 };

int smooth(void *ctx)
{
	bpf_phydat_t data;
	uint32_t old = 0;
	bpf_saul_t sensor = bpf_saul_reg_find_nth(0);

	if (!sensor)
		return -1;
	bpf_fetch_global(FILTERED, &old);
	for (int i = 0; i < 10; i++) {
		if (bpf_saul_reg_read(sensor, &data) < 0)
			break;
		old = (old * 7 + data.val[0]) / 8;
	}
	bpf_store_global(FILTERED, old);
	bpf_printf("Filtered value: %u\n", old);
	return old;
}
