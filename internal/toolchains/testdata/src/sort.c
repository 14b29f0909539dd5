// SPDX-License-Identifier: GPL-2.0-or-later

/* Sorts the context, then searches it. */
#include "types.h"

static void sort(u8 *a, u64 n)
{
	for (u64 i = 1; i < n; i++) {
		u8 v = a[i];
		u64 k = i;
		for (; k > 0 && a[k - 1] > v; k--)
			a[k] = a[k - 1];
		a[k] = v;
	}
}

NOINLINE static u64 find(const u8 *a, u64 n, u8 v)
{
	u64 low = 0, high = n;
	while (low < high) {
		u64 middle = (low + high) / 2;
		if (a[middle] < v)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

u64 prog(u8 *ctx, u64 len)
{
	sort(ctx, len);
	u64 sum = 0;
	for (u32 v = 0; v < 256; v += 15)
		sum = sum * 5 + find(ctx, len, (u8)v);
	return sum;
}
