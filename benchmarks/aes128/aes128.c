/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-128 (FIPS 197) in counter-free ECB, without tables: the S-box is computed, four bytes in a word at
 * a time, so that nothing depends on the data. */
#include "benchmarks/kernel.h"

struct aes128_ctx {
	uint32_t blocks;
	uint32_t key[4];     /* bytes in the order of the standard */
	uint32_t block[][4]; /* encrypted in place */
};

/* Four products in GF(2^8). */
UB_INLINE uint32_t aes128_double(uint32_t x)
{
	return (x & 0x7f7f7f7f) << 1 ^ (x >> 7 & 0x01010101) * 0x1b;
}

UB_NOINLINE uint32_t aes128_product(uint32_t a, uint32_t b)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < 8; i++) {
		sum ^= a & (b & 0x01010101) * 0xff;
		b = b >> 1 & 0x7f7f7f7f;
		a = aes128_double(a);
	}
	return sum;
}

UB_INLINE uint32_t aes128_rotate(uint32_t x, uint32_t n)
{
	uint32_t mask = (0xffu << n & 0xff) * 0x01010101;

	return (x << n & mask) | (x >> (8 - n) & ~mask);
}

/* The S-box of each byte: its inverse, x^254, and the affine map. */
UB_NOINLINE uint32_t aes128_sub(uint32_t x)
{
	uint32_t power = x, inverse = 0x01010101;

	for (uint32_t i = 0; i < 7; i++) {
		power = aes128_product(power, power);
		inverse = aes128_product(inverse, power);
	}
	return inverse ^ aes128_rotate(inverse, 1) ^ aes128_rotate(inverse, 2) ^ aes128_rotate(inverse, 3) ^
	       aes128_rotate(inverse, 4) ^ 0x63636363;
}

UB_INLINE uint32_t aes128_column(uint32_t x)
{
	uint32_t next = x >> 8 | x << 24, sum = x ^ next;

	return aes128_double(sum) ^ next ^ (sum >> 16 | sum << 16);
}

uint64_t UB_KERNEL(aes128)(void *ctx, unsigned long len)
{
	struct aes128_ctx *in = ctx;
	uint32_t keys[44], round = 1;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->blocks, 16))
		return UB_KERNEL_REFUSED;
	for (uint32_t i = 0; i < 4; i++)
		keys[i] = in->key[i];
	for (uint32_t i = 4; i < 44; i++) {
		uint32_t k = keys[i - 1];
		if (i % 4 == 0) {
			k = aes128_sub(k >> 8 | k << 24) ^ round;
			round = aes128_double(round);
		}
		keys[i] = keys[i - 4] ^ k;
	}
	uint32_t mix = 0;
	for (uint32_t b = 0; b < in->blocks; b++) {
		uint32_t *s = in->block[b], t[4];
		for (uint32_t i = 0; i < 4; i++)
			s[i] ^= keys[i];
		for (uint32_t r = 1; r <= 10; r++) {
			for (uint32_t i = 0; i < 4; i++)
				t[i] = aes128_sub(s[i]);
			for (uint32_t i = 0; i < 4; i++) {
				uint32_t x = (t[i] & 0xff) | (t[(i + 1) % 4] & 0xff00) | (t[(i + 2) % 4] & 0xff0000) |
					     (t[(i + 3) % 4] & 0xff000000);
				s[i] = (r < 10 ? aes128_column(x) : x) ^ keys[4 * r + i];
			}
		}
		mix ^= s[0];
	}
	return mix;
}
