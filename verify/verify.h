/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks a program before any engine sees it, on the device. What it accepts, engines rely on:
 *
 * - every opcode, register, reserved field and immediate is valid (RFC 9669);
 * - jumps stay in their function and hit instructions, calls hit instructions;
 * - r10 is never written, and accesses based on it lie in the 512 bytes of the frame;
 * - control cannot run off the end of a function;
 * - helpers are known and on the program's allow-list;
 * - chains of direct local calls need at most 8 frames (recursion is caught at run time).
 *
 * It does not follow values: memory, callx and loops are bounded by the engines, at run time.
 */
#ifndef UB_VERIFY_VERIFY_H
#define UB_VERIFY_VERIFY_H

#include "abi/program.h"

/* Returns 0 and completes the program (funcs, flags, stack_use), or a negative status with *where
 * telling the slot. Only UB_PROGRAM_FEMTO of p->flags is read; with it, and if the engine can run
 * them (engine_caps, abi/engine.h), lddwd and lddwr are accepted.
 *
 * Keeps 2 bytes per function from the arena; uses an eighth of a byte per slot, then 8 bytes per
 * function, as scratch. Time is linear in the number of slots, but for looking up call targets
 * and helper ids by bisection. */
int32_t verify_program(struct ub_program *p, uint32_t engine_caps, struct ub_arena *arena,
		       struct ub_fault *where);

/* Bytes of an aligned arena that verifying such a program took at most. */
static inline uint32_t verify_memory(const struct ub_program *p)
{
	uint32_t bits = (((p->slots + 31) / 32 * 4 + 7) & ~7u) + 2 * p->nfuncs, nodes = ((2 * p->nfuncs + 7) & ~7u) + 8 * p->nfuncs;

	return p->flags & UB_PROGRAM_LOCAL_CALLS && nodes > bits ? nodes : bits;
}

#endif
