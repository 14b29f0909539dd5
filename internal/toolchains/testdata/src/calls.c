// SPDX-License-Identifier: GPL-2.0-or-later

/* Static and global functions that call each other, none recursive. */
#include "types.h"

int total = 1;

NOINLINE static int add(int a, int b)
{
	total++;
	return a + b;
}

NOINLINE int scale(int a, int b)
{
	return add(a * 3, b) ^ total;
}

NOINLINE static u64 mix(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return a + b * 2 + c * 3 + d * 5 + (u64)scale((int)e & 0xffff, 4);
}

u64 prog(u8 *ctx, u64 len)
{
	u64 r = 5;
	for (u64 i = 0; i + 1 < len; i += 2)
		r = mix(r, ctx[i], ctx[i + 1], i, (u64)scale(ctx[i], ctx[i + 1]));
	return r + (u64)total;
}

NOINLINE int after(int a)
{
	return scale(a, a) + add(a, 1);
}
