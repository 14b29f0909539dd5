/* SPDX-License-Identifier: BSD-2-Clause */
/* Fletcher-16: two 16-bit sums, each modulo 255 after every byte, as the paper measured it. */
#include "benchmarks/kernel.h"

struct fletcher16_ctx {
	uint32_t len; /* bytes of data */
	uint8_t data[];
};

uint64_t UB_KERNEL(fletcher16)(void *ctx, unsigned long len)
{
	const struct fletcher16_ctx *in = ctx;
	uint16_t sum1 = 0, sum2 = 0;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1))
		return UB_KERNEL_REFUSED;
	for (uint32_t i = 0; i < in->len; i++) {
		sum1 = (sum1 + in->data[i]) % 255;
		sum2 = (sum2 + sum1) % 255;
	}
	return (uint64_t)sum2 << 8 | sum1;
}
