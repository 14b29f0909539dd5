/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread of the kernel. switch.S knows the offsets of what comes first. */
#ifndef DEVICE_KERNEL_OS_PORT_H
#define DEVICE_KERNEL_OS_PORT_H

#include <stdint.h>

enum { OS_OBSERVABLE = 1 };

struct os_args;
typedef uint64_t (*os_kernel_gate)(void *owner, uint32_t number, const struct os_args *args);

struct os_link {
	struct os_link *next, *before;
};

struct os_thread {
	/* What a switch saves and loads; kept here, where the thread cannot reach it. */
	uint32_t r4_r11[8];
	uint32_t sp;      /* process stack; the hardware's frame lies there */
	uint32_t control; /* CONTROL: on the process stack, unprivileged or not */
	uint32_t mpu[10]; /* RBAR and RASR of regions 2 to 6 */
	os_kernel_gate gate;
	void *owner;
	/* How it begins. */
	uint8_t *top; /* of its stack */
	int32_t (*entry)(const void *a, void *b);
	const void *a;
	void *b;
	/* The scheduler's. */
	struct os_link link; /* among the ready or the sleeping */
	uint64_t due;        /* while it sleeps */
	uint32_t state, mask, flags, priority;
	uint32_t held;   /* no switch: 1 since this tick, 2 since the one before */
	uint32_t used, ticks; /* running time since it last slept, and what it may be; 0: no limit */
	uint64_t ready_at;    /* nanoseconds: since when it could run, while switches are observed */
	struct os_thread *watcher;
	uint32_t watcher_flags;
	const char *name;
	struct os_end end; /* its ticks: of running time before it last slept */
};

#endif
