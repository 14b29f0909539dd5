// SPDX-License-Identifier: GPL-2.0-or-later

/* Literals: from their middle, from one before, with a common end, the empty one. */
#include "types.h"

static const char *tails[] = {"scattering", "tering", "ring", "", "ring"};

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		sum = sum * 3 + (u64)("0123456789abcdef" + 10)[ctx[i] % 6];
		sum += (u64)("onebased" - 1)[ctx[i] % 8 + 1];
		sum += (u64)(&"abc")[0][i & 1];
		for (const char *p = tails[ctx[i] % 5]; *p; p++)
			sum += (u64)*p;
	}
	return sum;
}
