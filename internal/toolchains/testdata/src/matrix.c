// SPDX-License-Identifier: GPL-2.0-or-later

/* Tables of two and three dimensions. */
#include "types.h"

static const s16 kernel[3][3] = {{1, 2, 1}, {2, -4, 2}, {1, 2, 1}};
static int grid[6][7];
u8 cube[2][3][4] = {{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}}, {{13, 14, 15, 16}, {17, 18, 19, 20}, {21, 22, 23, 24}}};

u64 prog(u8 *ctx, u64 len)
{
	for (u64 i = 0; i < len; i++)
		grid[ctx[i] % 6][i % 7] += ctx[i];
	u64 sum = 0;
	for (int y = 1; y < 5; y++)
		for (int x = 1; x < 6; x++)
			for (int v = -1; v <= 1; v++)
				for (int u = -1; u <= 1; u++)
					sum = sum * 3 + (u64)(grid[y + v][x + u] * kernel[v + 1][u + 1]);
	for (u64 i = 0; i < len; i++)
		sum += cube[i & 1][i % 3][ctx[i] & 3]++;
	return sum;
}
