/* SPDX-License-Identifier: BSD-2-Clause */
/* Beginning and end of threads, and their walls as regions of the MPU (ARMv7-M, DDI 0403E B3.5).
 *
 *   0  all of memory, wherever it is seen: the firmware's alone, never executed (board.ld)
 *   1  what programs run of the firmware: interpreter, routines of compiled code, ways into the gate
 *   2..6  the thread's walls; a trusted thread's guard below its stack
 *   7  the guard below the handlers' stack, closed to everybody
 *
 * Where regions overlap the higher number counts; the rest of the address space is open to the firmware and closed to
 * programs.
 */
#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"

#include <string.h>

enum { REGION_MEMORY, REGION_SHARED, REGION_WALLS, REGION_GUARD = REGION_WALLS + OS_WALLS };
enum { CONTROL_PSP = 2, CONTROL_UNPRIVILEGED = 1, XPSR_THUMB = 1 << 24 };

/* The smallest region that holds [start, start + len): a window of 2^log2 bytes. */
static uint32_t window_of(uint32_t start, uint32_t len)
{
	uint32_t last = start + len - 1, log2 = 32 - (uint32_t)__builtin_clz((start ^ last) | 1);

	return log2 < 5 ? 5 : log2;
}

/* Writes RBAR and RASR of a region that opens [start, start + len) and nothing else. A wall is what os.h says: where
 * it is not, the region ends short of it. */
static void open_region(uint32_t *mpu, uint32_t region, uint32_t start, uint32_t len, uint32_t attributes)
{
	uint32_t log2 = window_of(start, len), base = start >> log2 << log2, stripe = log2 - 3;
	uint32_t from = (start - base + (1u << stripe) - 1) >> stripe, to = (start + len - base) >> stripe; /* whole stripes */
	uint32_t stripes = to > from ? ~((1u << to) - (1u << from)) & 0xff : 0xff;

	mpu[0] = base | RBAR_VALID | region;
	mpu[1] = RASR_SIZE(log2) | attributes | RASR_ENABLE;
	if (log2 >= 8)
		mpu[1] |= RASR_DISABLE(stripes);
	else if (start != base || len != 1u << log2)
		mpu[1] = 0;
}

static uint32_t attributes_of(uint32_t rights)
{
	uint32_t attributes = RASR_NORMAL | (rights & OS_EXECUTE ? 0 : RASR_XN);

	return attributes | (rights & UB_WRITE ? RASR_USER_WRITE : RASR_USER_READ);
}

static void build_walls(struct os_thread *t, const struct os_start *s)
{
	for (uint32_t i = 0; i < OS_WALLS; i++) {
		uint32_t region = REGION_WALLS + i;
		t->mpu[2 * i] = region | RBAR_VALID;
		t->mpu[2 * i + 1] = 0;
		if (!s->walls && i == 0)
			open_region(&t->mpu[0], region, (uint32_t)(uintptr_t)s->stack, OS_WALL_MIN,
				    RASR_NORMAL | RASR_XN | RASR_CLOSED);
		else if (s->walls && i < s->nwalls && s->walls[i].len)
			open_region(&t->mpu[2 * i], region, s->walls[i].start, s->walls[i].len,
				    attributes_of(s->walls[i].rights));
	}
}

void kernel_protect(void)
{
	extern uint8_t board_shared_start[], board_shared_end[], board_stack_guard[];
	extern uint8_t board_memory_start[], board_memory_log2[], board_memory_without[];
	uint32_t shared = (uint32_t)(uintptr_t)board_shared_start, mpu[6];

	mpu[0] = (uint32_t)(uintptr_t)board_memory_start | RBAR_VALID | REGION_MEMORY;
	mpu[1] = RASR_SIZE((uint32_t)(uintptr_t)board_memory_log2) | RASR_DISABLE((uintptr_t)board_memory_without) | RASR_NORMAL |
		 RASR_XN | RASR_PRIVATE | RASR_ENABLE;
	open_region(mpu + 2, REGION_SHARED, shared, (uint32_t)(uintptr_t)board_shared_end - shared,
		    RASR_NORMAL | RASR_USER_READ);
	open_region(mpu + 4, REGION_GUARD, (uint32_t)(uintptr_t)board_stack_guard, KERNEL_GUARD,
		    RASR_NORMAL | RASR_XN | RASR_CLOSED);
	for (uint32_t i = 0; i < 6; i += 2) {
		MPU_RBAR = mpu[i];
		MPU_RASR = mpu[i + 1];
	}
	MPU_CTRL = MPU_ENABLE | MPU_PRIVDEFENA;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* Where a trusted thread comes to when its entry returns. */
static void end_self(void)
{
	struct ub_fault fault = {0};

	__asm__ volatile("mov %0, r0" : "=r"(fault.status));
	kernel_mask();
	kernel_finish(os_kernel.current, &fault);
	kernel_unmask(0);
	for (;;)
		;
}

void kernel_end_walled(void); /* ways.S: the same for a walled one */

void os_thread_make(struct os_thread *t, const struct os_start *s)
{
	uint32_t flags = t->flags;

	memset(t, 0, sizeof *t);
	t->flags = flags;
	t->control = CONTROL_PSP | (s->walls ? CONTROL_UNPRIVILEGED : 0);
	t->gate = s->gate;
	t->owner = s->owner;
	t->top = s->stack + s->stack_bytes;
	t->entry = s->entry;
	t->a = s->a;
	t->b = s->b;
	t->priority = s->priority < OS_PRIORITIES ? s->priority : OS_PRIORITY_IDLE;
	t->ticks = s->ticks;
	t->watcher = s->watcher;
	t->watcher_flags = s->flags;
	t->name = s->name;
	build_walls(t, s);
}

/* What the hardware will pop lies on its stack. In r4 to r11 it finds what it left there itself. */
void os_thread_start(struct os_thread *t)
{
	struct kernel_frame *frame = (struct kernel_frame *)(uintptr_t)t->top - 1;

	frame->r0 = (uint32_t)(uintptr_t)t->a;
	frame->r1 = (uint32_t)(uintptr_t)t->b;
	frame->r2 = frame->r3 = frame->ip = 0;
	frame->lr = (uint32_t)(uintptr_t)(t->control & CONTROL_UNPRIVILEGED ? kernel_end_walled : end_self);
	frame->pc = (uint32_t)(uintptr_t)t->entry & ~1u;
	frame->xpsr = XPSR_THUMB;
	t->sp = (uint32_t)(uintptr_t)frame;
	if (t->end.fault.status) /* else there are no registers from last time */
		memset(&t->end, 0, sizeof t->end);
	t->end.ticks = t->used = 0;
	uint32_t saved = kernel_mask();
	kernel_make_ready(t);
	kernel_unmask(saved);
}

/* Programs are killed between two of their instructions: what the gate does for them is done whole. */
void os_thread_kill(struct os_thread *t, int32_t status)
{
	struct ub_fault fault = {.status = status};
	uint32_t saved = kernel_mask();

	kernel_finish(t, &fault);
	kernel_unmask(saved);
}

const struct os_end *os_thread_ended(const struct os_thread *t)
{
	return t->state == KERNEL_ENDED ? &t->end : NULL;
}

/* The first switch leaves from a thread that never comes back. */
void kernel_start(struct os_thread *first)
{
	static uint8_t stack[KERNEL_IDLE_STACK] __attribute__((aligned(32)));
	static struct os_thread before;

	kernel_init();
	os_kernel.current = &before;
	os_thread_make(&os_kernel.idle, &(struct os_start){
		.name = "idle",
		.entry = kernel_idle,
		.stack = stack,
		.stack_bytes = sizeof stack,
		.priority = OS_PRIORITY_IDLE,
	});
	os_thread_start(&os_kernel.idle);
	os_thread_start(first);
	SCB_SHPR2 = 0xff000000;
	SCB_SHPR3 = 0xffff0000;
	SYST_CVR = 0;
	SYST_CSR = SYST_CLKSOURCE | SYST_TICKINT | SYST_ENABLE;
	kernel_reschedule();
	kernel_unmask(0);
	for (;;)
		;
}
