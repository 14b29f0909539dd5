/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps in memory of their own, for tests. */
#ifndef MAPSTEST_SHIM_H
#define MAPSTEST_SHIM_H

#include "maps/helpers.h"

enum { SHIM_ADDR = 0x10000, SHIM_SCRATCH = 1024 };

struct shim {
	uint8_t *mem;
	struct ub_arena arena;
	struct maps *maps;
	struct ub_fault fault;
	struct ub_run run;
	uint8_t *scratch; /* memory of the program: keys and values */
	uint32_t scratch_addr;
};

/* Makes maps in `bytes` of memory. NULL, with *fault, if that cannot be. */
struct shim *shim_new(const struct ub_map_def *defs, uint32_t n, uint32_t bytes, struct ub_fault *fault);
void shim_free(struct shim *s);
/* Calls a helper as an engine does. */
uint64_t shim_call(struct shim *s, uint32_t id, const uint32_t *args, struct ub_fault *fault);

/* Loads an image as a firmware of others does, with the library's own table of helpers, and runs it on each of n contexts of so
 * many bytes, one behind the other, whose results go to `results`. Returns 0 or why not; *entries: of the first map. */
int32_t shim_embed(const uint8_t *image, uint32_t bytes, uint8_t *contexts, uint32_t n, uint32_t context, uint64_t *results,
		   uint32_t *entries);

static inline struct maps_map *shim_map(struct shim *s, uint32_t index)
{
	return s->maps->row[index].map;
}

#endif
