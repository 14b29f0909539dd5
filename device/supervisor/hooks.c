/* SPDX-License-Identifier: BSD-2-Clause */
/* Hooks: what makes a program run beside being called, and what it is told then (examples/include/bpf_hooks.h).
 *
 * What happened to a program is a bit of its `pending`; it runs when it is ready and it is its turn. What happens during a run is
 * told to the next one, once, with how often. Timer, input and message are a program's own. Any other hook is shared by all
 * programs that are attached to it, which run one after the other: by priority, then by time of attaching. A program that takes
 * more than the hook's budget is detached. Filters are in filters.c, hooks in interrupts in points.c.
 */
#include "device/supervisor/internal.h"

/* How a context begins is kept in `what`, whichever of its structs that is. */
static struct bpf_hook *head_of(struct supervisor_program *p)
{
	return &p->what.gpio.hook;
}

/* ---- Who is attached ---------------------------------------------------------------------------------------------- */

/* Filters: whoever asks looks whether there is any. */
static void filter(struct supervisor_program *p, uint32_t event)
{
	struct supervisor *s = p->supervisor;

	s->filtered |= event;
	if (event & UB_EVENTS_FRAME)
		s->board->filter_frames(s->frame_passes, s);
}

static void unfilter(struct supervisor_program *p, uint32_t event)
{
	struct supervisor *s = p->supervisor;

	s->filtered &= ~event;
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *q = s->programs[i];
		if (q != p && supervisor_placed(q))
			s->filtered |= q->attached & event;
	}
	if (event & UB_EVENTS_FRAME && !(s->filtered & UB_EVENTS_FRAME))
		s->board->filter_frames(NULL, NULL);
}

/* Its compartment is there. */
static void join(struct supervisor_program *p, uint32_t event)
{
	if (event & (UB_EVENT_TIMER | UB_EVENT_SENSOR))
		supervisor_set_due(p, os_now() + (uint64_t)p->loaded.config.period_ms * 1000);
	if (event & UB_EVENT_GPIO) {
		p->level = HOOK_NO_LEVEL;
		p->supervisor->look_at_pins = 0;
	}
	if (event & UB_EVENTS_FILTER)
		filter(p, event);
	if (event & UB_EVENTS_INTERRUPT)
		supervisor_point_attach(p, event);
}

static void part(struct supervisor_program *p, uint32_t event)
{
	p->pending &= ~event;
	if (!(p->attached & ~event & (UB_EVENT_TIMER | UB_EVENT_SENSOR)))
		supervisor_set_due(p, OS_FOREVER);
	if (event & UB_EVENTS_FILTER)
		unfilter(p, event);
	if (event & UB_EVENTS_INTERRUPT)
		supervisor_point_detach(p, event);
}

int32_t supervisor_attach(struct supervisor *s, uint32_t number, uint32_t event, uint32_t priority)
{
	struct supervisor_program *p = supervisor_at(s, number);

	if (!p)
		return UB_E_PROGRAM;
	if (!event || event & (event - 1) || priority > 255)
		return UB_E_ARGUMENT;
	if (!(p->loaded.config.events & event))
		return UB_E_HOOK_GRANT;
	if (p->attached & event)
		return UB_E_HOOK_ATTACHED;
	/* Nothing else may run a program that an interrupt may run at any time. */
	if (event & UB_EVENTS_INTERRUPT && p->state == SUPERVISOR_RUNNING)
		return UB_E_RUNNING;
	p->loaded.config.hook_priority = (uint8_t)priority;
	p->since = ++s->attachments;
	if (supervisor_placed(p))
		join(p, event);
	p->attached |= event;
	os_wake(s->server, 1u << number);
	return 0;
}

int32_t supervisor_detach(struct supervisor *s, uint32_t number, uint32_t event)
{
	struct supervisor_program *p = supervisor_at(s, number);

	if (!p)
		return UB_E_PROGRAM;
	if (!(p->attached & event))
		return UB_E_HOOK_DETACHED;
	part(p, event);
	p->attached &= ~event;
	return 0;
}

void supervisor_hooks_begin(struct supervisor_program *p)
{
	supervisor_set_due(p, OS_FOREVER);
	p->stopped.status = 0;
	memset(&p->what, 0, sizeof p->what);
	for (uint32_t event = 1; event < UB_EVENTS; event <<= 1) {
		if (p->attached & event)
			join(p, event);
	}
}

void supervisor_hooks_leave(struct supervisor_program *p)
{
	for (uint32_t event = 1; event < UB_EVENTS; event <<= 1) {
		if (p->attached & event)
			part(p, event);
	}
}

/* ---- Things happen ------------------------------------------------------------------------------------------------ */

/* The caller has written the rest of `what`. */
static void happened(struct supervisor_program *p, uint32_t event)
{
	struct bpf_hook *h = head_of(p);

	h->count = (uint16_t)(h->count + (h->count < UINT16_MAX));
	p->pending |= event;
	os_wake(p->supervisor->server, 1u << p->number);
}

void supervisor_booted(struct supervisor *s)
{
	const struct ub_fault *panic = s->board->panic;

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		struct supervisor_program *p = s->programs[i];
		if (!supervisor_placed(p) || !(p->attached & UB_EVENT_BOOT))
			continue;
		p->what.boot.panic = panic ? panic->status : 0;
		happened(p, UB_EVENT_BOOT);
	}
}

void supervisor_pin(struct supervisor *s, uint32_t port, uint32_t pin, uint32_t level)
{
	level = level != 0;
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		struct supervisor_program *p = s->programs[i];
		uint32_t argument = p->loaded.config.hook_argument, was = p->level;
		if (!supervisor_placed(p) || !(p->attached & UB_EVENT_GPIO) || argument >> 8 != (port << 8 | pin))
			continue;
		p->level = level;
		if (was == HOOK_NO_LEVEL || was == level || !(argument & (level ? UB_GPIO_RISING : UB_GPIO_FALLING)))
			continue;
		p->what.gpio.port = port;
		p->what.gpio.pin = pin;
		p->what.gpio.level = level;
		happened(p, UB_EVENT_GPIO);
	}
}

/* A reading for all whose time it is. Returns who that is, as bits. */
static uint32_t sensor(struct supervisor *s, uint32_t type, uint64_t now)
{
	struct bpf_sensor_ctx reading = {.type = type};
	int32_t dimensions = helper_sensor(&s->env, type, reading.value, &reading.unit, &reading.scale);
	uint32_t served = 0;

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		struct supervisor_program *p = s->programs[i];
		if (!supervisor_placed(p) || !(p->attached & UB_EVENT_SENSOR) || p->loaded.config.hook_argument != type || p->due > now)
			continue;
		served |= 1u << i;
		if (dimensions <= 0) /* there is no such device, or nothing left to read */
			continue;
		reading.hook = p->what.sensor.hook;
		reading.dimensions = (uint32_t)dimensions;
		p->what.sensor = reading;
		happened(p, UB_EVENT_SENSOR);
	}
	return served;
}

void supervisor_look_at_devices(struct supervisor *s, uint64_t now)
{
	uint32_t served = 0, seen = 0, pins = 0;

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = s->programs[i];
		if (!supervisor_placed(p))
			continue;
		if (p->attached & UB_EVENT_SENSOR && p->due <= now && !(served >> i & 1))
			served |= sensor(s, p->loaded.config.hook_argument, now);
		pins |= p->attached & UB_EVENT_GPIO;
	}
	if (s->look_at_pins > now)
		return;
	s->look_at_pins = pins ? now + UB_HOOK_GPIO_MS * 1000 : OS_FOREVER;
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) { /* each pin once */
		const struct supervisor_program *p = s->programs[i];
		uint32_t pin = p->loaded.config.hook_argument >> 8, k = 0;
		if (!supervisor_placed(p) || !(p->attached & UB_EVENT_GPIO) || seen >> i & 1)
			continue;
		for (k = i; k < SUPERVISOR_PROGRAMS; k++)
			seen |= (uint32_t)(s->programs[k]->loaded.config.hook_argument >> 8 == pin) << k;
		int32_t level = helper_pin(&s->env, pin >> 8, pin & 255);
		if (level >= 0)
			supervisor_pin(s, pin >> 8, pin & 255, (uint32_t)level);
	}
}

/* ---- Programs run ------------------------------------------------------------------------------------------------- */

/* Whether one that comes before it has still to run for what happened, or runs. */
static int waits(const struct supervisor_program *p, uint32_t event)
{
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *q = p->supervisor->programs[i];
		if (q != p && supervisor_same_hook(p, q, event) && supervisor_before(q, p) && supervisor_placed(q) &&
		    ((q->state == SUPERVISOR_RUNNING && q->now_for == event) || q->pending & event))
			return 1;
	}
	return 0;
}

void supervisor_run_pending(struct supervisor_program *p)
{
	uint32_t many = p->pending & UB_EVENTS_MANY, event = many ? many : p->pending;
	struct bpf_hook own = {.events = many, .input = p->input, .count = 1};
	struct bpf_hook *h = many ? &own : head_of(p);
	const uint8_t *context = many ? (const uint8_t *)&own : (const uint8_t *)&p->what;

	if (!many && waits(p, event))
		return;
	h->events = event;
	h->now_ms = supervisor_now_ms();
	h->version = BPF_HOOKS_VERSION;
	memcpy(supervisor_clean_context(p), context, many ? sizeof own : supervisor_hook_bytes(event));
	p->pending &= ~event;
	h->count = 0;
	p->called = 0;
	p->hook_runs++;
	supervisor_run(p, p->loaded.config.context, event);
}

void supervisor_hook_over(struct supervisor_program *p, uint32_t event)
{
	for (uint32_t i = 0; event & ~(uint32_t)UB_EVENTS_MANY && i < SUPERVISOR_PROGRAMS; i++) {
		if (supervisor_same_hook(p, p->supervisor->programs[i], event))
			os_wake(p->supervisor->server, 1u << i);
	}
}

/* Tells those that want to know; not of faults of their own. */
static void tell(struct supervisor_program *of, const struct os_end *end)
{
	struct supervisor *s = of->supervisor;

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		struct supervisor_program *p = s->programs[i];
		if (p == of || !supervisor_placed(p) || !(p->attached & UB_EVENT_FAULT))
			continue;
		p->what.fault = (struct bpf_fault_ctx){
			.hook = p->what.fault.hook, .program = of->number, .status = end->fault.status,
			.slot = end->fault.pc, .address = end->fault.addr, .count = of->fault.count,
		};
		memcpy(p->what.fault.name, of->loaded.config.name, sizeof p->what.fault.name);
		happened(p, UB_EVENT_FAULT);
	}
}

void supervisor_hook_fault(struct supervisor_program *p, const struct os_end *end)
{
	uint32_t event = p->now_for;
	int over = event && (event & UB_EVENTS_INTERRUPT ||
			     (supervisor_hook_ms(event) && (end->fault.status == UB_E_TIME || end->fault.status == UB_E_BUDGET)));

	if (over) {
		p->over += !(event & UB_EVENTS_INTERRUPT);
		supervisor_detach(p->supervisor, p->number, event);
		supervisor_log(p->supervisor, p->number, "[hooks] detached: over the budget of its hook, or faulted in an interrupt\n");
	}
	if (event != UB_EVENT_FAULT)
		tell(p, end);
}
