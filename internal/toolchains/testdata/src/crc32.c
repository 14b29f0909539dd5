// SPDX-License-Identifier: GPL-2.0-or-later

/* CRC-32 with a table that is made at the first use. */
#include "types.h"

static u32 table[256];
static int made;

NOINLINE static void make(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		table[i] = c;
	}
	made = 1;
}

u64 prog(u8 *ctx, u64 len)
{
	u32 crc = ~0u;
	if (!made)
		make();
	for (u64 i = 0; i < len; i++)
		crc = table[(crc ^ ctx[i]) & 0xff] ^ crc >> 8;
	return ~crc;
}
