/* SPDX-License-Identifier: BSD-2-Clause */
/* Running a program that is ready: its run and its context as they are before the first instruction. */
#include "device/supervisor/internal.h"

void supervisor_begin_run(struct supervisor_program *p, uint32_t context_len, uint32_t budget, uint32_t work)
{
	struct ub_run *r = &p->run;
	const struct ub_region *stack = &r->regions[UB_REGION_STACK];

	r->fault = (struct ub_fault){0};
	r->r0 = 0;
	r->budget = budget;
	r->work = work;
	r->ctx_len = context_len;
	r->regions[UB_REGION_CTX].len = context_len;
	if (stack->len)
		memset(supervisor_memory(p->supervisor, stack->start), 0, stack->len);
}

/* Everything else is as it was when the program was placed, in both. What a program itself has changed of its own harms it alone,
 * until it is placed again. */
void supervisor_prepare_run(struct supervisor_program *p, uint32_t context_len)
{
	uint32_t budget = p->loaded.config.budget;
	struct ub_run *user = p->user;

	supervisor_begin_run(p, context_len, budget, budget);
	user->fault = (struct ub_fault){0};
	user->r0 = 0;
	user->budget = budget;
	user->ctx_len = context_len;
	user->regions[UB_REGION_CTX].len = context_len;
}

/* Its context has been filled in. */
void supervisor_run(struct supervisor_program *p, uint32_t context_len, uint32_t event)
{
	if (p->loaded.maps.maps)
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
