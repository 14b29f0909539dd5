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
		where->status = supervisor_take(s, sizeof(struct supervisor_program), 1, "what the device keeps of a program", &own);
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

/* Into a compartment; what it is then. */
int32_t supervisor_begin(struct supervisor_program *p, struct ub_fault *where)
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
	int32_t err = supervisor_begin(p, where);
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
		if (p->loaded.maps.maps)
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
	s->programs[number] = supervisor_nobody();
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
		struct supervisor_shortage shortage = s->shortage;
		p->loaded = old;
		old = loaded;
		supervisor_start(s, number, &unused);
		s->shortage = shortage;
	}
	supervisor_forget(s, &old);
	return err;
}

static void keep_fault(struct supervisor_program *p, const struct os_end *end)
{
	struct supervisor_fault *f = &p->fault;
	const struct supervisor_code *code = p->code >= 0 ? &p->supervisor->codes[p->code] : NULL;

	f->end = *end;
	f->code_at = ~0u;
	if (code && end->fault.status <= UB_E_HARD_FAULT) { /* told by where the code lies, wherever it runs */
		uint32_t pc = end->fault.pc + supervisor_code_shift(p->supervisor, code);
		if (pc - code->piece.addr < code->bytes) {
			f->end.fault.pc = pc;
			f->code_at = pc - code->piece.addr;
		}
	}
	f->when_ms = supervisor_now_ms();
	f->count++;
}

void supervisor_crashed(struct supervisor_program *p, const struct os_end *end)
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
	if (p->loaded.maps.maps)
		supervisor_end_maps(p);
	if (p->now_for)
		supervisor_hook_over(p, p->now_for);
	if (p->status) {
		struct os_end end = *as;
		if (p->status == p->user->fault.status)
			end.fault = p->user->fault;
		if (!p->stopping)
			return supervisor_crashed(p, &end);
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
