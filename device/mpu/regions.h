/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of addresses as regions of the MPU (ARMv7-M, DDI 0403E B3.5): the words for its registers RBAR and RASR.
 *
 *   0  all of memory, wherever it is seen: the firmware's alone, never executed (board.ld)
 *   1  what programs run of the firmware: interpreter, routines of compiled code, ways into the gate
 *   2..6  the thread's walls; a trusted thread's guard below its stack
 *   7  the guard below the handlers' stack, closed to everybody
 *
 * Where regions overlap the higher number counts; the rest of the address space is open to the firmware and closed to
 * programs. No register is accessed here, so that tests compile this for the host, too (internal/wallstest).
 */
#ifndef DEVICE_MPU_REGIONS_H
#define DEVICE_MPU_REGIONS_H

#include "device/os.h"
#include "firmware/boot/regs.h"

enum { REGION_MEMORY, REGION_SHARED, REGION_WALLS, REGION_GUARD = REGION_WALLS + OS_WALLS };
/* Bytes below the handlers' stack that are closed (board.ld). */
enum { KERNEL_GUARD = 256 };

/* Rights of unprivileged code; privileged code may read all, and write where it may. */
enum {
	RASR_PRIVATE = 1 << 24,   /* privileged: read, write; unprivileged: none */
	RASR_USER_READ = 6 << 24, /* both read only */
	RASR_USER_WRITE = 3 << 24,
	RASR_CLOSED = 0,          /* to both */
};
#define RASR_DISABLE(stripes) ((uint32_t)(stripes) << 8)

/* What a board's linker script says (board.ld). */
struct regions_board {
	uint32_t memory, memory_log2, memory_without; /* region 0, and its eighths that are left out */
	uint32_t shared, shared_end, guard;
};

/* The smallest region that holds [start, start + len): a window of 2^log2 bytes. */
static inline uint32_t regions_window(uint32_t start, uint32_t len)
{
	uint32_t last = start + len - 1, log2 = 32 - (uint32_t)__builtin_clz((start ^ last) | 1);

	return log2 < 5 ? 5 : log2;
}

/* Writes RBAR and RASR of a region that opens [start, start + len) and nothing else. A wall is what os.h says: where
 * it is not, the region ends short of it. */
static inline void regions_open(uint32_t *mpu, uint32_t region, uint32_t start, uint32_t len, uint32_t attributes)
{
	uint32_t log2 = regions_window(start, len), base = start >> log2 << log2, stripe = log2 - 3;
	uint32_t from = (start - base + (1u << stripe) - 1) >> stripe, to = (start + len - base) >> stripe; /* whole stripes */
	uint32_t stripes = to > from ? ~((1u << to) - (1u << from)) & 0xff : 0xff;

	mpu[0] = base | RBAR_VALID | region;
	mpu[1] = RASR_SIZE(log2) | attributes | RASR_ENABLE;
	if (log2 >= 8)
		mpu[1] |= RASR_DISABLE(stripes);
	else if (start != base || len != 1u << log2)
		mpu[1] = 0;
}

static inline uint32_t regions_rights(uint32_t rights)
{
	uint32_t attributes = RASR_NORMAL | (rights & OS_EXECUTE ? 0 : RASR_XN);

	return attributes | (rights & UB_WRITE ? RASR_USER_WRITE : RASR_USER_READ);
}

/* Regions 2 to 6. */
static inline void regions_of_thread(uint32_t mpu[2 * OS_WALLS], const struct os_start *s)
{
	for (uint32_t i = 0; i < OS_WALLS; i++) {
		uint32_t region = REGION_WALLS + i;
		mpu[2 * i] = region | RBAR_VALID;
		mpu[2 * i + 1] = 0;
		if (!s->walls && i == 0)
			regions_open(mpu, region, (uint32_t)(uintptr_t)s->stack, OS_WALL_MIN,
				    RASR_NORMAL | RASR_XN | RASR_CLOSED);
		else if (s->walls && i < s->nwalls && s->walls[i].len)
			regions_open(mpu + 2 * i, region, s->walls[i].start, s->walls[i].len,
				    regions_rights(s->walls[i].rights));
	}
}

/* Regions 0, 1 and 7, in this order. */
static inline void regions_of_all(uint32_t mpu[6], const struct regions_board *b)
{
	mpu[0] = b->memory | RBAR_VALID | REGION_MEMORY;
	mpu[1] = RASR_SIZE(b->memory_log2) | RASR_DISABLE(b->memory_without) | RASR_NORMAL | RASR_XN | RASR_PRIVATE | RASR_ENABLE;
	regions_open(mpu + 2, REGION_SHARED, b->shared, b->shared_end - b->shared, RASR_NORMAL | RASR_USER_READ);
	regions_open(mpu + 4, REGION_GUARD, b->guard, KERNEL_GUARD, RASR_NORMAL | RASR_XN | RASR_CLOSED);
}

#endif
