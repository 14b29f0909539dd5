/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model of NOR flash whose power can be cut at any word that is written and at any erase. */
#ifndef STORETEST_FLASH_H
#define STORETEST_FLASH_H

#include "device/store/store.h"

enum { STORETEST_AREAS = 8 };

/* What a write that the cut falls into leaves behind. */
enum storetest_tear { TEAR_NOTHING, TEAR_WHOLE, TEAR_PART, TEARS };

struct storetest {
	struct store_flash flash;
	struct store store;
	uint8_t *bytes;
	uint32_t writes;  /* words written and areas erased so far */
	uint32_t cut_at;  /* the write that the power fails in; UINT32_MAX: none */
	uint32_t tear;
	uint8_t off;      /* nothing has an effect any more */
	uint8_t violated; /* a bit was to be set, or something was not aligned or outside */
	uint32_t erases[STORETEST_AREAS];
};

struct storetest *storetest_new(uint32_t area_bytes, uint32_t areas);
void storetest_free(struct storetest *t);

#endif
