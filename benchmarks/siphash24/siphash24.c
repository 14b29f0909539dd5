/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4 (Aumasson, Bernstein 2012): 64-bit additions, rotations and exclusive ors. */
#include "benchmarks/kernel.h"

struct siphash24_ctx {
	uint32_t len; /* bytes of data */
	uint32_t reserved;
	uint64_t key[2];
	uint8_t data[];
};

UB_INLINE uint64_t siphash24_rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

UB_INLINE void siphash24_rounds(uint64_t v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = siphash24_rotate(v[1], 13) ^ v[0];
		v[3] = siphash24_rotate(v[3], 16) ^ v[2];
		v[0] = siphash24_rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = siphash24_rotate(v[1], 17) ^ v[2];
		v[3] = siphash24_rotate(v[3], 21) ^ v[0];
		v[2] = siphash24_rotate(v[2], 32);
	}
}

uint64_t UB_KERNEL(siphash24)(void *ctx, unsigned long len)
{
	const struct siphash24_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1))
		return UB_KERNEL_REFUSED;
	uint64_t v[4] = {
		in->key[0] ^ 0x736f6d6570736575,
		in->key[1] ^ 0x646f72616e646f6d,
		in->key[0] ^ 0x6c7967656e657261,
		in->key[1] ^ 0x7465646279746573,
	};
	const uint64_t *words = (const uint64_t *)in->data;
	for (uint32_t i = 0; i < in->len / 8; i++) {
		uint64_t m = words[i];
		v[3] ^= m;
		siphash24_rounds(v, 2);
		v[0] ^= m;
	}
	/* What is left over, with the length in the top byte. */
	uint64_t last = (uint64_t)in->len << 56;
	for (uint32_t i = in->len & ~7u; i < in->len; i++)
		last |= (uint64_t)in->data[i] << 8 * (i & 7);
	v[3] ^= last;
	siphash24_rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	siphash24_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
