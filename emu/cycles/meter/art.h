/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache in front of an STM32F4's flash (ART accelerator, RM0090 3.5.2): what a program waits for flash.
 * Lines, least recently used ones replaced, and one line ahead of the one that is executed.
 * The public description says no more, so this is an estimate that was not validated.
 */
#ifndef UB_EMU_CYCLES_METER_ART_H
#define UB_EMU_CYCLES_METER_ART_H

#include <stdint.h>

enum { ART_LINES_MAX = 64 };

struct art_cache {
	uint32_t lines;
	uint32_t tag[ART_LINES_MAX]; /* line number + 1 */
	uint32_t used[ART_LINES_MAX];
};

struct art {
	uint32_t wait; /* states; 0: there is no cache because nothing waits */
	uint32_t line_bytes;
	uint32_t clock;
	uint32_t last; /* line executed last */
	struct art_cache code, data;
};

/* Whether the line is there; it is afterwards. */
static inline int art_hit(struct art *a, struct art_cache *c, uint32_t line)
{
	uint32_t oldest = 0;
	a->clock++;
	for (uint32_t i = 0; i < c->lines; i++) {
		if (c->tag[i] == line + 1) {
			c->used[i] = a->clock;
			return 1;
		}
		if (c->used[i] < c->used[oldest])
			oldest = i;
	}
	c->tag[oldest] = line + 1;
	c->used[oldest] = a->clock;
	return 0;
}

/* Cycles that executing [addr, addr + bytes) waits, `instructions` of them. A line that follows the one
 * executed before is on its way since that one began. */
static inline uint32_t art_execute(struct art *a, uint32_t addr, uint32_t bytes, uint32_t instructions)
{
	uint32_t waits = 0, per_line = instructions * a->line_bytes / bytes;
	for (uint32_t line = addr / a->line_bytes; line <= (addr + bytes - 1) / a->line_bytes; line++) {
		if (!art_hit(a, &a->code, line))
			waits += line != a->last + 1 ? a->wait : a->wait > per_line ? a->wait - per_line : 0;
		a->last = line;
	}
	return waits;
}

/* Cycles that reading data at addr waits. */
static inline uint32_t art_read(struct art *a, uint32_t addr)
{
	return art_hit(a, &a->data, addr / a->line_bytes) ? 0 : a->wait;
}

#endif
