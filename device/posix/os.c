/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam on pthreads: for the host, under sanitizers. Programs run as the interpreter runs them; their memory is a
 * reservation of its own (internal/devmem), in which what slips past a check faults. Walls, priorities and ticks are not
 * modelled: those are the kernel's, and tested on boards.
 *
 * One lock orders everything but the programs themselves: gates, wakes, and the server while it works. A kill interrupts
 * a program by a signal, and waits until its thread is gone.
 */
#define _GNU_SOURCE
#include "device/os.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "device/posix/link.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local struct os_thread *self;

struct os_thread *os_self(void)
{
	return self;
}

void os_lock(void)
{
	pthread_mutex_lock(&lock);
}

void os_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* What the device's clock is ahead of the host's: behind it by when it was first looked at, ahead by what tests skip. */
static uint64_t ahead;

static uint64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void begin_time(void)
{
	ahead -= monotonic();
}

static uint32_t stopped; /* the clock stands still, but for what tests skip: `ahead` is what it shows */

uint64_t os_now(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, begin_time);
	uint64_t passed = __atomic_load_n(&stopped, __ATOMIC_RELAXED) ? 0 : monotonic();
	return passed + __atomic_load_n(&ahead, __ATOMIC_RELAXED);
}

void posix_stop_clock(void)
{
	os_lock();
	ahead = os_now();
	__atomic_store_n(&stopped, 1, __ATOMIC_RELAXED);
	os_unlock();
}

uint64_t os_now_ns(void)
{
	return os_now() * 1000;
}

/* Whoever is in a gate has the lock. */
uint32_t os_mask(void)
{
	return 0;
}

void os_unmask(uint32_t masked)
{
	(void)masked;
}

void os_observe(uint32_t point, os_observer observer, void *owner)
{
	(void)point, (void)observer, (void)owner;
}

/* A thread that waits, and what for. */
struct waiting {
	struct os_thread *thread;
	uint32_t mask;
	uint64_t until;
	struct waiting *next;
};

static struct waiting *waiting; /* all of them */
static uint32_t living;         /* threads that were started and have not come to their end */
static pthread_cond_t fewer_run = PTHREAD_COND_INITIALIZER;

static int is_over(const struct waiting *w)
{
	return (w->thread->flags & w->mask) || w->thread->killed || (w->until != OS_FOREVER && os_now() >= w->until);
}

void posix_skip(uint64_t us)
{
	os_lock();
	__atomic_fetch_add(&ahead, us, __ATOMIC_RELAXED);
	for (struct waiting *w = waiting; w; w = w->next)
		pthread_cond_broadcast(&w->thread->woken);
	os_unlock();
}

static int is_quiet(void)
{
	uint32_t n = 0;

	for (const struct waiting *w = waiting; w; w = w->next, n++)
		if (is_over(w))
			return 0;
	return n == living;
}

void posix_settle(void)
{
	os_lock();
	while (!is_quiet())
		pthread_cond_wait(&fewer_run, &lock);
	os_unlock();
}

int posix_wait(pthread_cond_t *woken)
{
	return pthread_cond_wait(woken, &lock);
}

/* With the lock held. Returns the flags, 0 when time is up or the thread is to end. */
static uint32_t wait_locked(struct os_thread *t, uint32_t mask, uint64_t until)
{
	struct waiting w = {t, mask, until, waiting}, **at = &waiting;

	waiting = &w;
	while (!is_over(&w)) {
		pthread_cond_broadcast(&fewer_run);
		if (until == OS_FOREVER || stopped) {
			pthread_cond_wait(&t->woken, &lock);
		} else {
			uint64_t end_us = until - ahead;
			struct timespec end = {(time_t)(end_us / 1000000), (long)(end_us % 1000000) * 1000};
			pthread_cond_timedwait(&t->woken, &lock, &end);
		}
	}
	while (*at != &w)
		at = &(*at)->next;
	*at = w.next;
	uint32_t got = t->flags & mask;
	t->flags &= ~got;
	return got;
}

uint32_t os_wait(uint32_t mask, uint64_t until)
{
	os_lock();
	uint32_t got = wait_locked(self, mask, until);
	os_unlock();
	return got;
}

/* The lock is held where threads call this: in gates, and in the server. */
void os_wake(struct os_thread *t, uint32_t flags)
{
	t->flags |= flags;
	pthread_cond_broadcast(&t->woken);
}

void os_pause(struct os_thread *t, uint32_t mask, uint64_t until)
{
	t->pausing = 1;
	t->pause_mask = mask;
	t->pause_until = until;
}

/* A signal that comes while the thread is in a gate is answered at its end. */
static void on_kill(int signal)
{
	(void)signal;
	if (self && !__atomic_load_n(&self->inside, __ATOMIC_RELAXED))
		siglongjmp(self->out, 1);
}

/* What a program's way leads to. */
static uint64_t enter(uint32_t number, const struct os_args *args)
{
	struct os_thread *t = self;
	uint64_t result = 0;

	__atomic_store_n(&t->inside, 1, __ATOMIC_RELAXED);
	os_lock();
	if (!t->killed) {
		result = t->gate(t->owner, number, args);
		if (t->pausing) {
			t->pausing = 0;
			wait_locked(t, t->pause_mask, t->pause_until);
		}
	}
	int32_t killed = t->killed;
	os_unlock();
	if (killed)
		siglongjmp(t->out, 1);
	__atomic_store_n(&t->inside, 0, __ATOMIC_RELAXED);
	return result;
}

#define WAY(n)                                                                                                    \
	static uint64_t way_##n(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5) \
	{                                                                                                         \
		const struct os_args args = {.r1 = r1, .r2 = r2, .r3 = r3, .r4 = r4, .r5 = r5};                   \
		(void)run;                                                                                        \
		return enter(n, &args);                                                                           \
	}
#define WAYS8(X, o) X(o##0) X(o##1) X(o##2) X(o##3) X(o##4) X(o##5) X(o##6) X(o##7)
#define WAYS(X) WAYS8(X, 0) WAYS8(X, 01) WAYS8(X, 02) WAYS8(X, 03) WAYS8(X, 04) WAYS8(X, 05) WAYS8(X, 06) WAYS8(X, 07) \
	WAYS8(X, 010) WAYS8(X, 011)
WAYS(WAY) /* octal, so that all 80 numbers are made of eight digits */

#define WAY_ROW(n) [n] = way_##n,
const ub_helper os_ways[OS_WAYS] = {WAYS(WAY_ROW)};

static void *run(void *arg)
{
	struct os_thread *t = arg;
	sigset_t kill;

	self = t;
	sigemptyset(&kill);
	sigaddset(&kill, SIGUSR2);
	if (!t->gate || !sigsetjmp(t->out, 1)) {
		pthread_sigmask(t->gate ? SIG_UNBLOCK : SIG_BLOCK, &kill, NULL);
		t->end.fault.status = t->entry(t->a, t->b);
	}
	__atomic_store_n(&t->inside, 1, __ATOMIC_RELAXED);
	pthread_sigmask(SIG_BLOCK, &kill, NULL);
	os_lock();
	if (t->killed)
		t->end.fault.status = t->killed;
	t->alive = 0;
	living--;
	if (t->watcher)
		os_wake(t->watcher, t->watcher_flags);
	pthread_cond_broadcast(&t->woken);
	pthread_cond_broadcast(&fewer_run);
	os_unlock();
	return NULL;
}

/* The pthread of a thread that has ended. */
static void bury(struct os_thread *t)
{
	if (t->begun && !t->alive) {
		os_unlock();
		pthread_join(t->pthread, NULL);
		os_lock();
		pthread_cond_destroy(&t->woken);
		t->begun = 0;
	}
}

static void catch_kills(void)
{
	struct sigaction action = {.sa_handler = on_kill};

	sigaction(SIGUSR2, &action, NULL);
}

/* With the lock held, as all of this. */
void os_thread_make(struct os_thread *t, const struct os_start *s)
{
	uint32_t flags = t->flags;

	bury(t);
	memset(t, 0, sizeof *t);
	t->flags = flags;
	t->entry = s->entry;
	t->a = s->a;
	t->b = s->b;
	t->gate = s->gate;
	t->owner = s->owner;
	t->watcher = s->watcher;
	t->watcher_flags = s->flags;
}

void os_thread_start(struct os_thread *t)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_condattr_t attributes;
	sigset_t kill;

	pthread_once(&once, catch_kills);
	bury(t);
	t->end = (struct os_end){0};
	t->killed = 0;
	t->pausing = t->inside = 0;
	t->begun = t->alive = 1;
	living++;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&t->woken, &attributes);
	pthread_condattr_destroy(&attributes);
	sigemptyset(&kill); /* not before it can be answered */
	sigaddset(&kill, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &kill, NULL);
	if (pthread_create(&t->pthread, NULL, run, t)) {
		t->begun = t->alive = 0;
		living--;
		t->end.fault.status = UB_E_MEMORY;
		if (t->watcher)
			os_wake(t->watcher, t->watcher_flags);
	}
}

void os_thread_kill(struct os_thread *t, int32_t status)
{
	if (t->alive)
		t->killed = status;
	while (t->alive) {
		pthread_kill(t->pthread, SIGUSR2);
		pthread_cond_broadcast(&t->woken);
		struct timespec end;
		clock_gettime(CLOCK_MONOTONIC, &end);
		end.tv_nsec += 10000000; /* the signal may have come a moment before the gate was entered */
		if (end.tv_nsec >= 1000000000) {
			end.tv_nsec -= 1000000000;
			end.tv_sec++;
		}
		pthread_cond_timedwait(&t->woken, &lock, &end);
	}
	bury(t);
}

const struct os_end *os_thread_ended(const struct os_thread *t)
{
	return t->alive ? NULL : &t->end;
}
