// SPDX-License-Identifier: GPL-2.0-or-later

/* Variables of functions that outlive them, and of the same name in two. */
#include "types.h"

NOINLINE static u32 next(void)
{
	static u32 state = 12345;
	static u32 calls;
	calls++;
	state = state * 1103515245 + 12345;
	return state + calls;
}

NOINLINE static u32 previous(u32 v)
{
	static u32 state = 54321;
	u32 old = state;
	state = v;
	return old;
}

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++)
		sum = sum * 5 + previous(next() ^ ctx[i]);
	return sum + next();
}
