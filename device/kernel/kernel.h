/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the kernel. One core, so one struct kernel; SysTick, PendSV and SVC have the same, lowest priority and never
 * interrupt each other: what they do is whole. Trusted threads mask interrupts for the few instructions in which they
 * change what handlers change. Other interrupts are more urgent, and only call kernel_interrupt.
 *
 *   switch.S    from one thread to another; entries of SVC and of faults
 *   schedule.c  who runs: ready rings, sleeping list, ticks
 *   thread.c    beginning and end of threads, their walls as MPU regions
 *   gate.c      SVC
 *   idle.c      sleeping
 *   fault.c     CPU faults: whose they are
 */
#ifndef DEVICE_KERNEL_KERNEL_H
#define DEVICE_KERNEL_KERNEL_H

#include <stddef.h>

#include "device/os.h"

enum { KERNEL_ENDED, KERNEL_READY, KERNEL_SLEEPING };

/* What the hardware pushes on an exception. */
struct kernel_frame {
	uint32_t r0, r1, r2, r3, ip, lr, pc, xpsr;
};

struct kernel {
	struct os_thread *current; /* switch.S */
	struct os_thread *last[OS_PRIORITIES]; /* of each ring of ready threads; its next is the first */
	uint32_t ready;            /* bit (31 - priority): its ring is not empty */
	struct os_thread *sleeping; /* by due */
	uint64_t now;              /* at the last tick, microseconds */
	struct os_thread *listener;
	uint32_t listener_flags;
	volatile uint32_t raised; /* by interrupts */
	uint32_t switches;
	uint32_t guard[2];         /* RBAR and RASR of the region below the handlers' stack, which all threads have */
	struct os_thread idle;
	struct kernel_frame grave __attribute__((aligned(8))); /* fault.c */
};
extern struct kernel os_kernel;

_Static_assert(offsetof(struct kernel, current) == 0 && offsetof(struct os_thread, sp) == 32 &&
		       offsetof(struct os_thread, control) == 36 && offsetof(struct os_thread, mpu) == 40,
	       "switch.S");

/* schedule.c. All but the last with interrupts masked, or in a handler of theirs. */
void kernel_make_ready(struct os_thread *t);
void kernel_sleep(struct os_thread *t, uint32_t mask, uint64_t until);
/* It neither runs nor waits any more. */
void kernel_remove(struct os_thread *t);
void kernel_finish(struct os_thread *t, const struct ub_fault *fault);
/* Asks for a switch as soon as nothing more urgent is left. */
void kernel_reschedule(void);
/* From an interrupt: the thread that listens has something to do. */
void kernel_interrupt(void);

/* thread.c: the walls all threads have. */
void kernel_protect(void);
/* Starts scheduling; the caller's stack becomes the handlers'. Does not return. */
void kernel_start(void) __attribute__((noreturn));

/* idle.c: what runs when nothing else does. */
enum { KERNEL_IDLE_STACK = 160 };
/* Bytes below the handlers' stack that are closed (board.ld). */
enum { KERNEL_GUARD = 256 };
int32_t kernel_idle(const void *a, void *b);

/* fault.c: a fault that is the firmware's own. The board says what becomes of it. */
void kernel_panic(const struct ub_fault *fault) __attribute__((noreturn));

static inline uint32_t kernel_mask(void)
{
	uint32_t primask;
	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask)::"memory");
	return primask;
}

static inline void kernel_unmask(uint32_t saved)
{
	__asm__ volatile("msr primask, %0" ::"r"(saved) : "memory");
}

#endif
