/* SPDX-License-Identifier: BSD-2-Clause */
/* What a benchmark kernel is compiled with. A kernel is one source, built three times: by clang into an
 * eBPF object, into the firmware as the native code it is compared with (baseline/native), and into
 * WebAssembly (baseline/wasm2c).
 *
 *	uint64_t UB_KERNEL(name)(void *ctx, unsigned long len)
 *
 * gets the benchmark's context, 8-byte aligned, and its length in bytes; its result is r0. It checks once
 * that the context is as long as it claims to be, as a packet filter does, and answers
 * UB_KERNEL_REFUSED if not: native code has no other check. A kernel that calls helpers adds
 * UB_KERNEL_RUN to its parameters. Functions it calls are UB_INLINE, unless calls are its subject.
 */
#ifndef BENCHMARKS_KERNEL_H
#define BENCHMARKS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define UB_KERNEL_REFUSED UINT64_MAX

#define UB_INLINE static inline __attribute__((always_inline))
#define UB_NOINLINE static __attribute__((noinline))

#if defined(__bpf__)

#define UB_KERNEL(name) __attribute__((section("kernel"), used)) name
#define UB_KERNEL_RUN

#elif defined(__wasm__) /* for what baseline/wasm2c measures */

#define UB_KERNEL(name) __attribute__((export_name(#name))) name
#define UB_KERNEL_RUN

#else

#include "abi/port.h"

/* NATIVE_PREFIX is native_Os_, native_O2_ or native_O3_. */
#define UB_KERNEL(name) UB_KERNEL_PASTE(NATIVE_PREFIX, name)
#define UB_KERNEL_PASTE(prefix, name) UB_KERNEL_PASTE_(prefix, name)
#define UB_KERNEL_PASTE_(prefix, name) prefix##name
#define UB_KERNEL_RUN , struct ub_run *run

#endif

/* Whether a context of `len` bytes holds a header and `count` elements of `size` bytes after it. */
UB_INLINE int ub_kernel_fits(unsigned long len, unsigned long header, uint32_t count, uint32_t size)
{
	return len >= header && count <= (len - header) / size;
}

#endif
