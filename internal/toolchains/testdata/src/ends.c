// SPDX-License-Identifier: GPL-2.0-or-later

/* Ends of tables as pointers, also in constants and in data. */
#include "types.h"

static u32 values[7] = {5, 10, 15, 20, 25, 30, 35};
static const u8 text[] = "the end is near";
static const u8 *const limits[2] = {text, text + sizeof text};
u32 *const stop = values + 7;

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		for (u32 *p = values; p != values + 7; p++)
			*p += ctx[i];
		for (u32 *p = stop; p-- > values;)
			sum = sum * 3 + *p;
	}
	for (const u8 *p = limits[0]; p < limits[1]; p++)
		sum += *p;
	return sum + (u64)(limits[1] - limits[0]);
}
