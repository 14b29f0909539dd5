/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark kernels as plain C, the yardstick every other engine is measured with. One engine
 * per optimisation level. They take no program: prepare reads the index into native_kernels from
 * program->entry, and UB_E_KERNEL answers one out of range.
 *
 * Native code checks no access; a kernel checks only that its context is as long as it says.
 */
#ifndef NATIVE_NATIVE_H
#define NATIVE_NATIVE_H

#include "abi/engine.h"

extern const struct ub_engine native_Os_engine, native_O2_engine, native_O3_engine;

/* Names of the kernels; a kernel's index is the same at every level. */
extern const char *const native_kernels[];
extern const uint32_t native_kernel_count;

/* A kernel, and one that calls helpers: they reach those through `run`, as engines do. */
typedef uint64_t (*native_kernel)(void *ctx, unsigned long len);
typedef uint64_t (*native_kernel_with_helpers)(void *ctx, unsigned long len, struct ub_run *run);

/* One of the two is set. */
struct native_entry {
	native_kernel plain;
	native_kernel_with_helpers with_helpers;
};

/* What the engines share: prepare, and run with one level's table of kernels. */
int32_t native_prepare(const struct ub_engine *engine, const struct ub_program *program,
		       struct ub_arena *arena, uint32_t cpu, struct ub_prepared *out,
		       struct ub_fault *where);
int32_t native_run(const struct native_entry *kernels, const struct ub_prepared *prepared,
		   struct ub_run *run);

#endif
