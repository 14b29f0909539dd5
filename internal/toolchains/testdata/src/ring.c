// SPDX-License-Identifier: GPL-2.0-or-later

/* A ring whose alignment is relied on: the index is the address. */
#include "types.h"

static u8 ring[64] __attribute__((aligned(64)));
static u8 before = 1;
static u32 marks[16] __attribute__((aligned(128))) = {1, 2, 3};
static const u8 pattern[32] __attribute__((aligned(32))) = {9, 8, 7, 6, 5};

u64 prog(u8 *ctx, u64 len)
{
	u8 *p = ring;
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		*p += ctx[i] + before++;
		u64 at = (u64)p + ctx[i];
		p = ring + (at & 63);
		u32 *m = (u32 *)((u64)&marks[ctx[i] & 15] & ~127ul);
		m[1] += *p;
		const u8 *q = &pattern[ctx[i] & 31];
		sum = sum * 3 + ((u64)q & 31) + pattern[(u64)q & 31];
	}
	return sum + marks[1] + ((u64)ring & 63) + ((u64)marks & 127) + ((u64)pattern & 31);
}
