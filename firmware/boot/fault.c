/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/boot/boot.h"
#include "firmware/boot/regs.h"

/* The numbers in protect.S. */
_Static_assert(UB_E_HARD_FAULT == -120 && UB_E_MEM_FAULT == -121 && UB_E_BUS_FAULT == -122 &&
		       UB_E_USAGE_FAULT == -123 && UB_E_INTERNAL == -4, "protect.S");

/* What an exception pushes (Arm DDI 0403E, B1.5.6). */
struct frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};
#define XPSR_THUMB (1u << 24)

extern uint8_t boot_stack_top[]; /* linker script */
uint8_t *volatile boot_recovery;
volatile struct ub_fault boot_last_fault;

void boot_recover(void);

/* Whether the stacked frame can be read: not so if its stack had run out. */
static int readable(const struct frame *f, uint32_t cfsr)
{
	uint32_t at = (uint32_t)(uintptr_t)f;
	return !(cfsr & (CFSR_STKERR | CFSR_MSTKERR)) && at >= BOOT_RAM_START &&
	       at <= BOOT_RAM_END - sizeof *f;
}

/* Notes a fault. Returns the frame to return to. */
struct frame *boot_fault(const struct frame *stacked, int32_t status);
struct frame *boot_fault(const struct frame *stacked, int32_t status)
{
	uint32_t cfsr = SCB_CFSR;
	boot_last_fault.status = status;
	boot_last_fault.pc = readable(stacked, cfsr) ? stacked->pc : 0;
	boot_last_fault.addr = cfsr & CFSR_BFARVALID ? SCB_BFAR : cfsr & CFSR_MMARVALID ? SCB_MMFAR : 0;
	SCB_CFSR = cfsr; /* write one to clear */
	SCB_HFSR = SCB_HFSR;

	uint8_t *sp = boot_recovery ? boot_recovery : boot_stack_top;
	struct frame *f = (struct frame *)(uintptr_t)sp - 1;
	*f = (struct frame){
		.r0 = (uint32_t)status,
		.pc = (uint32_t)(uintptr_t)(boot_recovery ? boot_recover : boot_restart) & ~1u,
		.xpsr = XPSR_THUMB,
	};
	return f;
}
