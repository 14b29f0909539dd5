/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiplies two numbers of n words, as public-key cryptography does: products of 64 bits and carries. */
#include "benchmarks/kernel.h"

struct bignum_ctx {
	uint32_t n;
	uint32_t word[]; /* two factors of n words, least significant first, then room for 2n */
};

uint64_t UB_KERNEL(bignum)(void *ctx, unsigned long len)
{
	struct bignum_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->n, 16))
		return UB_KERNEL_REFUSED;
	uint32_t n = in->n;
	const uint32_t *a = in->word, *b = a + n;
	uint32_t *product = in->word + 2 * n;
	for (uint32_t i = 0; i < 2 * n; i++)
		product[i] = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t carry = 0;
		uint32_t *out = product + i;
		for (uint32_t k = 0; k < n; k++) {
			carry += (uint64_t)a[i] * b[k] + out[k];
			out[k] = (uint32_t)carry;
			carry >>= 32;
		}
		out[n] = (uint32_t)carry;
	}
	return n ? (uint64_t)product[2 * n - 1] << 32 | product[n] : 0;
}
