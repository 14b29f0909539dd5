/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of all formats share. */
#include "image/reader.h"

int32_t image_refuse(const struct image_reader *r, int32_t status, uint32_t pc, uint32_t at)
{
	r->where->status = status;
	r->where->pc = pc;
	r->where->addr = at;
	return status;
}

void *image_take(const struct image_reader *r, uint32_t bytes, uint32_t align)
{
	struct ub_arena *a = r->arena;
	uint32_t gap = (0u - (a->addr + ((a->used + 7u) & ~7u))) & (align - 1);
	uint8_t *p = bytes <= a->size ? ub_arena_take(a, gap + bytes) : NULL; /* the sum is small, then */

	return p ? p + gap : NULL;
}
