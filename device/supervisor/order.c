/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is attached to a hook, in the order in which they run: by priority, then by time of attaching. */
#include "device/supervisor/internal.h"

int supervisor_same_hook(const struct supervisor_program *p, const struct supervisor_program *q, uint32_t event)
{
	const struct supervisor_config *a = &p->loaded.config, *b = &q->loaded.config;

	if (!(q->attached & event) || q->state == SUPERVISOR_EMPTY)
		return 0;
	switch (event) {
	case UB_EVENT_GPIO: return a->hook_argument >> 8 == b->hook_argument >> 8;
	case UB_EVENT_SENSOR: return a->hook_argument == b->hook_argument && a->period_ms == b->period_ms;
	case UB_EVENT_COAP: return !strcmp(a->hook_path, b->hook_path);
	}
	return 1;
}

int supervisor_before(const struct supervisor_program *p, const struct supervisor_program *q)
{
	uint8_t a = p->loaded.config.hook_priority, b = q->loaded.config.hook_priority;

	return a != b ? a < b : p->since < q->since;
}

int32_t supervisor_in_order(const struct supervisor *s, const struct supervisor_program *like, uint32_t event, uint32_t n)
{
	for (int32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = s->programs[i];
		uint32_t first = 0;
		if (!supervisor_same_hook(like, p, event))
			continue;
		for (uint32_t k = 0; k < SUPERVISOR_PROGRAMS; k++)
			first += supervisor_same_hook(like, s->programs[k], event) && supervisor_before(s->programs[k], p);
		if (first == n)
			return i;
	}
	return UB_E_PROGRAM;
}

int32_t supervisor_of_path(const struct supervisor *s, const char *path, uint32_t len)
{
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = s->programs[i];
		if (p->state != SUPERVISOR_EMPTY && p->attached & UB_EVENT_COAP && strlen(p->loaded.config.hook_path) == len &&
		    !memcmp(p->loaded.config.hook_path, path, len))
			return supervisor_in_order(s, p, UB_EVENT_COAP, 0);
	}
	return UB_E_PROGRAM;
}
