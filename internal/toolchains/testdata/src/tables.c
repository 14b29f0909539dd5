// SPDX-License-Identifier: GPL-2.0-or-later

/* Constant tables of all widths. */
#include "types.h"

static const u8 bytes[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
const u16 halves[8] = {0x1234, 0x8000, 0xffff, 7, 11, 13, 17, 19};
static const u32 words[8] = {0x80000000, 1, 2, 0xdeadbeef, 4, 5, 6, 7};
const u64 doubles[4] = {0x8000000000000000, 0x123456789abcdef0, 3, ~0ul};
static const s16 negative[4] = {-1, -300, 300, 32767};

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		u8 c = ctx[i];
		sum += bytes[c & 15] + halves[c & 7] * 3 + words[c >> 5] + doubles[c & 3] + (u64)(s64)negative[c >> 6];
		sum = sum << 3 | sum >> 61;
	}
	return sum;
}
