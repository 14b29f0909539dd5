/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs: the first of those that are ready. */
#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"

struct kernel os_kernel;

void kernel_reschedule(void)
{
	SCB_ICSR = ICSR_PENDSVSET;
}

void kernel_init(void)
{
	struct kernel *k = &os_kernel;

	k->ready.next = k->ready.before = &k->ready;
	k->sleeping.next = k->sleeping.before = &k->sleeping;
}

static struct os_thread *first(const struct kernel *k)
{
	return kernel_thread(k->ready.next);
}

static void put_after(struct os_link *at, struct os_link *link)
{
	link->next = at->next;
	link->before = at;
	at->next->before = link;
	at->next = link;
}

static void take_out(const struct os_link *link)
{
	link->next->before = link->before;
	link->before->next = link->next;
}

void kernel_make_ready(struct os_thread *t)
{
	struct os_link *ready = &os_kernel.ready, *at = ready;

	while (at->next != ready && kernel_thread(at->next)->priority <= t->priority)
		at = at->next;
	put_after(at, &t->link);
	t->state = KERNEL_READY;
	if (os_kernel.observers[OS_POINT_SWITCH])
		t->ready_at = os_now_ns();
	if (at == ready)
		kernel_reschedule();
}

void kernel_remove(struct os_thread *t)
{
	take_out(&t->link);
	t->state = KERNEL_ENDED;
	if (t == os_kernel.current)
		kernel_reschedule();
}

void kernel_sleep(struct os_thread *t, uint32_t mask, uint64_t until)
{
	struct os_link *sleeping = &os_kernel.sleeping, *at = sleeping->before;

	kernel_remove(t);
	while (at != sleeping && kernel_thread(at)->due > until)
		at = at->before;
	put_after(at, &t->link);
	t->due = until;
	t->mask = mask;
	t->state = KERNEL_SLEEPING;
}

static void wake(struct os_thread *t)
{
	take_out(&t->link);
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
	t->end.ticks += t->used;
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
	struct kernel *k = &os_kernel;

	k->current->held = 0;
	if (first(k) != k->current)
		kernel_reschedule();
}

void kernel_finish(struct os_thread *t, const struct ub_fault *fault)
{
	if (t->state == KERNEL_ENDED)
		return;
	kernel_remove(t);
	t->held = 0;
	t->end.fault = *fault;
	t->end.ticks += t->used;
	if (t->watcher)
		os_wake(t->watcher, t->watcher_flags);
}

void kernel_interrupt(void)
{
	os_kernel.raised = 1;
	kernel_reschedule();
	kernel_point(OS_POINT_IRQ_EXIT);
}

static struct os_thread *chosen(const struct kernel *k)
{
	return k->current->held ? k->current : first(k);
}

/* The same where somebody listens or looks. */
static struct os_thread * __attribute__((noinline)) switch_seen(struct kernel *k)
{
	if (k->raised) {
		k->raised = 0;
		if (k->listener)
			os_wake(k->listener, k->listener_flags);
	}
	struct os_thread *next = chosen(k);
	if (k->observers[OS_POINT_SWITCH] && next != k->current)
		kernel_see_switch(next);
	return next;
}

/* PendSV, before anything is saved: the thread to go on with. */
struct os_thread *kernel_switch(void);
struct os_thread *kernel_switch(void)
{
	struct kernel *k = &os_kernel;

	if (k->raised || k->observers[OS_POINT_SWITCH])
		return switch_seen(k);
	return chosen(k);
}

/* SysTick. */
void kernel_tick(void);
void kernel_tick(void)
{
	static const struct ub_fault over = {.status = UB_E_TIME};
	struct kernel *k = &os_kernel;
	struct os_thread *t = k->current;
	const struct os_link *next;

	k->now += OS_TICK_US;
	kernel_point(OS_POINT_IRQ_ENTER);
	while ((next = k->sleeping.next) != &k->sleeping && kernel_thread(next)->due <= k->now)
		wake(kernel_thread(next));
	t->used++;
	if (t->held && t->gate) { /* a program cannot hold on for ever */
		t->held = t->held == 1 ? 2 : 0;
		kernel_reschedule();
	}
	if (t->ticks && t->used > t->ticks) {
		kernel_finish(t, &over);
	} else if (t->state == KERNEL_READY && (next = t->link.next) != &k->ready && kernel_thread(next)->priority == t->priority) {
		wake(t); /* the last of its priority from now on */
		kernel_reschedule();
	}
	kernel_point(OS_POINT_IRQ_EXIT);
}

uint32_t os_mask(void)
{
	return kernel_mask();
}

void os_unmask(uint32_t masked)
{
	kernel_unmask(masked);
}

/* The time at the last tick, and counts since then. */
static uint64_t since_tick(uint32_t *gone)
{
	uint32_t saved = kernel_mask();
	uint32_t reload = SYST_RVR, left = SYST_CVR;
	uint64_t now = os_kernel.now;

	if (SCB_ICSR & ICSR_PENDSTSET) { /* the tick came, and is not counted yet */
		left = SYST_CVR;
		now += OS_TICK_US;
	}
	kernel_unmask(saved);
	*gone = left && left <= reload ? reload - left : 0; /* 0: it has been set, and does not count yet */
	return now;
}

uint64_t os_now(void)
{
	uint32_t gone;
	uint64_t tick = since_tick(&gone);

	return tick + gone / ((SYST_RVR + 1) / OS_TICK_US);
}

uint64_t os_now_ns(void)
{
	uint32_t gone;
	uint64_t tick = since_tick(&gone);

	return tick * 1000 + gone * 1000 / ((SYST_RVR + 1) / OS_TICK_US); /* a tick has less than 2^22 counts */
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
