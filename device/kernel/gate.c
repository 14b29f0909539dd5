/* SPDX-License-Identifier: BSD-2-Clause */
/* SVC with a number that is the seam's own. Others go from switch.S to the gate of the thread, which refuses what it does
 * not know. */
#include "device/kernel/kernel.h"

_Static_assert(offsetof(struct kernel_frame, r0) == offsetof(struct os_args, r4) &&
		       offsetof(struct kernel_frame, r3) == offsetof(struct os_args, r3) &&
		       offsetof(struct kernel_frame, ip) == offsetof(struct os_args, r5),
	       "ways.S");

void kernel_ask(struct kernel_frame *frame, uint32_t number);
void kernel_ask(struct kernel_frame *frame, uint32_t number)
{
	struct os_thread *t = os_kernel.current;

	switch (number) {
	case OS_NUMBER_HOLD:
		t->held |= 1;
		return;
	case OS_NUMBER_RELEASE:
		os_unlock();
		return;
	case OS_NUMBER_END:
		kernel_finish(t, &(struct ub_fault){.status = (int32_t)frame->r0});
		return;
	}
	kernel_finish(t, &(struct ub_fault){.status = UB_E_HELPER, .pc = frame->pc, .addr = number});
}
