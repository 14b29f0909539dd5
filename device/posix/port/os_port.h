/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread on pthreads (device/posix/os.c). */
#ifndef DEVICE_POSIX_OS_PORT_H
#define DEVICE_POSIX_OS_PORT_H

#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>

struct os_args;

enum { OS_OBSERVABLE = 0 };

struct os_thread {
	pthread_t pthread;
	pthread_cond_t woken; /* a flag, or the end */
	uint32_t begun;       /* it has a pthread */
	uint32_t alive;       /* which has not come to its end */
	uint32_t inside;      /* it is in a gate, or holds the lock; its own */
	uint32_t flags;
	int32_t killed;       /* status to end with, 0: none */
	int32_t (*entry)(const void *a, void *b);
	const void *a;
	void *b;
	uint64_t (*gate)(void *owner, uint32_t number, const struct os_args *args);
	void *owner;
	struct os_thread *watcher;
	uint32_t watcher_flags;
	uint32_t pause_mask; /* what os_pause asked for, once the gate has returned */
	uint64_t pause_until;
	uint32_t pausing;
	struct os_end end;
	sigjmp_buf out; /* where a kill goes on */
};

#endif
