// SPDX-License-Identifier: GPL-2.0-or-later

/* Text: tables of strings, lengths, comparison. */
#include "types.h"

static const char *const words[] = {"zero", "one", "two", "three", "four", "five", "six", "seven"};
const char *greeting = "hello, world";

static u64 length(const char *s)
{
	u64 n = 0;
	while (s[n])
		n++;
	return n;
}

static int compare(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a - *b;
}

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = length(greeting);
	for (u64 i = 0; i < len; i++) {
		const char *w = words[ctx[i] & 7];
		sum = sum * 31 + length(w) * 7 + (compare(w, "six") < 0);
		ctx[i] = w[0];
	}
	return sum;
}
