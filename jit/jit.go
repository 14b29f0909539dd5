// SPDX-License-Identifier: GPL-2.0-or-later

// Package jit holds the device's compiler (jit.h) and links it into host programs, which can compile
// but not run what came out. It must not know any other engine.
package jit

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/..
#include "jit/jit.h"
#include "jit/runtime.h"
*/
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi" // its headers
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS

// Place says where the code of an instruction is, in bytes. A loop in two forms has a test before its first
// instruction, and code for each in both forms; where there is none, 0. It is struct jit_map.
type Place struct{ Code, Test, Fast uint32 }

// Routine is one of the firmware's routines that compiled code calls (runtime.h).
type Routine struct {
	Name string
	Data int // halfwords behind each call, which the routine reads: the slot of the instruction, if two, comes first
}

var routines = map[uint32]Routine{C.JIT_CHECK: {"check", 2}, C.JIT_FAULT: {"fault", 2},
	C.JIT_HELPER: {"helper", 2}, C.JIT_HELPER5: {"helper", 2}, C.JIT_DIVIDE: {"divide", 1}, C.JIT_OUT_OF_BUDGET: {"out of budget", 0}}

// RoutineAt is the routine whose address is at an offset in struct ub_run.
func RoutineAt(offset uint32) (r Routine, ok bool) {
	r, ok = routines[(offset-C.UB_RUN_ROUTINES)/4]
	return r, ok
}
