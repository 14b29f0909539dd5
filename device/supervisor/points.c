/* SPDX-License-Identifier: BSD-2-Clause */
/* Hooks in interrupts: a switch of threads, an interrupt that begins or ends, a call of a helper.
 *
 * A program cannot be unprivileged here: handlers are not, and the walls that are up are another program's. So it runs on the
 * interpreter, which checks each access against the regions of the run, as the supervisor keeps them and not the program; and only
 * one that cannot take long: no jump backwards, no call of a function, UB_HOOK_SLOTS instructions, helpers of a short list, whose
 * work has a budget. Nothing else ever runs such a program, so that its compartment is its own. Interrupts are masked meanwhile:
 * no hook is passed in a hook. Whoever faults is detached at once; the server looks at the fault later.
 */
#include "device/supervisor/internal.h"
#include "vm/vm.h"

static uint32_t point_of(uint32_t event)
{
	return (uint32_t)__builtin_ctz(event) - UB_HOOK_SCHED_SWITCH;
}

/* Contexts are written whole, field by field: they are what each run costs, and to clear them first is half of it. */
static inline struct bpf_hook head(uint32_t event)
{
	return (struct bpf_hook){.events = event, .now_ms = 0, .input = 0, .count = 1, .version = BPF_HOOKS_VERSION};
}

/* Who a thread is, as contexts say it. Threads in the pool are those of programs. */
static uint32_t who(const struct supervisor *s, const struct os_thread *t)
{
	const uint8_t *at = (const uint8_t *)t;

	if ((uintptr_t)at - (uintptr_t)s->board->pool < s->board->pool_bytes)
		return ((const struct supervisor_program *)(const void *)(at - offsetof(struct supervisor_program, thread)))->number;
	return t == s->server ? BPF_THREAD_SERVER : BPF_THREAD_IDLE;
}

static void take_out(struct supervisor *s, uint32_t point, uint32_t number)
{
	struct supervisor_points *points = &s->points;
	uint8_t *list = points->programs[point];
	uint32_t n = points->n[point], at = 0;

	while (at < n && list[at] != number)
		at++;
	if (at == n)
		return;
	memmove(list + at, list + at + 1, n - at - 1);
	points->n[point] = n - 1;
}

/* Interrupts are masked. Returns whether it ended well. */
static int runs(struct supervisor_program *p, const union supervisor_seen *context, uint32_t bytes)
{
	struct ub_run *r = &p->run;

	*(union supervisor_seen *)(void *)supervisor_memory(p->supervisor, r->ctx_addr) = *context; /* there is room (supervisor_hook_context) */
	supervisor_begin_run(p, bytes, 0, UB_HOOK_WORK);
	if (p->loaded.maps.maps)
		supervisor_begin_maps(p);
	p->hook_runs++;
	int well = vm_engine.run(p->prepared, r) == UB_OK;
	if (p->loaded.maps.maps)
		supervisor_end_maps(p);
	if (well)
		p->result = r->r0;
	return well;
}

/* `about`: what of it, for hooks that are about something. */
static void fire(struct supervisor *s, uint32_t event, uint32_t about, const union supervisor_seen *context, uint32_t bytes)
{
	struct supervisor_points *points = &s->points;
	uint32_t point = point_of(event);

	for (uint32_t i = 0; i < points->n[point];) {
		uint32_t number = points->programs[point][i];
		struct supervisor_program *p = s->programs[number];
		uint32_t wants = p->loaded.config.hook_argument;
		if ((wants && wants != about) || runs(p, context, bytes)) {
			i++;
			continue;
		}
		take_out(s, point, number);
		p->attached &= ~event;
		p->over++;
		p->stopped = p->run.fault;
		os_wake(s->server, 1u << number);
	}
}

static void on_switch(struct supervisor *s, const struct os_seen *seen)
{
	union supervisor_seen context;

	context.sched_switch = (struct bpf_sched_switch_ctx){
		.hook = head(UB_EVENT_SCHED_SWITCH), .now_ns = seen->now_ns, .prev = who(s, seen->thread), .next = who(s, seen->next),
		.ready = seen->ready, .waited_ns = seen->waited_ns,
	};
	fire(s, UB_EVENT_SCHED_SWITCH, 0, &context, sizeof context.sched_switch);
}

static void on_interrupt(struct supervisor *s, uint32_t event, const struct os_seen *seen)
{
	uint64_t *entered = &s->points.entered[seen->irq >= 0]; /* the tick may be interrupted */
	union supervisor_seen context;

	if (event == UB_EVENT_IRQ_ENTER)
		*entered = seen->now_ns;
	if (!s->points.n[point_of(event)]) /* it is observed for the other end */
		return;
	context.irq = (struct bpf_irq_ctx){
		.hook = head(event), .now_ns = seen->now_ns, .irq = seen->irq, .took_ns = (uint32_t)(seen->now_ns - *entered),
		.thread = who(s, seen->thread), .reserved = 0,
	};
	fire(s, event, 0, &context, sizeof context.irq);
}

static void observe(void *owner, uint32_t point, const struct os_seen *seen)
{
	struct supervisor *s = owner;

	if (point == OS_POINT_SWITCH)
		on_switch(s, seen);
	else
		on_interrupt(s, point == OS_POINT_IRQ_ENTER ? UB_EVENT_IRQ_ENTER : UB_EVENT_IRQ_EXIT, seen);
}

int supervisor_point_helper(struct supervisor_program *caller, uint32_t number, const struct os_args *args)
{
	if (!caller->supervisor->points.n[point_of(UB_EVENT_HELPER)])
		return 0;
	uint32_t masked = os_mask();
	union supervisor_seen context;

	context.helper = (struct bpf_helper_ctx){
		.hook = head(UB_EVENT_HELPER), .now_ns = os_now_ns(), .program = caller->number,
		.helper = number / 5 << 4 | number % 5, .arguments = {args->r1, args->r2, args->r3, args->r4, args->r5}, .reserved = 0,
	};
	fire(caller->supervisor, UB_EVENT_HELPER, context.helper.helper, &context, sizeof context.helper);
	os_unmask(masked);
	return 1;
}

/* Whether calls of helpers are watched has changed. */
static void open_helpers(struct supervisor *s)
{
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		if (supervisor_at(s, i))
			supervisor_open_helpers(s->programs[i]);
	}
}

/* Those of the system are observed while somebody is attached. How long an interrupt took is told by both of its ends. */
static void observe_all(struct supervisor *s)
{
	const uint32_t *n = s->points.n;
	int irq = n[point_of(UB_EVENT_IRQ_ENTER)] || n[point_of(UB_EVENT_IRQ_EXIT)];

	os_observe(OS_POINT_SWITCH, n[point_of(UB_EVENT_SCHED_SWITCH)] ? observe : NULL, s);
	os_observe(OS_POINT_IRQ_ENTER, irq ? observe : NULL, s);
	os_observe(OS_POINT_IRQ_EXIT, irq ? observe : NULL, s);
}

void supervisor_point_attach(struct supervisor_program *p, uint32_t event)
{
	struct supervisor *s = p->supervisor;
	uint32_t point = point_of(event), masked = os_mask();
	uint8_t *list = s->points.programs[point];
	uint32_t *n = &s->points.n[point], at = (*n)++;

	for (; at && supervisor_before(p, s->programs[list[at - 1]]); at--)
		list[at] = list[at - 1];
	list[at] = (uint8_t)p->number;
	p->run.helpers = supervisor_gate_table;
	open_helpers(s);
	observe_all(s);
	os_unmask(masked);
}

void supervisor_point_detach(struct supervisor_program *p, uint32_t event)
{
	uint32_t masked = os_mask();

	take_out(p->supervisor, point_of(event), p->number);
	p->run.helpers = os_ways;
	open_helpers(p->supervisor);
	observe_all(p->supervisor);
	os_unmask(masked);
}
