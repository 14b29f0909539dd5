/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling observers (device/os.h). Where nobody observes, a point costs a load and a branch, and the load of an address where that is
 * not at hand; what is here is called where somebody does. */
#include "device/kernel/kernel.h"

void os_observe(uint32_t point, os_observer observer, void *owner)
{
	os_kernel.observers[point] = observer;
	os_kernel.observing = owner;
}

static void tell(uint32_t point, struct os_seen *seen)
{
	seen->now_ns = os_now_ns();
	seen->thread = os_kernel.current;
	if (seen->next)
		seen->waited_ns = (uint32_t)(seen->now_ns - seen->next->ready_at);
	os_kernel.observers[point](os_kernel.observing, point, seen);
}

void kernel_see(uint32_t point)
{
	struct os_seen seen = {0};
	uint32_t exception, saved = kernel_mask();

	__asm__ volatile("mrs %0, ipsr" : "=r"(exception));
	seen.irq = (int32_t)exception - 16;
	tell(point, &seen);
	kernel_unmask(saved);
}

void kernel_see_switch(const struct os_thread *next)
{
	struct os_thread *prev = os_kernel.current;
	struct os_seen seen = {.next = next, .ready = prev->state == KERNEL_READY};
	uint32_t saved = kernel_mask();

	tell(OS_POINT_SWITCH, &seen);
	prev->ready_at = seen.now_ns; /* of one that waits it is written again when it is ready */
	kernel_unmask(saved);
}
