/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU faults. A walled thread's ends that thread, with everything known about it on record. Any other is the
 * firmware's own fault, and the board's to report.
 */
#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"

_Static_assert(UB_E_HARD_FAULT == -120 && UB_E_MEM_FAULT == -121 && UB_E_BUS_FAULT == -122 &&
		       UB_E_USAGE_FAULT == -123 && UB_E_INTERNAL == -4,
	       "switch.S");

enum { RETURN_TO_THREAD = 1 << 3, RETURN_TO_PROCESS_STACK = 1 << 2 };

/* Pushing or popping failed: there is no frame. */
enum { CFSR_NO_FRAME = CFSR_MSTKERR | CFSR_STKERR | 1 << 3 /* MUNSTKERR */ | 1 << 11 /* UNSTKERR */ };

static void keep_registers(struct os_thread *t, const struct kernel_frame *frame, const uint32_t r4_r11[8],
			   int readable)
{
	uint32_t *r = t->end.registers;

	for (uint32_t i = 0; i < 8; i++)
		r[4 + i] = r4_r11[i];
	r[13] = (uint32_t)(uintptr_t)frame;
	if (!readable)
		return;
	r[0] = frame->r0;
	r[1] = frame->r1;
	r[2] = frame->r2;
	r[3] = frame->r3;
	r[12] = frame->ip;
	r[13] += sizeof *frame + (frame->xpsr >> 7 & 4); /* bit 9: a word of padding */
	r[14] = frame->lr;
	r[15] = frame->pc;
	r[16] = frame->xpsr;
}

/* Nothing may go back into a thread that faulted: the handlers return into this, on the way to the next switch. */
static void leave_for_good(void)
{
	struct kernel_frame *grave = &os_kernel.grave;

	grave->pc = (uint32_t)(uintptr_t)kernel_reschedule & ~1u;
	grave->xpsr = 1u << 24;
	__asm__ volatile("msr psp, %0" ::"r"(grave) : "memory");
	kernel_reschedule();
}

void kernel_fault(const struct kernel_frame *frame, int32_t status, const uint32_t r4_r11[8], uint32_t exc_return);
void kernel_fault(const struct kernel_frame *frame, int32_t status, const uint32_t r4_r11[8], uint32_t exc_return)
{
	struct os_thread *t = os_kernel.current;
	uint32_t cfsr = SCB_CFSR, from_thread = exc_return & RETURN_TO_THREAD && exc_return & RETURN_TO_PROCESS_STACK;
	int readable = !(cfsr & CFSR_NO_FRAME);
	struct ub_fault fault = {.status = status};

	fault.addr = cfsr & CFSR_MMARVALID ? SCB_MMFAR : cfsr & CFSR_BFARVALID ? SCB_BFAR : 0;
	SCB_CFSR = cfsr; /* write one to clear */
	SCB_HFSR = SCB_HFSR;
	if (from_thread && readable)
		fault.pc = frame->pc;
	if (!from_thread || !t->gate)
		kernel_panic(&fault);
	keep_registers(t, frame, r4_r11, readable);
	SCB_SHCSR &= ~(uint32_t)SHCSR_SVCALLPENDED; /* an SVC whose frame could not be pushed is not to be served */
	kernel_finish(t, &fault);
	leave_for_good();
}
