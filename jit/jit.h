/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiler: a verified program (RFC 9669) becomes Thumb-2 machine code for ARMv7-M (Arm v7-M
 * Architecture Reference Manual, DDI 0403E; encodings in jit/t2.h), exact in 64 bits, with every access proved or checked and every
 * backward jump and local call charged to the budget. docs/jit.md explains how.
 *
 * The code is position independent and does not depend on where it was made: the same program gives
 * the same bytes on the device and on the host. It needs the routines of runtime.h, and runs on the device
 * only. Functions have no state of their own and may be called from several threads.
 */
#ifndef UB_JIT_JIT_H
#define UB_JIT_JIT_H

#include "abi/engine.h"

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && __ARM_ARCH_ISA_THUMB < 2
#error "jit is for ARMv7-M and ARMv8-M mainline; Cortex-M0, M0+, M1 and M23 have vm: leave jit/ out of the build"
#endif

extern const struct ub_engine jit_engine;
extern const struct ub_engine jit_compact_engine;   /* one version of each loop: less code, which is compiled sooner */
extern const struct ub_engine jit_unchecked_engine; /* no checks, no budget: for measurement only */

enum {
	JIT_UNCHECKED = 1,
	JIT_COMPACT = 2,
	JIT_WALLED = 4, /* for unprivileged code (device/): atomics ask the kernel instead of masking interrupts */
	JIT_WITHOUT = 16, /* << enum jit_repair (compile.h): without that correction; on the host, for tests */
};

/* The options with which an engine compiles. */
uint32_t jit_options(const struct ub_engine *engine);

/* Where the code of a slot begins, offsets in bytes. A loop in two versions (loops.h) has a test before its first slot, and
 * code for every slot in both versions; 0 where there is no such code. */
struct jit_map {
	uint32_t code, test, fast;
};

/* Compiles `program`, which was verified, into `mem` (4-byte aligned, `bytes` long); what the code does not take is scratch
 * memory meanwhile. Returns the length of the code in bytes, or UB_E_COMPILE_* with status and slot in *where. `cpu`:
 * UB_CPU_*; `options`: JIT_UNCHECKED and so on. `map`, if not NULL, has an element for each slot and is filled in. If the
 * memory does not suffice for two versions of loops, each gets one, which is slower. */
int32_t jit_compile(const struct ub_program *program, uint32_t cpu, uint32_t options, uint8_t *mem,
		    uint32_t bytes, struct jit_map *map, struct ub_fault *where);

#endif
