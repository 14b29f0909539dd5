// SPDX-License-Identifier: GPL-2.0-or-later

/* 64-bit arithmetic: products, quotients, shifts by variables, carries. */
#include "types.h"

static u64 seed = 0x9e3779b97f4a7c15;

static u64 high(u64 a, u64 b)
{
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 m = ah * bl + (al * bl >> 32), n = al * bh + (u32)m;
	return ah * bh + (m >> 32) + (n >> 32);
}

u64 prog(u8 *ctx, u64 len)
{
	u64 a = seed, b = 1;
	for (u64 i = 0; i < len; i++) {
		a = a * 6364136223846793005 + ctx[i];
		b += high(a, b | 1) ^ a >> (ctx[i] & 63) ^ b << (i & 63);
		b += a / (b >> 40 | 1) + a % (ctx[i] + 1ul);
	}
	seed = a;
	return b ^ seed;
}
