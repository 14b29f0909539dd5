/* SPDX-License-Identifier: BSD-2-Clause */
/* A baseline: the design of rbpf as the µBPF paper extended and measured it for microcontrollers
 * (github.com/SzymonKubica/rbpf-for-microcontrollers, our own code). Each step builds a struct from
 * the eight bytes of an instruction, every register access is checked against the number of
 * registers, and every memory access walks a vector of regions: the stack, the context, what was
 * granted, .rodata and .data.
 *
 * It has the base instruction set, 32-bit operations and jumps, local calls and helpers. What rbpf
 * has not (atomics, sign extension, signed division, bswap, gotol, callx) prepare refuses with
 * UB_E_UNSUPPORTED. The execution budget, frames of local calls and the results of division by
 * zero are this project's rules, not rbpf's.
 */
#ifndef RBPF_RBPF_H
#define RBPF_RBPF_H

#include "abi/engine.h"

extern const struct ub_engine rbpf_engine;

/* The optimisations the paper tried on it, one each: instructions read in place, without looking for
 * the end of the text, and memory checks that try the region found last before they walk the vector. */
extern const struct ub_engine rbpf_decode_engine, rbpf_cache_engine;

/* Whether the design has every instruction of the program; 0, or UB_E_UNSUPPORTED and its pc. */
int32_t rbpf_supports(const struct ub_program *program, struct ub_fault *where);

#endif
