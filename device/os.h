/* SPDX-License-Identifier: BSD-2-Clause */
/* What everything else in device/ needs of an operating system: threads, waiting and waking, time, datagrams.
 * docs/device.md says how to put another one under it:
 *
 *   device/kernel/   our own small kernel, for boards
 *   device/posix/    pthreads, so that what lies above runs on the host under sanitizers
 *
 * os_port.h is the implementation's: it defines struct os_thread, which the caller owns the memory of.
 *
 * A thread is either trusted, part of the firmware (walls NULL), or walled: it can access what its walls list and
 * nothing else, and asks for all else through its gate. Unless a comment says otherwise a function is called from a thread,
 * never from an interrupt; "from a gate" is within a helper's call. Times are microseconds since the start.
 */
#ifndef DEVICE_OS_H
#define DEVICE_OS_H

#include <stdint.h>

#include "abi/port.h"

struct os_thread;

/* Priorities: 0 is served first. Threads of one priority take turns, a tick each. */
enum { OS_PRIORITIES = 8, OS_PRIORITY_SERVER = 0, OS_PRIORITY_IDLE = 7 };
enum { OS_TICK_US = 1000 };

#define OS_FOREVER UINT64_MAX

/* How a thread ended. `fault.status` is its own, or UB_E_TIME, UB_E_KILLED, or that of a CPU fault, with its pc and
 * address; then the registers r0..r15 and xpsr are those at the fault, where they could be read. */
struct os_end {
	struct ub_fault fault;
	uint32_t registers[17];
	uint32_t ticks; /* running time since its start */
};

#include "os_port.h"

/* Walls: [start, start + len) of the device's address space. The start and length of a wall are a
 * multiple of an eighth of a power of two (OS_STRIPES) that holds it without crossing a multiple of itself. */
enum { OS_EXECUTE = 4 /* beside UB_READ and UB_WRITE of abi/run.h */ };
enum { OS_WALLS = 5, OS_STRIPES = 8, OS_WALL_MIN = 32 /* bytes; below 256 there are no stripes */ };
struct os_wall {
	uint32_t start, len, rights;
};

/* Arguments of a helper, in the order in which the kernel finds them. */
struct os_args {
	uint32_t r4, r1, r2, r3, r5;
};

/* What a walled thread calls: `number` and arguments are whatever the thread chose. It runs trusted, and no other thread
 * runs until it returns. The result goes back to the thread. */
typedef uint64_t (*os_gate)(void *owner, uint32_t number, const struct os_args *args);

/* Numbers that the seam takes for itself; those below are the gate's. */
enum os_number {
	OS_NUMBERS = 0xf0,
	OS_NUMBER_END = 0xf0,     /* end the thread, with its status */
	OS_NUMBER_HOLD = UB_SVC_HOLD, /* do not switch to another thread, until */
	OS_NUMBER_RELEASE = UB_SVC_RELEASE, /* this, or the tick after the next at the latest */
};

/* What a walled thread calls, as helpers are called (abi/run.h): way n asks the gate for number n. */
enum { OS_WAYS = 80 };
extern const ub_helper os_ways[OS_WAYS];

/* What a thread is: each time it is started entry(a, b) begins on its stack. Its result is its status. */
struct os_start {
	const char *name;
	int32_t (*entry)(const void *a, void *b);
	const void *a;
	void *b;
	uint8_t *stack; /* 8-byte aligned; a walled thread's lies inside its walls */
	uint32_t stack_bytes;
	uint32_t priority;
	uint32_t ticks;            /* of running time it may use without a pause; then it ends. 0: no limit */
	struct os_thread *watcher; /* woken with `flags` when it has ended; may be NULL */
	uint32_t flags;
	const struct os_wall *walls; /* NULL: trusted */
	uint32_t nwalls;
	os_gate gate;
	void *owner; /* the gate's */
};

/* Makes a thread of memory that is new (all zero), or is that of one that has ended. */
void os_thread_make(struct os_thread *t, const struct os_start *start);
/* Starts one that was made and does not run, as often as it is to run. */
void os_thread_start(struct os_thread *t);
/* Ends a thread from outside, whatever it is doing; one that has ended stays as it is. It is gone when this returns:
 * what it used may be used for something else. */
void os_thread_kill(struct os_thread *t, int32_t status);
/* How it ended, until it is started again; NULL while it runs. */
const struct os_end *os_thread_ended(const struct os_thread *t);
struct os_thread *os_self(void);

/* Every thread has 32 flags. Waits until one of `mask` is set, or until the time (OS_FOREVER: no end); clears those and returns
 * them, 0 if the time came first. */
uint32_t os_wait(uint32_t mask, uint64_t until);
/* Sets flags of a thread, from any thread, or from a gate. */
void os_wake(struct os_thread *t, uint32_t flags);
/* From a gate: once the gate has returned its thread waits until a flag of `mask` is set (and clears it), or until the time. */
void os_pause(struct os_thread *t, uint32_t mask, uint64_t until);

/* Between these two no other thread runs, nor a gate. They do not nest, and nothing in between waits. */
void os_lock(void);
void os_unlock(void);

/* Microseconds since the start. A timer is a wait with an end. */
uint64_t os_now(void);
uint64_t os_now_ns(void);

/* Between these two interrupts are masked, too; for a few microseconds at most. They nest: unmask takes what mask returned. */
uint32_t os_mask(void);
void os_unmask(uint32_t masked);

/* Points at which an observer is told what happens inside the system. It is called in the handler, with interrupts masked, and must not
 * wait. */
enum os_point { OS_POINT_SWITCH, OS_POINT_IRQ_ENTER, OS_POINT_IRQ_EXIT, OS_POINTS };
struct os_seen {
	uint64_t now_ns;
	const struct os_thread *thread, *next; /* who runs, who goes on */
	uint32_t ready;     /* SWITCH: thread could have gone on */
	uint32_t waited_ns; /* SWITCH: since next could */
	int32_t irq;        /* IRQ_…: its number, -1 for the tick */
};
typedef void (*os_observer)(void *owner, uint32_t point, const struct os_seen *seen);
/* NULL: nobody. Where os_port.h says OS_OBSERVABLE = 0 there are no such points. */
void os_observe(uint32_t point, os_observer observer, void *owner);

/* Datagrams: messages that arrive whole or not at all. There is one link, and one thread listens to it. The link says who is at
 * the other end; peers are compared byte by byte, and a serial line, with one other end, leaves them zero. */
enum { OS_DATAGRAM_BYTES = 1152, OS_PEER_BYTES = 8 /* an address of IPv4 and a port; IPv6 takes 20 */ };
struct os_peer {
	uint8_t bytes[OS_PEER_BYTES];
};
/* From now on `flags` of this thread are set when a datagram has arrived. */
void os_listen(uint32_t flags);
/* Takes the next one, at most `size` bytes of it. Returns its length in bytes, or 0 if there is none. Give the same memory each
 * time: after a 0 it is the link's, which may put the beginning of the next datagram there. */
uint32_t os_receive(struct os_peer *from, uint8_t *to, uint32_t size);
void os_send(const struct os_peer *to, const uint8_t *bytes, uint32_t len);

/* Frames are what datagrams travel in, and all else there is on the network. A link that has them asks about each one that came,
 * before it looks at it, and about each it is to send: 0, and it is as if it had never been. It asks in os_receive and os_send, whose
 * caller holds the lock, which may be open meanwhile. */
struct os_frame {
	uint32_t len;
	void (*copy)(const struct os_frame *frame, uint8_t *to, uint32_t len); /* its first bytes */
	const void *of;                                                       /* the link's */
};
typedef int (*os_filter)(void *owner, int out, const struct os_frame *frame);
/* What a link with frames has: sets who is asked. NULL: nobody, which costs a load and a branch for each frame. */
typedef void (*os_filter_frames)(os_filter filter, void *owner);

#endif
