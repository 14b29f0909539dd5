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
	"unsafe"

	_ "ubench/abi"
	_ "ubench/benchmarks"
)

// Kernels lists the kernels' names; their order is the index native engines take.
func Kernels() []string {
	names := unsafe.Slice((**C.char)(unsafe.Pointer(&C.native_kernels)), int(C.native_kernel_count))
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = C.GoString(n)
	}
	return out
}
