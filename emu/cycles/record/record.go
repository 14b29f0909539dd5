// SPDX-License-Identifier: GPL-2.0-or-later

// Package record writes down what a metered program executes, instruction by instruction, so that the meter can be held
// against the model it takes its costs from, and both against a model outside this repository. It is for tests: an
// instruction takes 28 bytes.
package record

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -I${SRCDIR}/../../..
#include "emu/cycles/record/record.h"
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"unsafe"

	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/thumb"
)

// Recorder is a meter that keeps a record. It implements unicorn.Model.
type Recorder struct {
	*meter.Meter
	c *C.struct_record
}

// New makes a recorder for a core.
func New(core unicorn.Core, o cycles.Options) (*Recorder, error) {
	m, err := meter.New(core, o)
	if err != nil {
		return nil, err
	}
	c := C.record_new((*C.struct_unicorn_model)(m.Hooks()))
	if c == nil {
		m.Close()
		return nil, errors.New("record: out of memory")
	}
	return &Recorder{m, c}, nil
}

// Hooks is the C side, for the machine.
func (r *Recorder) Hooks() unsafe.Pointer { return unsafe.Pointer(&r.c.model) }

// Close releases the recorder.
func (r *Recorder) Close() {
	if r.c != nil {
		C.record_free(r.c)
		r.c = nil
	}
	r.Meter.Close()
}

// Step is an instruction that was executed, or skipped.
type Step struct {
	Insn    thumb.Insn
	Skipped bool
	Memory  uint32 // address of its first access
	N, M    uint32 // operands, of divisions and long multiplies
	Next    uint32 // address of the instruction after it
}

// Steps is the record of a program that stopped at pc.
func (r *Recorder) Steps(pc uint32) ([]Step, error) {
	C.record_finish(r.c, C.uint32_t(pc))
	if r.c.failed != 0 {
		return nil, errors.New("record: out of memory")
	}
	steps := make([]Step, r.c.n)
	for i, from := range unsafe.Slice(r.c.insns, int(r.c.n)) {
		var code [4]byte
		binary.LittleEndian.PutUint16(code[:], uint16(from.code[0]))
		binary.LittleEndian.PutUint16(code[2:], uint16(from.code[1]))
		in, err := thumb.Decode(code[:from.size], uint32(from.addr))
		if err != nil {
			return nil, err
		}
		steps[i] = Step{Insn: in, Skipped: from.executed == 0, Memory: uint32(from.memory), N: uint32(from.n),
			M: uint32(from.m), Next: uint32(from.next)}
	}
	return steps, nil
}

// Dynamic is what the model wants to know of the step.
func (s *Step) Dynamic(op *cycles.Op) cycles.Dynamic {
	d := cycles.Dynamic{Skipped: s.Skipped, Region: cycles.RegionOf(s.Memory, 0), Align: uint8(s.Memory & 3)}
	if op.NeedsOperands() && !s.Skipped {
		d.Operands = cycles.MakeOperands(s.Insn.Class, s.N, s.M)
	}
	return d
}
