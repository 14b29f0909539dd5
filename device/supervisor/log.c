/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs printed, and what is said of them: records in a ring, of which the oldest go first. */
#include "device/supervisor/internal.h"

static void log_text(struct supervisor *s, uint32_t number, const uint8_t *text, uint32_t len)
{
	const uint8_t head[2] = {(uint8_t)number, (uint8_t)len};

	while (s->log_head + 2 + len - s->log_tail > SUPERVISOR_LOG)
		s->log_tail += 2u + s->log[(s->log_tail + 1) % SUPERVISOR_LOG];
	for (uint32_t i = 0; i < 2; i++)
		s->log[s->log_head++ % SUPERVISOR_LOG] = head[i];
	for (uint32_t i = 0; i < len; i++)
		s->log[s->log_head++ % SUPERVISOR_LOG] = text[i];
}

void supervisor_log(struct supervisor *s, uint32_t number, const char *text)
{
	log_text(s, number, (const uint8_t *)text, (uint32_t)strnlen(text, 255));
}

/* Text that a helper printed goes to the log. */
void supervisor_keep_text(struct supervisor_program *p)
{
	struct supervisor *s = p->supervisor;

	log_text(s, p->number, s->env.output, s->env.output_len < 255 ? s->env.output_len : 255);
	s->env.output_len = 0;
}
