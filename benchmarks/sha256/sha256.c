/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4): 32-bit rotations, a table in .rodata, the message schedule on the stack. */
#include "benchmarks/kernel.h"

struct sha256_ctx {
	uint32_t len;       /* bytes of data */
	uint32_t digest[8]; /* result, big endian */
	uint8_t data[];
};

/* Fractions of the cube roots of the first 64 primes. */
static const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

UB_INLINE uint32_t sha256_rotate(uint32_t x, int bits)
{
	return x >> bits | x << (32 - bits);
}

/* Adds the block in w[0..15] to the state; w is used up. */
UB_INLINE void sha256_block(uint32_t state[8], uint32_t w[16])
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	for (int i = 0; i < 64; i++) {
		if (i >= 16) {
			uint32_t x = w[(i + 1) & 15], y = w[(i + 14) & 15];
			w[i & 15] += (sha256_rotate(x, 7) ^ sha256_rotate(x, 18) ^ x >> 3) + w[(i + 9) & 15] +
				     (sha256_rotate(y, 17) ^ sha256_rotate(y, 19) ^ y >> 10);
		}
		uint32_t t1 = h + (sha256_rotate(e, 6) ^ sha256_rotate(e, 11) ^ sha256_rotate(e, 25)) +
			      ((e & f) ^ (~e & g)) + sha256_k[i] + w[i & 15];
		uint32_t t2 = (sha256_rotate(a, 2) ^ sha256_rotate(a, 13) ^ sha256_rotate(a, 22)) +
			      ((a & b) ^ (a & c) ^ (b & c));
		h = g, g = f, f = e, e = d + t1;
		d = c, c = b, b = a, a = t1 + t2;
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d;
	state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

UB_INLINE uint32_t sha256_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The byte at `i` of the padded message, but for the length at its end. */
UB_INLINE uint32_t sha256_padded(const struct sha256_ctx *in, uint32_t i)
{
	return i < in->len ? in->data[i] : i == in->len ? 0x80 : 0;
}

uint64_t UB_KERNEL(sha256)(void *ctx, unsigned long len)
{
	struct sha256_ctx *in = ctx;
	uint32_t state[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1))
		return UB_KERNEL_REFUSED;
	uint32_t blocks = (in->len + 9 + 63) / 64;
	for (uint32_t n = 0; n < blocks; n++) {
		uint32_t w[16], at = 64 * n;
		for (int i = 0; i < 16; i++, at += 4) {
			if (n < in->len / 64)
				w[i] = sha256_be32(in->data + at);
			else
				w[i] = sha256_padded(in, at) << 24 | sha256_padded(in, at + 1) << 16 |
				       sha256_padded(in, at + 2) << 8 | sha256_padded(in, at + 3);
		}
		if (n == blocks - 1) {
			w[14] = in->len >> 29;
			w[15] = in->len << 3;
		}
		sha256_block(state, w);
	}
	for (int i = 0; i < 8; i++)
		in->digest[i] = __builtin_bswap32(state[i]);
	return (uint64_t)state[0] << 32 | state[1];
}
