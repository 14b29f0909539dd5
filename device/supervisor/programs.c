/* SPDX-License-Identifier: BSD-2-Clause */
/* Which programs there are. */
#include "device/supervisor/internal.h"

/* Stands where there is no program, to be read and never written. */
struct supervisor_program *supervisor_nobody(void)
{
	static const struct supervisor_program empty;

	return (struct supervisor_program *)(uintptr_t)&empty;
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
