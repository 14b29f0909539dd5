// SPDX-License-Identifier: GPL-2.0-or-later

package jittest

/*
#include <stdlib.h>

#include "internal/jittest/shim.h"
*/
import "C"

import (
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
)

// Report is what the compiler in one pass says of a plan.
type Report struct {
	Plan  string // what became of it
	Slot  int    // where it was refused
	Notes []byte // per slot: enum onepass_note
}

var reasons = map[C.enum_onepass_reason]string{C.ONEPASS_FOLLOWED: "followed", C.ONEPASS_NO_PLAN: "no plan",
	C.ONEPASS_MALFORMED: "malformed", C.ONEPASS_READS_LOST: "reads what is lost", C.ONEPASS_TURNS_LOST: "turns lost", C.ONEPASS_NOT_THERE: "not there",
	C.ONEPASS_NOT_SAVED: "not saved", C.ONEPASS_FRAME_WORD: "frame word", C.ONEPASS_TOO_LARGE: "too large"}

// CompileOnepass verifies a program and compiles it by its plan, if that is not nil, into memory, of which the code is
// then the beginning.
func CompileOnepass(p Program, plan, memory []byte) (code []byte, report Report, fault abi.Fault) {
	program, free := p.c()
	defer free()
	if plan != nil {
		bytes := C.CBytes(plan)
		defer C.free(bytes)
		program.plan, program.plan_bytes = (*C.uint8_t)(bytes), C.uint32_t(len(plan))
	}
	notes := C.calloc(C.size_t(program.slots)+1, 1)
	defer C.free(notes)
	c := C.struct_onepass_report{notes: (*C.uint8_t)(notes)}
	var where C.struct_ub_fault
	var options C.uint32_t
	if p.Unchecked {
		options |= C.ONEPASS_UNCHECKED
	}
	if p.Walled {
		options |= C.ONEPASS_WALLED
	}
	n := C.jittest_onepass(&program, options, (*C.uint8_t)(unsafe.SliceData(memory)), C.uint32_t(len(memory)), &c, &where)
	report = Report{reasons[c.plan], int(c.slot), C.GoBytes(notes, C.int(program.slots))}
	if n < 0 {
		return nil, report, abi.Fault{Status: abi.Status(n), PC: uint32(where.pc), Addr: uint32(where.addr)}
	}
	return memory[:n], report, abi.Fault{}
}
