/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server does again and again: looks at programs whose time has come, or that something happened to. */
#include "device/supervisor/internal.h"

void supervisor_init(struct supervisor *s, const struct supervisor_board *board)
{
	memset(s, 0, sizeof *s);
	s->board = board;
	s->server = os_self();
	pool_init(&s->pool, board->pool_addr, board->pool_bytes);
	s->alias_end = board->alias_end;
	s->frame_passes = supervisor_frame_passes;
	helper_env_reset(&s->env, NULL, 0);
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++)
		s->programs[i] = supervisor_nobody();
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

/* Started again after a fault; what goes wrong now counts as one more. */
static void again(struct supervisor_program *p)
{
	struct os_end end = {0};

	if (supervisor_begin(p, &end.fault))
		supervisor_crashed(p, &end);
}

/* It was stopped in an interrupt, and is detached already. */
static void interrupted(struct supervisor_program *p)
{
	const struct os_end end = {.fault = p->stopped};

	p->stopped.status = 0;
	p->status = end.fault.status;
	p->now_for = p->loaded.config.events;
	supervisor_crashed(p, &end);
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
	uint64_t next = supervisor_next(s), now = next == OS_FOREVER ? 0 : os_now(); /* who waits for no time need not know it */
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
