// SPDX-License-Identifier: GPL-2.0-or-later

/* Declared before they are defined, defined weakly, and weak without a definition. */
#include "types.h"

extern int later[4];
int use(int a);
__attribute__((weak)) int replaceable(int a);
extern int missing __attribute__((weak));
extern int absent(int) __attribute__((weak));
int *pointer_to_missing = &missing;

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++)
		sum += (u64)(use(later[ctx[i] & 3]) + replaceable(ctx[i]));
	if (&missing)
		sum += (u64)missing;
	if (absent)
		sum += (u64)absent((int)sum);
	return sum * 2 + (pointer_to_missing != 0);
}

NOINLINE int use(int a)
{
	return a * 9;
}

__attribute__((weak)) NOINLINE int replaceable(int a)
{
	return a + 1000;
}

int spare = 4;
int later[4] = {31, 32, 33, 34};
