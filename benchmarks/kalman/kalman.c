/* SPDX-License-Identifier: BSD-2-Clause */
/* A Kalman filter of one state in 16.16 fixed point: products and a division of 64 bits for each
 * reading. */
#include "benchmarks/kernel.h"

struct kalman_ctx {
	uint32_t n;
	int32_t process, noise; /* variances, above 0 */
	int32_t reading[];      /* n of them, replaced by the estimates */
};

uint64_t UB_KERNEL(kalman)(void *ctx, unsigned long len)
{
	struct kalman_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->n, 4) || in->process <= 0 || in->noise <= 0)
		return UB_KERNEL_REFUSED;
	uint32_t n = in->n;
	int64_t estimate = 0, variance = 1 << 16;
	for (uint32_t i = 0; i < n; i++) {
		variance += in->process;
		/* Both are positive. */
		int64_t gain = (int64_t)(((uint64_t)variance << 16) / (uint64_t)(variance + in->noise));
		estimate += gain * (in->reading[i] - estimate) >> 16;
		variance = ((1 << 16) - gain) * variance >> 16;
		in->reading[i] = (int32_t)estimate;
	}
	return (uint64_t)estimate;
}
