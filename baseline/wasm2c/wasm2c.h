/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark kernels through WebAssembly, ahead of time: clang compiles them for wasm32, wasm2c (Debian's
 * wabt) makes C of the module, and the firmware's compiler machine code of that, at -O2. Every access is
 * compared with the size of linear memory, every indirect call is checked; nothing bounds how long
 * a kernel runs. It is what people ask for instead of eBPF, so it is measured beside it.
 *
 * Like native engines it takes no program: program->entry is an index into native_kernels.
 */
#ifndef WASM2C_WASM2C_H
#define WASM2C_WASM2C_H

#include "abi/engine.h"

extern const struct ub_engine wasm2c_engine;

#endif
