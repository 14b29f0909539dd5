/* SPDX-License-Identifier: BSD-2-Clause */
/* A baseline: the design of Femto-Containers' interpreter (Zandberg et al., Middleware '22), our
 * own code. Handlers are labels, reached through a table of 256 addresses from the one place that
 * advances to the next instruction; registers are an array in memory; every memory access walks a
 * linked list of regions: stack, .data, .rodata, context, then what was granted; taken backward
 * jumps are counted. In its image format lddwd and lddwr add the sections' addresses as the program runs.
 *
 * It has the base instruction set with 32-bit operations, and helpers. Beyond the original, so that
 * what compilers emit can run, it has 32-bit jumps and byte order conversion; results of division
 * by zero, masked shifts and the execution budget follow this project's rules. Programs with local
 * calls, callx, atomics, sign extension, signed division, bswap or gotol are refused by prepare with
 * UB_E_UNSUPPORTED.
 */
#ifndef FEMTO_FEMTO_H
#define FEMTO_FEMTO_H

#include "abi/engine.h"

extern const struct ub_engine femto_engine;

/* Whether the design has every instruction of the program; 0, or UB_E_UNSUPPORTED and its pc. */
int32_t femto_supports(const struct ub_program *program, struct ub_fault *where);

#endif
