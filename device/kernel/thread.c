/* SPDX-License-Identifier: BSD-2-Clause */
/* Beginning and end of threads. */
#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"
#include "device/mpu/regions.h"

#include <string.h>

enum { CONTROL_PSP = 2, CONTROL_UNPRIVILEGED = 1, XPSR_THUMB = 1 << 24 };

void kernel_protect(void)
{
	extern uint8_t board_shared_start[], board_shared_end[], board_stack_guard[];
	extern uint8_t board_memory_start[], board_memory_log2[], board_memory_without[];
	struct regions_board board;
	uint32_t mpu[6];

	board.memory = (uint32_t)(uintptr_t)board_memory_start;
	board.memory_log2 = (uint32_t)(uintptr_t)board_memory_log2;
	board.memory_without = (uint32_t)(uintptr_t)board_memory_without;
	board.shared = (uint32_t)(uintptr_t)board_shared_start;
	board.shared_end = (uint32_t)(uintptr_t)board_shared_end;
	board.guard = (uint32_t)(uintptr_t)board_stack_guard;
	regions_of_all(mpu, &board);
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
	regions_of_thread(t->mpu, s);
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
