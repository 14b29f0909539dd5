// SPDX-License-Identifier: GPL-2.0-or-later

/* Numbers as text and back, into the context. */
#include "types.h"

static const char digits[] = "0123456789abcdef";

NOINLINE static u64 format(u8 *out, u64 room, u64 v, u64 base)
{
	u8 text[24];
	u64 n = 0;
	do {
		text[n++] = (u8)digits[v % base & 15];
		v /= base;
	} while (v && n < sizeof text);
	for (u64 i = 0; i < n && i < room; i++)
		out[i] = text[n - 1 - i];
	return n;
}

NOINLINE static u64 parse(const u8 *in, u64 len)
{
	u64 v = 0;
	for (u64 i = 0; i < len && in[i] >= '0' && in[i] <= '9'; i++)
		v = v * 10 + (in[i] - '0');
	return v;
}

u64 prog(u8 *ctx, u64 len)
{
	u64 v = 1;
	for (u64 i = 0; i < len; i++)
		v = v * 31 + ctx[i];
	v %= 100000007;
	u64 n = format(ctx, len, v, 10);
	u64 back = parse(ctx, len < n ? len : n);
	return back * 100 + format(ctx + len / 2, len - len / 2, v, 16);
}
