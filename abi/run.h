/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of a program: what it is granted, and what came of it. */
#ifndef UB_ABI_RUN_H
#define UB_ABI_RUN_H

#include "abi/compiler.h"
#include "abi/helpers.h"
#include "abi/program.h"

enum { UB_READ = 1, UB_WRITE = 2 };

/* Memory a program may use: [start, start + len) of the device's address space. */
struct ub_region {
	uint32_t start;
	uint32_t len;
	uint32_t rights; /* UB_READ | UB_WRITE */
};

/* Regions a run always has, in this order (len 0 where a program has none), then up to 16 granted ones. */
enum { UB_REGION_STACK, UB_REGION_CTX, UB_REGION_RODATA, UB_REGION_DATA, UB_REGION_GRANTED, UB_REGIONS_MAX = 20 };

/* Engines may keep a callee's saved registers here: below the stack, outside every region. */
enum { UB_STACK_BYTES = UB_FRAMES_MAX * UB_FRAME_BYTES, UB_SAVE_BYTES = UB_FRAMES_MAX * 40 };

enum { UB_ROUTINES = 6 };

struct maps;
struct ub_run;

/* A helper takes the low 32 bits of r1..r5 and returns r0. One that must stop the program sets
 * run->fault.status (and .addr); the engine fills in the pc. */
typedef uint64_t (*ub_helper)(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4,
			      uint32_t r5);

/* Generated code addresses these fields by offset: the words come first, at offsets that are the
 * same on device and host (UB_RUN_* below, checked where the struct is compiled). */
struct ub_run {
	struct ub_fault fault;  /* status 0 while all is well */
	uint32_t budget;        /* taken backward jumps and local calls left: the run may do so many */
	uint64_t r0;            /* result */
	uint32_t ctx_addr;      /* r1 at entry */
	uint32_t ctx_len;       /* r2 at entry */
	uint32_t stack_top;     /* r10 at entry; the stack lies below it */
	uint32_t nregions;
	struct ub_region regions[UB_REGIONS_MAX];
	uint32_t helper;        /* index of the helper that is called: engines say it before they call */
	volatile uint32_t stop; /* not 0: end at the next call of a helper that looks (ubpf.h) */
	/* Pointers last: their width differs between device and host. */
	const ub_helper *helpers; /* by UB_HELPER_AT(id), as far as ids on allow-lists go */
	void *env;                /* what helpers work on */
	uintptr_t base;           /* host: what a C pointer is more than a device address (port.h); device: unused, 0 */
	/* The running engine's own: what code it made calls, and the C stack it goes back to. */
	void (*routines[UB_ROUTINES])(void);
	void *stack;
	uint32_t work; /* of helpers, in units (SPEC.md, Helpers), still allowed: the budget, once more */
	/* Where checks of compiled code last found an address, [0] that may be read, [1] that may be written as well:
	 * regions do not change during a run. Empty when it begins. */
	struct ub_found {
		uint32_t start, len;
	} found[2];
	struct maps *maps; /* of the program (maps/maps.h), NULL if it has none */
};

/* The region that [addr, addr + bytes) lies in and that has the rights, or NULL. */
static inline const struct ub_region *ub_region_of(const struct ub_run *run, uint32_t addr, uint32_t bytes, uint32_t rights)
{
	const struct ub_region *r = run->regions, *end = r + run->nregions;

	for (; r < end; r++)
		if (r->len >= bytes && addr - r->start <= r->len - bytes && (r->rights & rights) == rights)
			return r;
	return NULL;
}

enum {
	UB_RUN_STATUS = 0, UB_RUN_PC = 4, UB_RUN_ADDR = 8, UB_RUN_BUDGET = 12, UB_RUN_R0 = 16,
	UB_RUN_CTX_ADDR = 24, UB_RUN_CTX_LEN = 28, UB_RUN_STACK_TOP = 32, UB_RUN_NREGIONS = 36,
	UB_RUN_REGIONS = 40, UB_RUN_HELPER = UB_RUN_REGIONS + 12 * UB_REGIONS_MAX, UB_RUN_HELPERS = UB_RUN_HELPER + 8,
	UB_RUN_ROUTINES = UB_RUN_HELPERS + 12, UB_RUN_STACK = UB_RUN_ROUTINES + 4 * UB_ROUTINES,
	UB_RUN_WORK = UB_RUN_STACK + 4, UB_RUN_FOUND = UB_RUN_WORK + 4, UB_RUN_BYTES = UB_RUN_FOUND + 16, /* these four on the device only */
};
UB_STATIC_ASSERT(offsetof(struct ub_run, fault.status) == UB_RUN_STATUS, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, fault.pc) == UB_RUN_PC, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, fault.addr) == UB_RUN_ADDR, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, budget) == UB_RUN_BUDGET, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, r0) == UB_RUN_R0, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, ctx_addr) == UB_RUN_CTX_ADDR, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, ctx_len) == UB_RUN_CTX_LEN, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, stack_top) == UB_RUN_STACK_TOP, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, nregions) == UB_RUN_NREGIONS, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, regions) == UB_RUN_REGIONS, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, helper) == UB_RUN_HELPER, layout);
UB_STATIC_ASSERT(offsetof(struct ub_run, helpers) == UB_RUN_HELPERS, layout);
UB_STATIC_ASSERT(sizeof(void *) > 4 || offsetof(struct ub_run, routines) == UB_RUN_ROUTINES, layout);
UB_STATIC_ASSERT(sizeof(void *) > 4 || offsetof(struct ub_run, stack) == UB_RUN_STACK, layout);
UB_STATIC_ASSERT(sizeof(void *) > 4 || offsetof(struct ub_run, work) == UB_RUN_WORK, layout);
UB_STATIC_ASSERT(sizeof(void *) > 4 || offsetof(struct ub_run, found) == UB_RUN_FOUND, layout);

#endif
