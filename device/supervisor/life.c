/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a program:
 *
 *   load        start             run, event, call
 *   ────> LOADED ────> READY <──────────────────────> RUNNING
 *           ^            ^ its time has come             │ fault
 *           │ stop, kill └───────────── BACKOFF <────────┤ and it is to be started again
 *           └────────────────────────── FAILED  <────────┘ too often
 *
 * A program has a compartment while it is READY or RUNNING, and never otherwise. After a fault it gets a new one, with
 * its data as they were in the image.
 */
#include "device/supervisor/internal.h"
#include "jit/jit.h"
#include "vm/vm.h"

/* Stands where there is no program, to be read and never written. */
static struct supervisor_program *nobody(void)
{
	static const struct supervisor_program empty;

	return (struct supervisor_program *)(uintptr_t)&empty;
}

void supervisor_init(struct supervisor *s, const struct supervisor_board *board)
{
	memset(s, 0, sizeof *s);
	s->board = board;
	s->server = os_self();
	pool_init(&s->pool, board->pool_addr, board->pool_bytes);
	helper_env_reset(&s->env, NULL, 0);
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++)
		s->programs[i] = nobody();
}

struct supervisor_program *supervisor_at(struct supervisor *s, uint32_t number)
{
	struct supervisor_program *p = number < SUPERVISOR_PROGRAMS ? s->programs[number] : NULL;

	return p && p->state != SUPERVISOR_EMPTY ? p : NULL;
}

int32_t supervisor_find(const struct supervisor *s, const char *name, uint32_t len)
{
	for (int32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = s->programs[i];
		if (p->state != SUPERVISOR_EMPTY && strlen(p->loaded.config.name) == len && !memcmp(p->loaded.config.name, name, len))
			return i;
	}
	return UB_E_PROGRAM;
}

int32_t supervisor_load(struct supervisor *s, const struct supervisor_config *config, const uint8_t *image, uint32_t len,
			struct ub_fault *where)
{
	struct supervisor_image loaded;
	int32_t err = supervisor_read(s, config, image, len, &loaded, where);
	uint32_t number = 0;
	struct pool_piece own;

	if (err)
		return err;
	while (number < SUPERVISOR_PROGRAMS && s->programs[number]->state != SUPERVISOR_EMPTY)
		number++;
	if (supervisor_find(s, config->name, (uint32_t)strlen(config->name)) >= 0)
		where->status = UB_E_NAME;
	else if (number == SUPERVISOR_PROGRAMS)
		where->status = UB_E_SLOTS;
	else
		where->status = supervisor_take(s, sizeof(struct supervisor_program), 1, &own);
	if (where->status) {
		supervisor_forget(s, &loaded);
		return where->status;
	}
	struct supervisor_program *p = s->programs[number] = (void *)supervisor_memory(s, own.addr);
	memset(p, 0, sizeof *p);
	p->supervisor = s;
	p->number = number;
	p->own = own;
	p->loaded = loaded;
	p->state = SUPERVISOR_LOADED;
	p->code = -1;
	return (int32_t)number;
}

/* The thread of its runs. */
static void make_thread(struct supervisor_program *p)
{
	const struct supervisor_config *c = &p->loaded.config;
	uint32_t ms = supervisor_hook_ms(c->events & ~(uint32_t)UB_EVENTS_MANY);
	const struct ub_engine *engine = c->engine == SUPERVISOR_VM ? &vm_engine : &jit_engine;

	os_thread_make(&p->thread, &(struct os_start){
		.name = c->name,
		.entry = (int32_t (*)(const void *, void *))(void *)engine->run,
		.a = p->prepared,
		.b = p->user,
		.stack = p->c_stack,
		.stack_bytes = p->c_stack_bytes,
		.priority = c->priority,
		.ticks = ms && (!c->ticks || c->ticks > ms) ? ms : c->ticks,
		.watcher = p->supervisor->server,
		.flags = 1u << p->number,
		.walls = p->walls,
		.nwalls = p->nwalls,
		.gate = supervisor_gate,
		.owner = p,
	});
}

/* Its context has been filled in. */
void supervisor_run(struct supervisor_program *p, uint32_t context_len, uint32_t event)
{
	supervisor_begin_maps(p);
	supervisor_prepare_run(p, context_len);
	p->tails = 0;
	p->now_for = event;
	p->tail = p->mailbox.tail;
	p->state = SUPERVISOR_RUNNING;
	p->runs++;
	os_thread_start(&p->thread);
}

void supervisor_set_due(struct supervisor_program *p, uint64_t due)
{
	p->due = due;
	p->supervisor->next = 0;
}

uint8_t *supervisor_clean_context(struct supervisor_program *p)
{
	return memset(supervisor_memory(p->supervisor, p->run.ctx_addr), 0, p->loaded.config.context);
}

/* Into a compartment; what it is then. */
static int32_t begin(struct supervisor_program *p, struct ub_fault *where)
{
	const struct supervisor_config *c = &p->loaded.config;
	int32_t err = supervisor_place(p, where);

	if (err)
		return err;
	make_thread(p);
	p->state = SUPERVISOR_READY;
	p->pending = p->stopping = p->called = 0;
	supervisor_hooks_begin(p);
	if (c->long_running) {
		supervisor_clean_context(p);
		supervisor_run(p, c->context, 0);
	}
	return 0;
}

int32_t supervisor_start(struct supervisor *s, uint32_t number, struct ub_fault *where)
{
	struct supervisor_program *p = supervisor_at(s, number);

	*where = (struct ub_fault){0};
	if (!p)
		return where->status = UB_E_PROGRAM;
	if (p->state == SUPERVISOR_READY || p->state == SUPERVISOR_RUNNING)
		return where->status = UB_E_RUNNING;
	p->crashes = 0;
	p->attached = p->loaded.config.events;
	p->since = ++s->attachments;
	int32_t err = begin(p, where);
	if (!err)
		os_wake(s->server, 1u << number);
	return err;
}

/* Out of its compartment. A run that was going on is over, and whoever called it is told. */
static void leave(struct supervisor_program *p, enum supervisor_state state)
{
	struct supervisor *s = p->supervisor;
	uint32_t called = p->called && p->state == SUPERVISOR_RUNNING;

	p->called = 0;
	p->pending = 0;
	supervisor_hooks_leave(p);
	if (called && s->answered)
		s->answered(s->answered_arg, p);
	supervisor_displace(p);
	p->state = state;
	supervisor_set_due(p, OS_FOREVER);
}

int32_t supervisor_kill(struct supervisor *s, uint32_t number)
{
	struct supervisor_program *p = supervisor_at(s, number);

	if (!p)
		return UB_E_PROGRAM;
	if (p->state == SUPERVISOR_LOADED)
		return UB_E_STOPPED;
	if (p->state == SUPERVISOR_RUNNING) {
		os_thread_kill(&p->thread, UB_E_KILLED);
		supervisor_end_maps(p);
		p->status = UB_E_KILLED;
	}
	leave(p, SUPERVISOR_LOADED);
	return 0;
}

int32_t supervisor_stop(struct supervisor *s, uint32_t number)
{
	struct supervisor_program *p = supervisor_at(s, number);

	if (!p || p->state != SUPERVISOR_RUNNING || p->loaded.config.long_running)
		return supervisor_kill(s, number);
	p->stopping = 1;
	return 0;
}

int32_t supervisor_unload(struct supervisor *s, uint32_t number)
{
	struct supervisor_program *p = supervisor_at(s, number);

	if (!p)
		return UB_E_PROGRAM;
	supervisor_kill(s, number);
	os_thread_kill(&p->thread, UB_E_KILLED); /* has ended; its memory may be used for something else */
	supervisor_forget(s, &p->loaded);
	s->programs[number] = nobody();
	pool_give(&s->pool, &(struct pool_piece){p->own.addr, p->own.len});
	return 0;
}

int32_t supervisor_replace(struct supervisor *s, uint32_t number, const struct supervisor_config *config,
			   const uint8_t *image, uint32_t len, struct ub_fault *where)
{
	struct supervisor_program *p = supervisor_at(s, number);
	struct supervisor_image loaded, old;

	*where = (struct ub_fault){0};
	if (!p)
		return where->status = UB_E_PROGRAM;
	int32_t other = supervisor_find(s, config->name, (uint32_t)strnlen(config->name, SUPERVISOR_NAME));
	if (other >= 0 && (uint32_t)other != number)
		return where->status = UB_E_NAME;
	int32_t err = supervisor_read(s, config, image, len, &loaded, where);
	if (err)
		return err;
	int started = p->state != SUPERVISOR_LOADED && p->state != SUPERVISOR_FAILED;
	supervisor_kill(s, number);
	old = p->loaded;
	p->loaded = loaded;
	supervisor_adopt_maps(&p->loaded, &old);
	err = started ? supervisor_start(s, number, where) : 0;
	if (err) { /* its memory is there: it was its own */
		struct ub_fault unused;
		p->loaded = old;
		old = loaded;
		supervisor_start(s, number, &unused);
	}
	supervisor_forget(s, &old);
	return err;
}

int32_t supervisor_fill(struct supervisor *s, uint32_t number, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	struct supervisor_program *p = supervisor_at(s, number);

	if (!p)
		return UB_E_PROGRAM;
	if (p->state != SUPERVISOR_READY)
		return p->state == SUPERVISOR_RUNNING ? UB_E_RUNNING : UB_E_STOPPED;
	if (at > p->loaded.config.context || len > p->loaded.config.context - at)
		return UB_E_ARGUMENT;
	memcpy(supervisor_memory(s, p->run.ctx_addr) + at, bytes, len);
	return 0;
}

int32_t supervisor_call(struct supervisor *s, uint32_t number, const uint8_t *context, uint32_t len, uint32_t event)
{
	struct supervisor_program *p = supervisor_at(s, number);

	if (!p)
		return UB_E_PROGRAM;
	if (p->loaded.config.long_running || len > p->loaded.config.context)
		return UB_E_ARGUMENT;
	if (p->state == SUPERVISOR_RUNNING)
		return UB_E_RUNNING;
	if (p->state != SUPERVISOR_READY)
		return UB_E_STOPPED;
	if (p->attached & UB_EVENTS_INTERRUPT)
		return UB_E_HOOK_ATTACHED;
	if (len < p->loaded.ctx_min)
		return UB_E_CONTEXT;
	if (context)
		memcpy(supervisor_clean_context(p), context, len);
	p->called = 1;
	supervisor_run(p, len, event);
	return 0;
}

const uint8_t *supervisor_context(const struct supervisor_program *p, uint32_t *len)
{
	*len = p->run.ctx_len;
	return supervisor_placed(p) ? supervisor_memory(p->supervisor, p->run.ctx_addr) : NULL;
}

void supervisor_input(struct supervisor *s, uint32_t value)
{
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		struct supervisor_program *p = s->programs[i];
		if (!supervisor_placed(p))
			continue;
		p->input = value;
		p->pending |= UB_EVENT_INPUT;
		if (p->state == SUPERVISOR_RUNNING)
			os_wake(&p->thread, UB_EVENT_INPUT);
		os_wake(s->server, 1u << i);
	}
}

static void keep_fault(struct supervisor_program *p, const struct os_end *end)
{
	struct supervisor_fault *f = &p->fault;
	const struct supervisor_code *code = p->code >= 0 ? &p->supervisor->codes[p->code] : NULL;

	f->end = *end;
	f->code_at = ~0u;
	if (code && end->fault.status <= UB_E_HARD_FAULT && end->fault.pc - code->piece.addr < code->bytes)
		f->code_at = end->fault.pc - code->piece.addr;
	f->when_ms = supervisor_now_ms();
	f->count++;
}

static void crashed(struct supervisor_program *p, const struct os_end *end)
{
	uint32_t since = supervisor_now_ms() - p->fault.when_ms;

	p->crashes = p->fault.count && since > SUPERVISOR_GOOD_MS ? 1 : p->crashes + 1;
	keep_fault(p, end);
	supervisor_hook_fault(p, end);
	if (p->loaded.config.restart == SUPERVISOR_NEVER)
		return leave(p, SUPERVISOR_LOADED);
	if (p->crashes >= SUPERVISOR_CRASHES)
		return leave(p, SUPERVISOR_FAILED);
	leave(p, SUPERVISOR_BACKOFF);
	supervisor_set_due(p, os_now() + ((uint64_t)SUPERVISOR_BACKOFF_MS * 1000 << (p->crashes - 1)));
}

/* Its run is over. What the program says of it is taken as said: r0, and where an engine stopped it. */
void supervisor_ended(struct supervisor_program *p, const struct os_end *as)
{
	const struct supervisor_config *c = &p->loaded.config;

	p->ticks += as->ticks;
	p->spent = c->budget - p->user->budget;
	p->result = p->user->r0;
	p->status = as->fault.status;
	if (p->status == UB_E_TAIL_CALL && p->run.maps && p->run.maps->tails != p->tails) { /* the helper was called, and not only said so */
		p->tails = p->run.maps->tails;
		supervisor_prepare_run(p, p->run.ctx_len);
		return os_thread_start(&p->thread);
	}
	supervisor_end_maps(p);
	supervisor_hook_over(p, p->now_for);
	if (p->status) {
		struct os_end end = *as;
		if (p->status == p->user->fault.status)
			end.fault = p->user->fault;
		if (!p->stopping)
			return crashed(p, &end);
		keep_fault(p, &end);
	}
	if (p->stopping || (c->long_running && c->restart != SUPERVISOR_ALWAYS))
		return leave(p, SUPERVISOR_LOADED);
	if (c->long_running) {
		leave(p, SUPERVISOR_BACKOFF);
		supervisor_set_due(p, os_now() + (uint64_t)SUPERVISOR_BACKOFF_MS * 1000);
		return;
	}
	p->state = SUPERVISOR_READY;
	if (p->mailbox.tail != p->tail && p->mailbox.tail != p->mailbox.head) /* it took one, and there are more */
		p->pending |= UB_EVENT_MESSAGE;
	if (p->called && p->supervisor->answered)
		p->supervisor->answered(p->supervisor->answered_arg, p);
	p->called = 0;
}

/* Started again after a fault; what goes wrong now counts as one more. */
static void again(struct supervisor_program *p)
{
	struct os_end end = {0};

	if (begin(p, &end.fault))
		crashed(p, &end);
}

/* It was stopped in an interrupt, and is detached already. */
static void interrupted(struct supervisor_program *p)
{
	const struct os_end end = {.fault = p->stopped};

	p->stopped.status = 0;
	p->status = end.fault.status;
	p->now_for = p->loaded.config.events;
	crashed(p, &end);
}

static void look_at(struct supervisor_program *p, uint64_t now)
{
	const struct os_end *end;

	if (p->state == SUPERVISOR_RUNNING && (end = os_thread_ended(&p->thread)) != NULL)
		supervisor_ended(p, end);
	if (p->stopped.status && supervisor_placed(p))
		interrupted(p);
	if (p->state == SUPERVISOR_BACKOFF && p->due <= now)
		again(p);
	if (!supervisor_placed(p))
		return;
	const struct supervisor_config *c = &p->loaded.config;
	if (p->due <= now) {
		uint64_t period = (uint64_t)c->period_ms * 1000;
		p->pending |= UB_EVENT_TIMER;
		if (os_now() - p->due > p->late_us)
			p->late_us = (uint32_t)(os_now() - p->due);
		supervisor_set_due(p, p->due + (now - p->due) / period * period + period); /* those that were missed are */
	}
	p->pending &= p->attached;
	if (p->state == SUPERVISOR_READY && p->pending)
		supervisor_run_pending(p);
}

/* When the first of them is due. */
static uint64_t next_due(const struct supervisor *s)
{
	uint64_t next = OS_FOREVER;

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = s->programs[i];
		if (p->due && p->due < next)
			next = p->due;
	}
	return next;
}

uint64_t supervisor_next(struct supervisor *s)
{
	if (!s->next)
		s->next = next_due(s);
	return s->next < s->look_at_pins ? s->next : s->look_at_pins;
}

uint64_t supervisor_step(struct supervisor *s, uint32_t woken)
{
	uint64_t now = os_now();
	uint32_t look = (s->next <= now ? ~0u : woken) & SUPERVISOR_FLAGS;

	if (s->next <= now || s->look_at_pins <= now)
		supervisor_look_at_devices(s, now);

	for (; look; look &= look - 1) {
		struct supervisor_program *p = s->programs[__builtin_ctz(look)];
		if (p->state != SUPERVISOR_EMPTY)
			look_at(p, now);
	}
	return supervisor_next(s);
}
