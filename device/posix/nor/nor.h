/* SPDX-License-Identifier: BSD-2-Clause */
/* A model of NOR flash, in memory that may be that of a file. Its power can be cut at any word that is written and at any
 * erase. */
#ifndef DEVICE_POSIX_NOR_H
#define DEVICE_POSIX_NOR_H

#include "device/store/store.h"

enum { NOR_AREAS = 8 };

/* What a write that the cut falls into leaves behind. */
enum nor_tear { TEAR_NOTHING, TEAR_WHOLE, TEAR_PART, TEARS };

struct nor {
	struct store_flash flash;
	uint8_t *bytes;
	uint32_t writes;  /* words written and areas erased so far */
	uint32_t cut_at;  /* the write that the power fails in; UINT32_MAX: none */
	uint32_t tear;
	uint8_t off;      /* nothing has an effect any more */
	uint8_t violated; /* a bit was to be set, or something was not aligned or outside */
	uint32_t erases[NOR_AREAS];
};

/* The bytes are the caller's, and what they are. */
void nor_init(struct nor *t, uint8_t *bytes, uint32_t area_bytes, uint32_t areas);

#endif
