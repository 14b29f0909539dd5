/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam between device C and where it runs: address translation, critical sections, counters.
 *
 * On the device an address is a pointer. On the host (UB_HOST) device memory is one reservation of
 * 4 GiB, of which only what a run was given is mapped, so an address that slipped past a check
 * faults instead of reaching the host's own memory.
 */
#ifndef UB_ABI_PORT_H
#define UB_ABI_PORT_H

#include "abi/run.h"

/* Whether this is not the device itself: generated code cannot run, and interrupts are not ours to mask. 32-bit Arm
 * Linux is a host, too. */
#ifndef UB_HOST
#if defined(__arm__) && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define UB_HOST 0
#else
#define UB_HOST 1
#endif
#endif

/* Whether device addresses are C pointers, as on everything with 32-bit pointers. Else the memory of a run is seen
 * from `base` on. */
#define UB_ADDRESSES_ARE_POINTERS (UINTPTR_MAX == UINT32_MAX)

/* C pointer to a device address that was checked. */
static inline void *ub_at(const struct ub_run *run, uint32_t addr)
{
#if UB_HOST
	return (void *)(run->base + addr);
#else
	(void)run;
	return (void *)(uintptr_t)addr;
#endif
}

/* Atomics are indivisible against interrupts: a single core needs no more, and ARMv7-M has no
 * 64-bit exclusives. Behind walls (device/) programs cannot mask them: the kernel is asked not to switch. */
enum { UB_SVC_HOLD = 0xf1, UB_SVC_RELEASE = 0xf2 };

/* A firmware that masks interrupts its own way defines UB_PORT_IRQ as the header with its ub_irq_save and
 * ub_irq_restore. */
#ifdef UB_PORT_IRQ
#include UB_PORT_IRQ
#else

#if defined(UB_WALLS) && !UB_HOST
/* Hooks run programs in handlers, which may mask interrupts. */
static inline int ub_in_handler(void)
{
	uint32_t exception;
	__asm__ volatile("mrs %0, ipsr" : "=r"(exception));
	return exception != 0;
}
#endif

static inline uint32_t ub_irq_save(void)
{
#if UB_HOST
	return 0;
#else
#if defined(UB_WALLS)
	if (!ub_in_handler()) {
		__asm__ volatile("svc %0" ::"i"(UB_SVC_HOLD) : "memory");
		return 0;
	}
#endif
	uint32_t primask;
	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask)::"memory");
	return primask;
#endif
}

static inline void ub_irq_restore(uint32_t saved)
{
#if UB_HOST
	(void)saved;
#else
#if defined(UB_WALLS)
	if (!ub_in_handler()) {
		__asm__ volatile("svc %0" ::"i"(UB_SVC_RELEASE) : "memory");
		return;
	}
#endif
	__asm__ volatile("msr primask, %0" ::"r"(saved) : "memory");
#endif
}

#endif

/* Counts since boot, modulo 2^32. Boards implement both; differences are what matters.
 * On QEMU and Unicorn the first is exact; cycles are a model's or, on silicon, DWT's. */
uint32_t ub_port_instructions(void);
uint32_t ub_port_cycles(void);

#endif
