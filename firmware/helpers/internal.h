/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the helpers: how they are written down. */
#ifndef UB_FIRMWARE_HELPERS_INTERNAL_H
#define UB_FIRMWARE_HELPERS_INTERNAL_H

#include <string.h>

#include "abi/port.h"
#include "firmware/helpers/helpers.h"

#define HELPER_UNUSED __attribute__((unused))
#define HELPER(name)                                                                               \
	uint64_t helper_##name(HELPER_UNUSED struct ub_run *run, HELPER_UNUSED uint32_t r1,         \
			       HELPER_UNUSED uint32_t r2, HELPER_UNUSED uint32_t r3,                \
			       HELPER_UNUSED uint32_t r4, HELPER_UNUSED uint32_t r5)

#define ENV ((struct helper_env *)run->env)

/* A negative status as r0: sign-extended, so that programs can compare it with 0. */
#define STATUS(code) ((uint64_t)(int64_t)(code))

/* Writes an entry of a key-value store of `size` entries, `used` of them taken. */
uint64_t helper_store(struct helper_entry *table, uint8_t *used, uint32_t size, uint32_t key, uint32_t value);

/* Reads an entry into a word of the program's memory; 0 if there is none. */
uint64_t helper_fetch(struct ub_run *run, const struct helper_entry *table, uint32_t used, uint32_t key, uint32_t addr);

static inline uint32_t helper_u16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t helper_u32(const uint8_t *p)
{
	return helper_u16(p) | helper_u16(p + 2) << 16;
}

#endif
