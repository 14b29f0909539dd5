/* SPDX-License-Identifier: BSD-2-Clause */
/* Conway's game of life on a torus of 16 by 16 bytes: a stencil in two dimensions, from one board to
 * the other. */
#include "benchmarks/kernel.h"

enum { LIFE_SIDE = 16, LIFE_GENERATIONS_MAX = 1024 };

struct life_ctx {
	uint32_t generations;
	uint32_t unused;
	uint8_t board[2][LIFE_SIDE][LIFE_SIDE]; /* 0 or 1; the first is the one to begin with */
};

uint64_t UB_KERNEL(life)(void *ctx, unsigned long len)
{
	struct life_ctx *in = ctx;
	uint32_t now = 0, alive = 0;

	if (len < sizeof *in || in->generations > LIFE_GENERATIONS_MAX)
		return UB_KERNEL_REFUSED;
	for (uint32_t g = in->generations; g; g--) {
		for (uint32_t y = 0; y < LIFE_SIDE; y++) {
			const uint8_t *row = in->board[now][y];
			const uint8_t *above = in->board[now][(y + LIFE_SIDE - 1) % LIFE_SIDE];
			const uint8_t *below = in->board[now][(y + 1) % LIFE_SIDE];
			uint8_t *next = in->board[now ^ 1][y];
			for (uint32_t x = 0; x < LIFE_SIDE; x++) {
				uint32_t left = (x + LIFE_SIDE - 1) % LIFE_SIDE, right = (x + 1) % LIFE_SIDE;
				uint32_t n = above[left] + above[x] + above[right] + row[left] + row[right] +
					     below[left] + below[x] + below[right];
				next[x] = n == 3 || (n == 2 && row[x]);
			}
		}
		now ^= 1;
	}
	for (uint32_t y = 0; y < LIFE_SIDE; y++)
		for (uint32_t x = 0; x < LIFE_SIDE; x++)
			alive += in->board[now][y][x];
	return alive;
}
