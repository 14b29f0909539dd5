// SPDX-License-Identifier: GPL-2.0-or-later

// Package native compiles the benchmark kernels as plain C, once per optimisation level, as the
// yardstick for every engine. On the host all levels are compiled alike: only the firmware is
// measured.
package native

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "baseline/native/native.h"
*/
import "C"

import (
	"embed"
	"unsafe"

	_ "github.com/ubench-dev/ubench/abi"        // its headers
	_ "github.com/ubench-dev/ubench/benchmarks" // the kernels
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS

// Engines are the addresses of native_Os_engine, native_O2_engine and native_O3_engine.
func Engines() []unsafe.Pointer {
	return []unsafe.Pointer{
		unsafe.Pointer(&C.native_Os_engine),
		unsafe.Pointer(&C.native_O2_engine),
		unsafe.Pointer(&C.native_O3_engine),
	}
}

// Kernels lists the kernels' names; their order is the index native engines take.
func Kernels() []string {
	names := unsafe.Slice((**C.char)(unsafe.Pointer(&C.native_kernels)), int(C.native_kernel_count))
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = C.GoString(n)
	}
	return out
}
