/* SPDX-License-Identifier: BSD-2-Clause */
/* Insertion sort of signed 32-bit integers; the result is how many were moved. */
#include "benchmarks/kernel.h"

struct isort_ctx {
	uint32_t n;
	int32_t value[];
};

uint64_t UB_KERNEL(isort)(void *ctx, unsigned long len)
{
	struct isort_ctx *s = ctx;
	uint32_t moves = 0;

	if (len < sizeof *s || !ub_kernel_fits(len, sizeof *s, s->n, 4))
		return UB_KERNEL_REFUSED;
	uint32_t n = s->n;
	for (uint32_t i = 1; i < n; i++) {
		int32_t x = s->value[i];
		uint32_t j = i;
		while (j > 0 && s->value[j - 1] > x) {
			s->value[j] = s->value[j - 1];
			j--;
			moves++;
		}
		s->value[j] = x;
	}
	return moves;
}
