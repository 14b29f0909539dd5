/* SPDX-License-Identifier: BSD-2-Clause */
/* Fletcher-32 over 16-bit words, the modulo put off as long as sums fit 32 bits. */
#include "benchmarks/kernel.h"

struct fletcher32_ctx {
	uint32_t words;
	uint16_t data[];
};

enum { FLETCHER32_BLOCK = 359 }; /* words after which sum2 could overflow */

UB_INLINE uint32_t fletcher32_fold(uint32_t sum)
{
	return (sum & 0xffff) + (sum >> 16);
}

uint64_t UB_KERNEL(fletcher32)(void *ctx, unsigned long len)
{
	const struct fletcher32_ctx *in = ctx;
	uint32_t sum1 = 0xffff, sum2 = 0xffff;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->words, 2))
		return UB_KERNEL_REFUSED;
	const uint16_t *p = in->data;
	uint32_t left = in->words;
	while (left) {
		uint32_t block = left < FLETCHER32_BLOCK ? left : FLETCHER32_BLOCK;
		left -= block;
		do {
			sum1 += *p++;
			sum2 += sum1;
		} while (--block);
		sum1 = fletcher32_fold(sum1);
		sum2 = fletcher32_fold(sum2);
	}
	sum1 = fletcher32_fold(sum1);
	sum2 = fletcher32_fold(sum2);
	return (uint64_t)sum2 << 16 | sum1;
}
