// SPDX-License-Identifier: GPL-2.0-or-later

/* Alignment in zeros and constants: 16 and 4096, beside a byte that is aligned to nothing. */
#include "types.h"

static u8 odd;
static u64 pair[2] __attribute__((aligned(16)));
u8 page[8] __attribute__((aligned(1024)));
static const u8 odd_constant = 3;
static const u64 constant_pair[2] __attribute__((aligned(16))) = {5, 6};

u64 prog(u8 *ctx, u64 len)
{
	for (u64 i = 0; i < len; i++) {
		odd += ctx[i] + odd_constant;
		u64 *p = (u64 *)((u64)pair | (u64)(ctx[i] & 1) << 3);
		*p += odd + *(const u64 *)((u64)constant_pair | (u64)(odd & 1) << 3);
		page[ctx[i] & 7]++;
	}
	return pair[0] * 7 + pair[1] + ((u64)page & 1023) + page[3];
}
