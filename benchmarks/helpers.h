/* SPDX-License-Identifier: BSD-2-Clause */
/* How kernels call helpers: eBPF programs by id, native code through the same table of the run, by
 * the same functions, with the same 32-bit arguments. What helpers write to must lie in the
 * context, because native code's stack is no memory of the program.
 */
#ifndef BENCHMARKS_HELPERS_H
#define BENCHMARKS_HELPERS_H

#include "abi/helpers.h"

#if defined(__bpf__)

/* Ids as constants, which calls need. */
enum {
#define UB_HELPER_ID(name, id, arguments) UB_HELPER_ID_##name = (id),
	UB_HELPERS(UB_HELPER_ID)
#undef UB_HELPER_ID
};
typedef uint64_t (*ub_kernel_helper)(uint64_t r1, uint64_t r2);
#define UB_HELPER_CALL(name, a, b) (((ub_kernel_helper)UB_HELPER_ID_##name)((uint64_t)(a), (uint64_t)(b)))
#define UB_HELPER_ADDR(p) ((uint64_t)(p))

#elif defined(__wasm__)

/* Imported functions: by index, and what makes a device address of one in linear memory. */
__attribute__((import_module("env"), import_name("helper"))) uint64_t ub_wasm_helper(uint32_t index, uint32_t r1, uint32_t r2);
__attribute__((import_module("env"), import_name("address"))) uint32_t ub_wasm_address(uint32_t p);
#define UB_HELPER_CALL(name, a, b) ub_wasm_helper(UB_HELPER_##name, (uint32_t)(a), (uint32_t)(b))
#define UB_HELPER_ADDR(p) ub_wasm_address((uint32_t)(p))

#else

#define UB_HELPER_CALL(name, a, b) (run->helpers[UB_HELPER_##name](run, (uint32_t)(a), (uint32_t)(b), 0, 0, 0))
#define UB_HELPER_ADDR(p) ((uint32_t)((uintptr_t)(p) - (uintptr_t)run->base))

#endif

#endif
