// SPDX-License-Identifier: GPL-2.0-or-later

/* Fletcher's sums of 16 and 32 bits. */
#include "types.h"

u64 prog(u8 *ctx, u64 len)
{
	u32 a = 0, b = 0, c = 0, d = 0;
	for (u64 i = 0; i < len; i++) {
		a = (a + ctx[i]) % 255;
		b = (b + a) % 255;
		if (i & 1) {
			c = (c + (ctx[i - 1] | (u32)ctx[i] << 8)) % 65535;
			d = (d + c) % 65535;
		}
	}
	return (u64)d << 48 | (u64)c << 32 | b << 8 | a;
}
