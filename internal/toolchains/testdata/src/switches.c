// SPDX-License-Identifier: GPL-2.0-or-later

/* Switches: dense, sparse, with values from a table, with falling through. */
#include "types.h"

static u64 dense(u64 a)
{
	switch (a) {
	case 0: return 17;
	case 1: return 3;
	case 2: return 99;
	case 3: return 4;
	case 4: return 65;
	case 5: return 1;
	case 6: return 1000;
	case 7: return 8;
	case 8: return 12;
	}
	return 5;
}

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 1;
	for (u64 i = 0; i < len; i++) {
		sum = sum * 7 + dense(ctx[i] & 15);
		switch (ctx[i]) {
		case 3: sum ^= 5; break;
		case 17: sum += 77; /* fall through */
		case 100: sum *= 3; break;
		case 101: sum -= i; break;
		case 200: sum = ~sum; break;
		case 255: return sum;
		default: sum += ctx[i];
		}
	}
	return sum;
}
