// SPDX-License-Identifier: GPL-2.0-or-later

/* Pointers that lie in data and point to data, constants and zeros, also into the middle. */
#include "types.h"

static int numbers[6] = {10, 20, 30, 40, 50, 60};
int shared[3] = {7, 8, 9};
static int zeros[4];
static const int fixed[5] = {100, 200, 300, 400, 500};
static int *places[] = {&numbers[1], &shared[2], &zeros[3], numbers + 5, shared};
const int *const constants[] = {&fixed[4], fixed, &numbers[2], &fixed[2]};
static int **where = &places[2];
int ***deep = &where;

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		int *p = places[ctx[i] % 5];
		*p += ctx[i];
		sum += *p + *constants[ctx[i] & 3];
	}
	where++;
	return sum * 1000 + **where + ***deep + zeros[3];
}
