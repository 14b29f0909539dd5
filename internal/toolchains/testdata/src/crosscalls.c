// SPDX-License-Identifier: GPL-2.0-or-later

/* Functions in other sections, static and global, not the first there. */
#include "types.h"

__attribute__((section("library"))) NOINLINE int unused_first(int a)
{
	return a * 11;
}

__attribute__((section("library"))) NOINLINE static int twice(int a)
{
	return a * 2 + 1;
}

__attribute__((section("library"))) NOINLINE int thrice(int a)
{
	return twice(a) + a;
}

__attribute__((section("other"))) NOINLINE static int four(int a)
{
	return thrice(a) * 2 - twice(a);
}

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++)
		sum = sum * 3 + (u64)(u32)four(ctx[i]) + (u64)(u32)thrice((int)i) + (u64)(u32)twice((int)sum & 0xff);
	return sum;
}
