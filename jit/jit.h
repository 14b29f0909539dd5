/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiler: a verified program becomes Thumb-2 machine code for ARMv7-M, exact in 64 bits, with
 * every access proved or checked and every loop paying into the budget.
 *
 * The code is position independent and does not depend on where it was made: the same program gives
 * the same bytes on the device and on the host. It runs by the routines of runtime.h, on the device
 * only.
 */
#ifndef UB_JIT_JIT_H
#define UB_JIT_JIT_H

#include "abi/engine.h"

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && __ARM_ARCH_ISA_THUMB < 2
#error "jit is for ARMv7-M and ARMv8-M mainline; Cortex-M0, M0+, M1 and M23 have vm: leave jit/ out of the build"
#endif

extern const struct ub_engine jit_engine;
extern const struct ub_engine jit_compact_engine;   /* each loop in one form: less code, and sooner there */
extern const struct ub_engine jit_unchecked_engine; /* no checks, no budget: for measurement only */

enum {
	JIT_UNCHECKED = 1,
	JIT_COMPACT = 2,
	JIT_WALLED = 4, /* for behind walls (device/): asks the kernel where other code masks interrupts */
	JIT_WITHOUT = 16, /* << enum jit_repair (compile.h): without that repair; on the desk, for tests */
};

/* What an engine is of these. */
uint32_t jit_options(const struct ub_engine *engine);

/* Where the code of a slot is, in bytes. A loop in two forms (loops.h) has a test before its first slot, and
 * code for every slot in both; where there is none, 0. */
struct jit_map {
	uint32_t code, test, fast;
};

/* Compiles `program` into `mem` (4-byte aligned), the rest of which is scratch meanwhile. Returns the
 * bytes of code, or UB_E_COMPILE_* with *where filled in. `cpu`: UB_CPU_*; `options`: JIT_UNCHECKED and so on.
 * `map`, if not NULL, takes the places of the code of each slot. Less memory than there is room for
 * loops in two forms (loops.h) gives other code, which is slower, rather than none. */
int32_t jit_compile(const struct ub_program *program, uint32_t cpu, uint32_t options, uint8_t *mem,
		    uint32_t bytes, struct jit_map *map, struct ub_fault *where);

#endif
