// SPDX-License-Identifier: GPL-2.0-or-later

// Package judge asks the device's compiler, on the host, what it makes of a plan: which claims it cannot see, which
// accesses it checks, how much code comes of it.
package judge

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "planner/judge/shim.h"
*/
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/image"
	_ "github.com/ubench-dev/ubench/jit/onepass"
	_ "github.com/ubench-dev/ubench/maps"
	_ "github.com/ubench-dev/ubench/verify"
)

// Judge compiles one program. It is not safe for concurrent use.
type Judge struct {
	loaded *image.Loaded

	// Where the compiler works, by the thousand times for one plan: as 64-bit words, which are aligned.
	text, scratch, code []uint64
	doubts              []C.struct_onepass_doubt
}

// mostDoubts is how many are collected of one plan.
const mostDoubts = 4096

// Rodata is where .rodata lies.
func (j *Judge) Rodata() int64 { return int64(j.loaded.RodataAddr) }

// Data is where .data lies.
func (j *Judge) Data() int64 { return int64(j.loaded.DataAddr) }

// Values is where the values of a map lie.
func (j *Judge) Values(m int) int64 {
	p := C.struct_ub_program{nmaps: C.uint32_t(len(j.loaded.Maps))}
	defs := j.maps()
	var pin runtime.Pinner
	defer pin.Unpin()
	if len(defs) > 0 {
		pin.Pin(&defs[0])
		p.maps = &defs[0]
	}
	var places [C.UB_MAPS_MAX]C.struct_ub_map_place
	C.judge_place(&p, &places[0])
	return int64(places[m].values)
}

// maps are declarations as the device has them, but for names and programs.
func (j *Judge) maps() []C.struct_ub_map_def {
	var defs []C.struct_ub_map_def
	for i, d := range j.loaded.Maps {
		defs = append(defs, C.struct_ub_map_def{_type: C.uint8_t(d.Type), flags: C.uint8_t(d.Flags), key_size: C.uint16_t(d.KeySize),
			value_size: C.uint32_t(d.ValueSize), max_entries: C.uint32_t(d.MaxEntries), name: [C.UB_MAP_NAME_BYTES]C.char{'a' + C.char(i)}})
	}
	return defs
}

// Of loads a program as a device does.
func Of(p *image.Program) (*Judge, error) {
	data, err := p.Encode(abi.Packed)
	if err != nil {
		return nil, err
	}
	l, err := image.Load(abi.Packed, data, 0, false)
	if err != nil {
		return nil, err
	}
	slots := len(l.Text) / 8
	j := &Judge{loaded: l, text: make([]uint64, slots), scratch: make([]uint64, 2*slots+16), code: make([]uint64, 16*slots+1024)}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&j.text[0])), 8*slots), l.Text)
	return j, nil
}

// What of a plan it is that was doubted.
type What uint8

// Kinds of doubts: that a high half is zero, a fact, the context's length, a form in a loop, that the counter was tested
// there, that a turn moves what it should; or that something is read that was given up; that a
// function saves what it writes, where Var is a place.
const (
	Zero   What = C.ONEPASS_ZERO
	Fact   What = C.ONEPASS_FACT
	Length What = C.ONEPASS_LENGTH
	Form   What = C.ONEPASS_FORM
	Tested What = C.ONEPASS_TESTED
	Turn   What = C.ONEPASS_TURN
	Lost   What = C.ONEPASS_LOST
	Saved  What = C.ONEPASS_SAVED
)

// Doubt is a claim the compiler could not see to hold: at a frame, or of a loop.
type Doubt struct {
	Slot  int
	What  What
	Var   uint8
	Known Known // of a fact, or of the length: what the compiler knows instead
}

// Known is what the compiler knows of a variable: a value, or an offset into a region, in [Lo, Hi]; with Bounded, at least
// Slack below the context's length, with Exact not more.
type Known struct {
	Kind           Kind
	Open           bool // of an address: its offset is not known
	Bounded, Exact bool
	Slack          int64
	Times          int // the number times this is Slack below
	Align          int // of a number: it is Lo plus a multiple of 1 << Align
	Lo, Hi         int64
	Length         int64 // the context has so many bytes at least
}

// Kind is what a value is.
type Kind uint8

// Kinds of values, as in jit/onepass/state.h.
const (
	Anything Kind = iota
	Number
	Context
	Stack
	Top // from the top of the stack, where the program's own r10 is
)

// Note is what became of an access.
type Note uint8

// Notes. The slow form of a loop has its own, in the upper four bits.
const (
	Nothing Note = C.ONEPASS_NOTHING
	Proved  Note = C.ONEPASS_PROVED
	InLoop  Note = C.ONEPASS_IN_LOOP
	Checked Note = C.ONEPASS_CHECKED
	Covered Note = C.ONEPASS_COVERED
)

// Verdict is what came of a plan.
type Verdict struct {
	Followed bool
	Reason   string // why not, and
	Slot     int    // where
	Turns    bool   // what was given up is how many turns of a loop are left
	Doubts   []Doubt
	Notes    []Note   // per slot
	Code     []byte   // of the program, whether it follows the plan or not
	Places   []uint32 // per slot: where its code begins in bytes, in the fast form of a loop in the upper 16 bits
}

var reasons = map[C.enum_onepass_reason]string{
	C.ONEPASS_FOLLOWED: "followed", C.ONEPASS_NO_PLAN: "there is none", C.ONEPASS_MALFORMED: "it is malformed",
	C.ONEPASS_READS_LOST: "something is read that it gave up",
	C.ONEPASS_TURNS_LOST: "how many turns of a loop are left is not known where it is left", C.ONEPASS_NOT_THERE: "paths meet where things differ",
	C.ONEPASS_NOT_SAVED:  "a function changes what it does not save",
	C.ONEPASS_FRAME_WORD: "a word of the frame is reached by other ways", C.ONEPASS_TOO_LARGE: "the program is too large for one",
}

// Try compiles the program with a plan, nil for none. With collect all doubts are collected, and there is no code.
func (j *Judge) Try(plan []byte, collect bool) (Verdict, error) {
	l := j.loaded
	slots := len(l.Text) / 8
	var p C.struct_ub_program
	p.slots, p.entry, p.ctx_min = C.uint32_t(slots), C.uint32_t(l.Entry), C.uint32_t(l.CtxMin)
	p.rodata_addr, p.rodata_len = C.uint32_t(l.RodataAddr), C.uint32_t(len(l.Rodata))
	p.data_addr, p.data_len = C.uint32_t(l.DataAddr), C.uint32_t(len(l.Data))
	p.nhelpers, p.nfuncs, p.plan_bytes = C.uint32_t(len(l.Helpers)), C.uint32_t(len(l.Functions)), C.uint32_t(len(plan))

	var pin runtime.Pinner
	defer pin.Unpin()
	if defs := j.maps(); len(defs) > 0 {
		pin.Pin(&defs[0])
		p.maps, p.nmaps = &defs[0], C.uint32_t(len(defs))
	}
	first := func(b []byte) *C.uint8_t {
		if len(b) == 0 {
			return nil
		}
		return (*C.uint8_t)(&b[0])
	}
	list := func(b []uint16) *C.uint16_t {
		if len(b) == 0 {
			return nil
		}
		return (*C.uint16_t)(&b[0])
	}
	v := Verdict{Notes: make([]Note, slots), Places: make([]uint32, slots)}
	var report C.struct_onepass_report
	var to *C.struct_onepass_doubt
	if collect {
		if j.doubts == nil {
			j.doubts = make([]C.struct_onepass_doubt, mostDoubts)
		}
		to = &j.doubts[0]
	}
	status := C.judge_compile(&p, (*C.uint8_t)(unsafe.Pointer(&j.text[0])), first(l.Rodata), first(plan), list(l.Helpers), list(l.Functions),
		(*C.uint8_t)(unsafe.Pointer(&j.scratch[0])), (*C.uint8_t)(unsafe.Pointer(&j.code[0])), C.uint32_t(8*len(j.code)),
		(*C.uint8_t)(unsafe.Pointer(&v.Notes[0])), (*C.uint32_t)(&v.Places[0]), to, mostDoubts, &report)
	if status < 0 {
		return v, abi.Fault{Status: abi.Status(status)}
	}
	for _, d := range j.doubts[:report.ndoubts] {
		v.Doubts = append(v.Doubts, Doubt{int(d.slot), What(d.what), uint8(d.v), Known{Kind(d.kind), d.flags&C.ONEPASS_OPEN != 0,
			d.flags&C.ONEPASS_BOUNDED != 0, d.flags&C.ONEPASS_EXACT != 0, int64(d.slack), int(d.times), int(d.align), int64(d.lo), int64(d.hi), int64(d.length)}})
	}
	v.Followed, v.Reason, v.Slot = report.plan == C.ONEPASS_FOLLOWED, reasons[report.plan], int(report.slot)
	v.Turns = report.plan == C.ONEPASS_TURNS_LOST
	v.Code = append([]byte{}, unsafe.Slice((*byte)(unsafe.Pointer(&j.code[0])), int(status))...)
	return v, nil
}
