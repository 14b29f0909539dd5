/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread of the kernel. switch.S knows the offsets of what comes first. */
#ifndef DEVICE_KERNEL_OS_PORT_H
#define DEVICE_KERNEL_OS_PORT_H

#include <stdint.h>

#include "abi/program.h"

struct os_args;
typedef uint64_t (*os_kernel_gate)(void *owner, uint32_t number, const struct os_args *args);

struct os_thread {
	/* What a switch saves and loads; kept here, where the thread cannot reach it. */
	uint32_t r4_r11[8];
	uint32_t sp;      /* process stack; the hardware's frame lies there */
	uint32_t control; /* CONTROL: on the process stack, unprivileged or not */
	uint32_t mpu[12]; /* RBAR and RASR of regions 2 to 7 */
	/* The scheduler's. */
	struct os_thread *next; /* in its ring of ready threads, or among the sleeping */
	uint64_t due;           /* while it sleeps */
	uint32_t state, mask, flags, priority;
	uint32_t held;   /* no switch: 1 since this tick, 2 since the one before */
	uint32_t used, ticks; /* running time since it last slept, and what it may be; 0: no limit */
	uint32_t total;       /* running time before */
	struct os_thread *watcher;
	uint32_t watcher_flags;
	os_kernel_gate gate;
	void *owner;
	const char *name;
	struct ub_fault fault;
	uint32_t registers[17];
};

#endif
