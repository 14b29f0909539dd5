/* SPDX-License-Identifier: BSD-2-Clause */
/* A sensor loop that is mostly helper calls: reads a temperature, keeps the last eight in the
 * program's store, and averages them. */
#include "benchmarks/kernel.h"

#include "benchmarks/helpers.h"

struct sensor_ctx {
	uint32_t rounds;
	int32_t reading, oldest; /* written by helpers */
};

enum { SENSOR_TEMPERATURE = 130, SENSOR_WINDOW = 8 };

uint64_t UB_KERNEL(sensor)(void *ctx, unsigned long len UB_KERNEL_RUN)
{
	struct sensor_ctx *s = ctx;
	uint32_t sum = 0, failed = 0;

	if (len < sizeof *s)
		return UB_KERNEL_REFUSED;
	uint32_t handle = (uint32_t)UB_HELPER_CALL(saul_reg_find_type, SENSOR_TEMPERATURE, 0);
	for (uint32_t i = 0; i < s->rounds; i++) {
		if (UB_HELPER_CALL(saul_read_temp, handle, UB_HELPER_ADDR(&s->reading)) != 0) {
			failed++;
			continue;
		}
		UB_HELPER_CALL(fetch_local, i % SENSOR_WINDOW, UB_HELPER_ADDR(&s->oldest));
		UB_HELPER_CALL(store_local, i % SENSOR_WINDOW, s->reading);
		sum += (uint32_t)s->reading - (uint32_t)s->oldest;
	}
	return (uint64_t)failed << 32 | sum;
}
