// SPDX-License-Identifier: GPL-2.0-or-later

/* Signed numbers: division by hand (instruction sets before v4 have none), shifts, extension, comparison. */
#include "types.h"

static s64 divide(s64 a, s64 b)
{
	u64 n = a < 0 ? -(u64)a : (u64)a, d = b < 0 ? -(u64)b : (u64)b, q = d ? n / d : 0;
	return (a < 0) != (b < 0) ? (s64)-q : (s64)q;
}

static const s8 steps[8] = {-128, -1, 0, 1, 127, -50, 50, 7};

u64 prog(u8 *ctx, u64 len)
{
	s64 sum = -1;
	s32 narrow = 0x7fffff00;
	for (u64 i = 0; i < len; i++) {
		s8 c = (s8)ctx[i];
		sum += divide((s64)c * 1000003, steps[ctx[i] & 7]) + (sum >> 3);
		narrow = (s32)((u32)narrow + (u32)(c * 70001));
		if (narrow < c || (s64)narrow <= sum)
			sum -= narrow >> 5;
		if ((s16)sum > steps[i & 7])
			sum ^= (s16)narrow;
	}
	return (u64)sum;
}
