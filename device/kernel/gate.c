/* SPDX-License-Identifier: BSD-2-Clause */
/* SVC: what programs ask for. A number that nobody knows is the gate's to refuse. */
#include "device/kernel/kernel.h"

_Static_assert(offsetof(struct kernel_frame, r0) == offsetof(struct os_args, r4) &&
		       offsetof(struct kernel_frame, r3) == offsetof(struct os_args, r3) &&
		       offsetof(struct kernel_frame, ip) == offsetof(struct os_args, r5),
	       "ways.S");

/* What the seam keeps for itself. Out of the way of what is asked often. */
static void __attribute__((noinline)) seam(struct kernel_frame *frame, uint32_t number, struct os_thread *t)
{
	switch (number) {
	case OS_NUMBER_HOLD:
		t->held |= 1;
		return;
	case OS_NUMBER_RELEASE:
		t->held = 0;
		kernel_reschedule();
		return;
	case OS_NUMBER_END:
		kernel_finish(t, &(struct ub_fault){.status = (int32_t)frame->r0});
		return;
	}
	kernel_finish(t, &(struct ub_fault){.status = UB_E_HELPER, .pc = frame->pc, .addr = number});
}

void kernel_gate(struct kernel_frame *frame, uint32_t number);
void kernel_gate(struct kernel_frame *frame, uint32_t number)
{
	struct os_thread *t = os_kernel.current;

	if (number >= OS_NUMBERS || !t->gate)
		return seam(frame, number, t);
	uint64_t result = t->gate(t->owner, number, (const struct os_args *)frame);
	frame->r0 = (uint32_t)result;
	frame->r1 = (uint32_t)(result >> 32);
}
