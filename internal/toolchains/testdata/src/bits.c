// SPDX-License-Identifier: GPL-2.0-or-later

/* Single bits: reversing, counting, rotating, byte order. */
#include "types.h"

/* bpf-gcc calls a function of its library for __builtin_bswap64. */
static u64 swap(u64 v)
{
#ifdef __clang__
	return __builtin_bswap64(v);
#else
	u64 r = 0;
	for (int i = 0; i < 8; i++) {
		r = r << 8 | (v & 0xff);
		v >>= 8;
		__asm__ volatile("" : "+r"(r));
	}
	return r;
#endif
}

static u32 reverse(u32 v)
{
	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return (u32)(swap(v) >> 32);
}

static u32 count(u64 v)
{
	u32 n = 0;
	for (; v; v &= v - 1)
		n++;
	return n;
}

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0x0123456789abcdef;
	for (u64 i = 0; i < len; i++) {
		u32 r = (u32)(ctx[i] & 31);
		sum ^= (u64)reverse((u32)sum + ctx[i]) << 16;
		sum += count(sum) + swap(sum) + (swap(sum & 0xffff) >> 48);
		u32 w = (u32)sum;
		w = w << r | w >> (-r & 31);
		sum = (sum & ~0xfful) | (w & 0xff);
	}
	return sum;
}
