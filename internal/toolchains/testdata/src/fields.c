// SPDX-License-Identifier: GPL-2.0-or-later

/* Bit fields, packed structs, unions. */
#include "types.h"

struct __attribute__((packed)) record {
	u8 kind;
	u32 value;
	u16 check;
};
struct flags {
	u32 a : 3, b : 7, c : 11;
	s32 d : 5;
};
static struct record records[3] = {{1, 0x11223344, 5}, {2, 0x55667788, 6}, {3, 0x99aabbcc, 7}};
static struct flags flags = {1, 2, 3, -4};
union {
	u64 whole;
	u8 parts[8];
	u16 halves[4];
} view = {0x0102030405060708};

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		struct record *r = &records[ctx[i] % 3];
		r->value += ctx[i];
		r->check ^= (u16)(r->value >> 7);
		flags.a += ctx[i];
		flags.b ^= flags.a;
		flags.c += flags.b * 3;
		flags.d = (s32)(ctx[i] & 15) - 8;
		view.parts[ctx[i] & 7] += r->kind;
		sum = sum * 3 + r->check + flags.c + (u64)(s64)flags.d + view.halves[i & 3];
	}
	return sum ^ view.whole ^ sizeof(struct record);
}
