/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs: the first of the most urgent ring of ready threads. */
#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"

struct kernel os_kernel;

void kernel_reschedule(void)
{
	SCB_ICSR = ICSR_PENDSVSET;
}

void kernel_make_ready(struct os_thread *t)
{
	struct os_thread **last = &os_kernel.last[t->priority];

	if (*last) {
		t->next = (*last)->next;
		(*last)->next = t;
	} else {
		t->next = t;
	}
	*last = t;
	os_kernel.ready |= 1u << 31 >> t->priority;
	t->state = KERNEL_READY;
	kernel_reschedule();
}

static void leave_ring(struct os_thread *t)
{
	struct os_thread **last = &os_kernel.last[t->priority], *before = t;

	while (before->next != t)
		before = before->next;
	before->next = t->next;
	if (before == t) {
		*last = NULL;
		os_kernel.ready &= ~(1u << 31 >> t->priority);
	} else if (*last == t) {
		*last = before;
	}
}

void kernel_remove(struct os_thread *t)
{
	struct os_thread **p = &os_kernel.sleeping;

	if (t->state == KERNEL_READY)
		leave_ring(t);
	for (; t->state == KERNEL_SLEEPING && *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	t->state = KERNEL_ENDED;
	kernel_reschedule();
}

/* Those that wait for flags alone are the last. */
void kernel_sleep(struct os_thread *t, uint32_t mask, uint64_t until)
{
	struct os_thread **p = &os_kernel.sleeping;

	kernel_remove(t);
	while (*p && (*p)->due <= until)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
	t->due = until;
	t->mask = mask;
	t->state = KERNEL_SLEEPING;
}

static void wake(struct os_thread *t)
{
	kernel_remove(t);
	kernel_make_ready(t);
}

void os_wake(struct os_thread *t, uint32_t flags)
{
	uint32_t saved = kernel_mask();

	t->flags |= flags;
	if (t->state == KERNEL_SLEEPING && t->flags & t->mask) {
		wake(t);
		if (t->gate) /* os_wait takes flags down itself */
			t->flags &= ~t->mask;
	}
	kernel_unmask(saved);
}

uint32_t os_wait(uint32_t mask, uint64_t until)
{
	struct os_thread *t = os_kernel.current;

	for (;;) {
		uint32_t saved = kernel_mask();
		uint32_t got = t->flags & mask;
		t->flags &= ~got;
		if (!got && os_kernel.now < until) {
			kernel_sleep(t, mask, until);
			kernel_unmask(saved); /* the switch is here */
			__asm__ volatile("isb" ::: "memory");
			continue;
		}
		kernel_unmask(saved);
		return got;
	}
}

void os_pause(struct os_thread *t, uint32_t mask, uint64_t until)
{
	t->total += t->used;
	t->used = 0;
	if (!(t->flags & mask) && os_kernel.now < until)
		kernel_sleep(t, mask, until);
	else
		t->flags &= ~mask;
}

/* A thread that is locked has said so itself, and is the one that runs. */
void os_lock(void)
{
	os_kernel.current->held = 1;
}

void os_unlock(void)
{
	os_kernel.current->held = 0;
	kernel_reschedule();
}

void kernel_finish(struct os_thread *t, const struct ub_fault *fault)
{
	if (t->state == KERNEL_ENDED)
		return;
	kernel_remove(t);
	t->held = 0;
	t->fault = *fault;
	if (t->watcher)
		os_wake(t->watcher, t->watcher_flags);
}

void kernel_interrupt(void)
{
	os_kernel.raised = 1;
	kernel_reschedule();
}

/* PendSV: the thread to go on with. */
struct os_thread *kernel_switch(void);
struct os_thread *kernel_switch(void)
{
	struct kernel *k = &os_kernel;

	if (k->raised) {
		k->raised = 0;
		if (k->listener)
			os_wake(k->listener, k->listener_flags);
	}
	if (!k->current->held) {
		k->current = k->last[__builtin_clz(k->ready)]->next;
		k->switches++;
	}
	return k->current;
}

/* SysTick. */
void kernel_tick(void);
void kernel_tick(void)
{
	static const struct ub_fault over = {.status = UB_E_TIME};
	struct kernel *k = &os_kernel;
	struct os_thread *t = k->current, **last = &k->last[t->priority];

	k->now += OS_TICK_US;
	while (k->sleeping && k->sleeping->due <= k->now)
		wake(k->sleeping);
	t->used++;
	if (t->held && t->gate) { /* a program cannot hold on for ever */
		t->held = t->held == 1 ? 2 : 0;
		kernel_reschedule();
	}
	if (t->ticks && t->used > t->ticks) {
		kernel_finish(t, &over);
	} else if (*last && (*last)->next == t && t->next != t) {
		*last = t;
		kernel_reschedule();
	}
}

uint64_t os_now(void)
{
	uint32_t saved = kernel_mask();
	uint32_t reload = SYST_RVR, left = SYST_CVR;
	uint64_t now = os_kernel.now;

	if (SCB_ICSR & ICSR_PENDSTSET) { /* the tick came, and is not counted yet */
		left = SYST_CVR;
		now += OS_TICK_US;
	}
	kernel_unmask(saved);
	uint32_t gone = left && left <= reload ? reload - left : 0; /* 0: it has been set, and does not count yet */
	return now + gone / ((reload + 1) / OS_TICK_US);
}

struct os_thread *os_self(void)
{
	return os_kernel.current;
}

void os_listen(uint32_t flags)
{
	uint32_t saved = kernel_mask();

	os_kernel.listener = os_kernel.current;
	os_kernel.listener_flags = flags;
	kernel_unmask(saved);
}
