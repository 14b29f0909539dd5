/* SPDX-License-Identifier: BSD-2-Clause */
/* Heap sort of unsigned 32-bit numbers: indices that double, and jumps that data decide. */
#include "benchmarks/kernel.h"

struct heapsort_ctx {
	uint32_t n;
	uint32_t value[];
};

/* Lets the value at `at` sink until none of its children, below n, is larger. */
UB_INLINE void heapsort_sink(uint32_t *v, uint32_t at, uint32_t n)
{
	uint32_t x = v[at];

	for (;;) {
		uint32_t child = 2 * at + 1;
		if (child >= n)
			break;
		if (child + 1 < n && v[child + 1] > v[child])
			child++;
		if (v[child] <= x)
			break;
		v[at] = v[child];
		at = child;
	}
	v[at] = x;
}

uint64_t UB_KERNEL(heapsort)(void *ctx, unsigned long len)
{
	struct heapsort_ctx *s = ctx;

	if (len < sizeof *s || !ub_kernel_fits(len, sizeof *s, s->n, 4))
		return UB_KERNEL_REFUSED;
	uint32_t n = s->n, *v = s->value;
	for (uint32_t i = n / 2; i-- > 0;)
		heapsort_sink(v, i, n);
	for (uint32_t i = n; i-- > 1;) {
		uint32_t top = v[0];
		v[0] = v[i];
		v[i] = top;
		heapsort_sink(v, 0, i);
	}
	return n ? v[n / 2] : 0;
}
