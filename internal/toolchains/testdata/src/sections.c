// SPDX-License-Identifier: GPL-2.0-or-later

/* Globals in sections of every kind, and in ones with names of their own. */
#include "types.h"

int initialised = 0x1234;
int zeroed;
static u64 wide[3] = {1, 2, 3};
static u8 small[5];
__attribute__((section("settings"))) int setting = 77;
__attribute__((section("settings"))) static int other[4] = {1, 2, 3, 4};
__attribute__((section("constants"))) const u32 limit = 99;
const int visible[3] = {5, 6, 7};

u64 prog(u8 *ctx, u64 len)
{
	for (u64 i = 0; i < len; i++) {
		initialised += ctx[i];
		zeroed ^= initialised << (i & 7);
		wide[ctx[i] % 3] += zeroed & 0xff;
		small[ctx[i] % 5] += 3;
		setting = (int)((u32)(setting * 5 + visible[ctx[i] % 3]) % limit);
		other[ctx[i] & 3] -= setting;
	}
	return wide[0] + wide[1] * 3 + wide[2] * 5 + small[0] + small[4] * 7 + (u32)initialised + (u32)zeroed + (u32)setting +
	       (u32)other[0] + (u32)other[3];
}
