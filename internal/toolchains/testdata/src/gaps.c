// SPDX-License-Identifier: GPL-2.0-or-later

/* Functions that begin at multiples of 64 bytes, with filling between them. */
#include "types.h"

int seen;

__attribute__((aligned(64))) NOINLINE static int small(int a)
{
	return a + 3;
}

__attribute__((aligned(64))) NOINLINE int larger(int a)
{
	seen++;
	return small(a) * small(a + 1);
}

__attribute__((aligned(64))) u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++)
		sum = sum * 3 + (u64)(u32)larger(ctx[i]);
	return sum + (u64)seen;
}

__attribute__((aligned(64))) NOINLINE int never_called(int a)
{
	return larger(a);
}
