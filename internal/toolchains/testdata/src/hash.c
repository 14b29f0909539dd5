// SPDX-License-Identifier: GPL-2.0-or-later

/* A hash with four lanes and constants of 64 bits. */
#include "types.h"

static const u64 primes[5] = {0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9, 0x85ebca77c2b2ae63, 0x27d4eb2f165667c5};

static inline u64 rotate(u64 v, u32 n)
{
	return v << n | v >> (64 - n);
}

u64 prog(u8 *ctx, u64 len)
{
	u64 lanes[4] = {primes[0] + primes[1], primes[1], 0, -primes[0]}, i = 0;
	for (; i + 32 <= len; i += 32) {
		for (u64 k = 0; k < 4; k++) {
			u64 v = 0;
			for (u64 b = 0; b < 8; b++)
				v |= (u64)ctx[i + 8 * k + b] << (8 * b);
			lanes[k] = rotate(lanes[k] + v * primes[1], 31) * primes[0];
		}
	}
	u64 h = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18) + len;
	for (; i < len; i++)
		h = rotate(h ^ ctx[i] * primes[4], 11) * primes[0];
	h ^= h >> 33;
	h *= primes[1];
	h ^= h >> 29;
	return h * primes[2] ^ h >> 32;
}
