/* SPDX-License-Identifier: BSD-2-Clause */
/* Median of the last five readings, by a network of compares and swaps: what takes spikes out of a
 * sensor's values. */
#include "benchmarks/kernel.h"

struct median_ctx {
	uint32_t n;
	uint16_t reading[]; /* n of them, then room for n medians */
};

#define MEDIAN_ORDER(a, b)                     \
	do {                                   \
		if ((a) > (b)) {               \
			uint32_t larger = (a); \
			(a) = (b);             \
			(b) = larger;          \
		}                              \
	} while (0)

UB_INLINE uint32_t median_of_five(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
	MEDIAN_ORDER(a, b);
	MEDIAN_ORDER(d, e);
	MEDIAN_ORDER(a, d); /* a is not the median: three are no smaller */
	MEDIAN_ORDER(b, e); /* nor is e */
	MEDIAN_ORDER(b, c);
	MEDIAN_ORDER(c, d);
	MEDIAN_ORDER(b, c);
	return c;
}

uint64_t UB_KERNEL(median)(void *ctx, unsigned long len)
{
	struct median_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->n, 4))
		return UB_KERNEL_REFUSED;
	uint32_t n = in->n, sum = 0;
	const uint16_t *p = in->reading;
	uint16_t *out = in->reading + n;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t m = i < 4 ? p[i] : median_of_five(p[i - 4], p[i - 3], p[i - 2], p[i - 1], p[i]);
		out[i] = (uint16_t)m;
		sum += m;
	}
	return sum;
}
