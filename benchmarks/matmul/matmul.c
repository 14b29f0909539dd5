/* SPDX-License-Identifier: BSD-2-Clause */
/* Product of two square matrices of 32-bit integers: three nested loops of multiply and add. */
#include "benchmarks/kernel.h"

struct matmul_ctx {
	uint32_t n; /* rows and columns */
	int32_t data[]; /* a, b, and room for a * b, row by row */
};

enum { MATMUL_MAX = 1024 };

uint64_t UB_KERNEL(matmul)(void *ctx, unsigned long len)
{
	struct matmul_ctx *m = ctx;

	if (len < sizeof *m || m->n > MATMUL_MAX || !ub_kernel_fits(len, sizeof *m, 3 * m->n * m->n, 4))
		return UB_KERNEL_REFUSED;
	uint32_t n = m->n;
	const uint32_t *a = (const uint32_t *)m->data, *b = a + n * n;
	uint32_t *c = (uint32_t *)m->data + 2 * n * n;
	uint32_t all = 0;
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < n; j++) {
			uint32_t sum = 0;
			for (uint32_t k = 0; k < n; k++)
				sum += a[i * n + k] * b[k * n + j];
			c[i * n + j] = sum;
			all ^= sum;
		}
	}
	return all;
}
