// SPDX-License-Identifier: GPL-2.0-or-later

/* A queue and counters, with additions that are atomic. */
#include "types.h"

static struct {
	u32 head, tail;
	u16 slots[16];
} queue = {3, 3, {0}};
static u64 puts;
static u32 drops;

static void put(u16 v)
{
	if (queue.head - queue.tail == 16) {
		__sync_fetch_and_add(&drops, 1);
		return;
	}
	queue.slots[queue.head++ & 15] = v;
	__sync_fetch_and_add(&puts, 1);
}

static u16 get(void)
{
	return queue.head == queue.tail ? 0xffff : queue.slots[queue.tail++ & 15];
}

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 0;
	for (u64 i = 0; i < len; i++) {
		put((u16)(ctx[i] * 3));
		if (ctx[i] & 4)
			put((u16)i);
		if (ctx[i] & 3)
			sum = sum * 5 + get();
	}
	return sum + puts * 1000 + drops;
}
