/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the kernel. One core, so one struct kernel; SysTick, PendSV and SVC have the same, lowest priority and never
 * interrupt each other: what they do is whole. Trusted threads mask interrupts for the few instructions in which they
 * change what handlers change. Other interrupts are more urgent, and only call kernel_interrupt.
 *
 *   switch.S    from one thread to another; SVC, from a program to its gate; entries of faults
 *   schedule.c  who runs: those that are ready, those that sleep, ticks
 *   thread.c    beginning and end of threads, their walls as regions of the MPU (device/mpu)
 *   gate.c      what SVC asks of the kernel itself
 *   idle.c      sleeping
 *   fault.c     CPU faults: whose they are
 *   observe.c   telling who wants to see it of switches and interrupts
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
	struct os_link ready;      /* by priority, then by turn; the idle thread is last, and always there */
	struct os_link sleeping;   /* by when they are due */
	uint64_t now;              /* at the last tick, microseconds */
	struct os_thread *listener;
	uint32_t listener_flags;
	volatile uint32_t raised; /* by interrupts */
	os_observer observers[OS_POINTS]; /* NULL: nobody */
	void *observing;           /* their owner */
	struct os_thread idle;
	struct kernel_frame grave __attribute__((aligned(8))); /* fault.c */
};
extern struct kernel os_kernel;

static inline struct os_thread *kernel_thread(const struct os_link *link)
{
	return (struct os_thread *)((uint8_t *)link - offsetof(struct os_thread, link));
}

_Static_assert(offsetof(struct kernel, current) == 0 && offsetof(struct os_thread, sp) == 32 &&
		       offsetof(struct os_thread, control) == 36 && offsetof(struct os_thread, mpu) == 40 &&
		       offsetof(struct os_thread, gate) == 80 && offsetof(struct os_thread, owner) == 84,
	       "switch.S");

/* schedule.c. All but the first, which comes before the others, and the last with interrupts masked, or in a handler of theirs. */
void kernel_init(void);
void kernel_make_ready(struct os_thread *t);
void kernel_sleep(struct os_thread *t, uint32_t mask, uint64_t until);
/* It neither runs nor waits any more. Whoever is removed while he runs gives way. */
void kernel_remove(struct os_thread *t);
void kernel_finish(struct os_thread *t, const struct ub_fault *fault);
/* Asks for a switch as soon as nothing more urgent is left. */
void kernel_reschedule(void);
/* From an interrupt, at its end: the thread that listens has something to do. */
void kernel_interrupt(void);

/* thread.c: the walls all threads have. */
void kernel_protect(void);
/* Starts scheduling with a thread that was made; the caller's stack becomes the handlers'. Does not return. */
void kernel_start(struct os_thread *first) __attribute__((noreturn));

/* idle.c: what runs when nothing else does. */
enum { KERNEL_IDLE_STACK = 160 };
int32_t kernel_idle(const void *a, void *b);

/* observe.c. What costs only where somebody observes is not in line. */
void kernel_see(uint32_t point);
void kernel_see_switch(const struct os_thread *next);
/* At the begin and the end of the handler of an interrupt. */
static inline void kernel_point(uint32_t point)
{
	if (os_kernel.observers[point])
		kernel_see(point);
}

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
