/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving average over 16 samples: 64-bit sums, and their signed division by how many there are. */
#include "benchmarks/kernel.h"

struct movavg_ctx {
	uint32_t n;
	uint32_t reserved;
	int64_t sample[]; /* n of them, replaced by their averages */
};

enum { MOVAVG_WINDOW = 16 };

/* Rounds towards zero. eBPF has signed division only from v4 on, so it is made of unsigned. */
UB_INLINE int64_t movavg_divide(int64_t a, uint32_t b)
{
	return a < 0 ? -(int64_t)(-(uint64_t)a / b) : (int64_t)((uint64_t)a / b);
}

uint64_t UB_KERNEL(movavg)(void *ctx, unsigned long len)
{
	struct movavg_ctx *m = ctx;
	uint64_t window[MOVAVG_WINDOW] = {0};
	uint64_t sum = 0, all = 0; /* wrap around, as no signed sum may */

	if (len < sizeof *m || !ub_kernel_fits(len, sizeof *m, m->n, 8))
		return UB_KERNEL_REFUSED;
	uint32_t n = m->n;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t x = (uint64_t)m->sample[i];
		sum += x - window[i % MOVAVG_WINDOW];
		window[i % MOVAVG_WINDOW] = x;
		int64_t average = movavg_divide((int64_t)sum, i < MOVAVG_WINDOW ? i + 1 : MOVAVG_WINDOW);
		m->sample[i] = average;
		all += (uint64_t)average;
	}
	return all;
}
