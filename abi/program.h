/* SPDX-License-Identifier: BSD-2-Clause */
/* A program in device memory, as the image reader leaves it and the verifier completes it. */
#ifndef UB_ABI_PROGRAM_H
#define UB_ABI_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "abi/compiler.h"
#include "abi/isa.h"
#include "abi/maps.h"
#include "abi/status.h"

/* Memory owned by the caller, handed out from the bottom. `mem` is how C reaches the bytes,
 * `addr` the device address of mem[0]; on the device they are the same. */
struct ub_arena {
	uint8_t *mem;
	uint32_t addr;
	uint32_t size; /* bytes */
	uint32_t used; /* bytes handed out; may be set back to release */
};

/* `bytes` of uninitialised memory, 8-byte aligned, or NULL when the arena is
 * full. The device address is a->addr + (p - a->mem). */
static inline void *ub_arena_take(struct ub_arena *a, uint32_t bytes)
{
	uint32_t at = (a->used + 7u) & ~7u;
	if (at < a->used || at > a->size || bytes > a->size - at)
		return NULL;
	a->used = at + bytes;
	return a->mem + at;
}

static inline uint32_t ub_arena_addr(const struct ub_arena *a, const void *p)
{
	return a->addr + (uint32_t)((const uint8_t *)p - a->mem);
}

/* What the verifier found out (ub_program.flags). */
enum {
	UB_PROGRAM_VERIFIED = 1 << 0,
	UB_PROGRAM_LOCAL_CALLS = 1 << 1, /* call local or callx occurs */
	UB_PROGRAM_CALLX = 1 << 2,
	UB_PROGRAM_HELPER_CALLS = 1 << 3,
	UB_PROGRAM_ATOMICS = 1 << 4,
	UB_PROGRAM_LOOPS = 1 << 5,        /* a backward jump occurs */
	UB_PROGRAM_FRAME_ESCAPES = 1 << 6, /* r10 is used other than as the base of ld/st */
	UB_PROGRAM_FEMTO = 1 << 7,        /* text has lddwd/lddwr left unresolved (femto engine only) */
	UB_PROGRAM_OWN_HELPERS = 1 << 8,  /* set behind the verifier: ids are not those of abi/helpers.h, and nothing is known of them */
};

struct ub_program {
	/* Set by the image reader. */
	const struct ub_insn *text;
	uint32_t slots;
	uint32_t entry; /* slot */
	uint32_t rodata_addr, rodata_len;
	const uint8_t *rodata;  /* the same as compilers see it; NULL: not theirs to read */
	uint32_t data_addr, data_len; /* .data then .bss, writable */
	uint32_t ctx_min;             /* shortest context the program accepts, bytes */
	const uint16_t *helpers;      /* allow-list of helper ids, ascending; NULL: none allowed */
	uint32_t nhelpers;
	/* Function entries, ascending slots. The reader may set those only it can know (pointers in
	 * data); the verifier replaces the list by the whole one. Functions are the intervals between. */
	const uint16_t *funcs;
	uint32_t nfuncs;
	/* What the host found out about the program (SPEC.md, the plan): bytes that nobody has looked at. NULL: none. */
	const uint8_t *plan;
	uint32_t plan_bytes;
	const struct ub_map_def *maps; /* as they are declared; an lddw of one has UB_MAP_HANDLE(index) */
	uint32_t nmaps;
	/* Set by the verifier. */
	uint32_t flags;
	uint32_t stack_use; /* bytes below the top of the stack the program may touch; the rest is not granted */
	/* Set by who makes the maps, while it is compiled: where each of them lies. NULL: compilers know of none. */
	const struct ub_map_place *map_places;
};

/* Where and why something was refused or stopped. */
struct ub_fault {
	int32_t status; /* enum ub_status */
	uint32_t pc;    /* slot */
	uint32_t addr;  /* device address, for access faults */
};

#endif
