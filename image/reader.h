/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the image reader: what the readers of the single formats share. */
#ifndef UB_IMAGE_READER_H
#define UB_IMAGE_READER_H

#include <string.h>

#include "image/image.h"

struct image_reader {
	uint8_t *bytes; /* the image, writable */
	uint32_t len;
	uint32_t entry;       /* index asked for */
	uint32_t engine_caps; /* enum of abi/engine.h */
	struct ub_arena *arena;
	struct ub_program *program;
	struct ub_fault *where;
};

/* Fills in *where; returns the status so that `return image_refuse(…)` reads well. */
int32_t image_refuse(const struct image_reader *r, int32_t status, uint32_t pc, uint32_t at);

static inline uint32_t image_u16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t image_u32(const uint8_t *p)
{
	return image_u16(p) | image_u16(p + 2) << 16;
}

/* Device address of a place in the image. */
static inline uint32_t image_addr(const struct image_reader *r, uint32_t at)
{
	return ub_arena_addr(r->arena, r->bytes + at);
}

/* Memory of the arena at a multiple of `align`, a power of two, NULL if there is none left. */
void *image_take(const struct image_reader *r, uint32_t bytes, uint32_t align);

/* header.c: femto-containers and extended-header. */
int32_t image_load_femto(const struct image_reader *r);
int32_t image_load_extended(const struct image_reader *r);
/* packed.c */
int32_t image_load_packed(const struct image_reader *r);
/* trailer.c: entries of the image from `start` on, which end at `end`; without entries both are the same. Types that are
 * critical are refused; the plan is noted, where it lies if it is one part, others are passed over. */
int32_t image_trailer(const struct image_reader *r, uint32_t has_entries, uint32_t start, uint32_t end);
/* elf.c */
int32_t image_load_elf(const struct image_reader *r);

#endif
