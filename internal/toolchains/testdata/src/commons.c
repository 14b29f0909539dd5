// SPDX-License-Identifier: GPL-2.0-or-later

/* Variables without a value, which old compilers make common symbols. */
#include "types.h"

int plain;
u64 wide[4];
static u8 hidden[3];
extern int plain;

u64 prog(u8 *ctx, u64 len)
{
	for (u64 i = 0; i < len; i++) {
		plain += ctx[i];
		wide[i & 3] ^= (u64)plain << (i & 31);
		hidden[i % 3]++;
	}
	return (u64)plain + wide[0] + wide[1] * 3 + wide[2] * 5 + wide[3] * 7 + hidden[2];
}
