// SPDX-License-Identifier: GPL-2.0-or-later

/* A state machine driven by tables. */
#include "types.h"

enum { START, WORD, NUMBER, SPACE, STATES };
static const u8 class_of[8] = {0, 1, 1, 2, 2, 0, 3, 3};
static const u8 moves[STATES][4] = {{SPACE, WORD, NUMBER, START}, {SPACE, WORD, WORD, START}, {SPACE, WORD, NUMBER, START}, {SPACE, WORD, NUMBER, START}};
static const char *const names[STATES] = {"start", "word", "number", "space"};
static u32 visits[STATES];

u64 prog(u8 *ctx, u64 len)
{
	u8 state = START;
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		state = moves[state & 3][class_of[ctx[i] & 7] & 3];
		visits[state & 3]++;
		sum = sum * 7 + (u64)names[state & 3][visits[state & 3] % 4];
	}
	return sum + visits[0] + visits[1] * 3 + visits[2] * 5 + visits[3] * 7;
}
