// SPDX-License-Identifier: GPL-2.0-or-later

// Package meter runs the model of package cycles along with a program on an emulated machine. It charges
// whole blocks of code from a table and asks the model only for what it has not seen before.
package meter

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -I${SRCDIR}/../../..
#include "emu/cycles/meter/meter.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"slices"
	"unsafe"

	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/thumb"
)

// Label says how far to trust the cycles; every table that prints them carries it, or what Meter.Label says
// where options were chosen.
const Label = "modelled, zero wait states"

// AliasLabel is what Label adds once SRAM is seen at address 0: when code and data meet at one memory is modelled, and was not
// held against silicon (rule 21).
const AliasLabel = ", code in SRAM fetched at address 0 (not validated)"

// Meter implements unicorn.Model.
type Meter struct {
	c      *C.struct_meter
	handle cgo.Handle
	model  *cycles.Model
	blocks []block
	states []cycles.State
	known  map[cycles.State]uint32
	float  bool
}

// block is what Go knows of a block.
type block struct {
	ops     []cycles.Op
	skip    []bool // conditional, inside an IT block
	byplace map[uint16]int
}

// New makes a meter for a core.
func New(core unicorn.Core, options cycles.Options) (*Meter, error) {
	m := &Meter{model: &cycles.Model{Core: cycles.CortexM4, Options: options}, known: map[cycles.State]uint32{}}
	if core == unicorn.CortexM3 {
		m.model.Core = cycles.CortexM3
	}
	m.intern(cycles.Reset())
	m.handle = cgo.NewHandle(m)
	m.c = C.meter_new(C.uintptr_t(m.handle))
	if m.c == nil {
		m.handle.Delete()
		return nil, errors.New("meter: out of memory")
	}
	m.fillAlike()
	art := &m.c.at.art
	art.wait, art.line_bytes = C.uint32_t(options.FlashWaitStates), C.uint32_t(cycles.ART.LineBytes)
	art.code.lines, art.data.lines = C.uint32_t(cycles.ART.CodeLines), C.uint32_t(cycles.ART.DataLines)
	return m, nil
}

// longMultiplies are the rows of the table of operands that are alike, behind that of divisions.
var longMultiplies = [...]thumb.Class{thumb.MulLong, thumb.MulLongSigned, thumb.MulAddLong, thumb.MulAddLongSigned}

// fillAlike finds, for each description of operands, the first one that takes as long.
func (m *Meter) fillAlike() {
	for row := range m.c.alike {
		first := map[int32]C.uint16_t{}
		for o := range m.c.alike[row] {
			cost := cycles.Divide(cycles.Operands(o))
			if row > 0 {
				cost = cycles.MultiplyLong(longMultiplies[row-1], cycles.Operands(o))
			}
			if _, ok := first[cost]; !ok {
				first[cost] = C.uint16_t(o)
			}
			m.c.alike[row][o] = first[cost]
		}
	}
}

// Hooks is the C side, for the machine.
func (m *Meter) Hooks() unsafe.Pointer { return unsafe.Pointer(&m.c.model) }

// Label says what the cycles are.
func (m *Meter) Label() string {
	label := Label
	if n := m.model.FlashWaitStates; n > 0 {
		label = fmt.Sprintf("modelled, %d flash wait states and cache, not validated", n)
	}
	if m.model.FetchAtFlashSpeed {
		label += ", code in SRAM fetched at flash speed"
	}
	if m.c != nil && m.c.alias > 0 && !m.model.FetchAtFlashSpeed {
		label += AliasLabel
	}
	return label
}

// Close releases the meter.
func (m *Meter) Close() {
	if m.c != nil {
		C.meter_free(m.c)
		m.c = nil
		m.handle.Delete()
	}
}

// Cycles is the total after a run that stopped at pc.
func (m *Meter) Cycles(pc uint32) uint64 {
	C.meter_finish(m.c, C.uint32_t(pc))
	return uint64(m.c.at.cycles)
}

// Readings are the values of DWT CYCCNT the program was given, at most 65536.
func (m *Meter) Readings() []uint32 { return m.readings(C.UNICORN_CYCCNT) }

// SysTickReadings are those of SysTick's counter, which counts down.
func (m *Meter) SysTickReadings() []uint32 { return m.readings(C.UNICORN_SYSTICK) }

func (m *Meter) readings(counter int) []uint32 {
	from := &m.c.readings[counter]
	r := make([]uint32, from.n)
	for i := range r {
		r[i] = uint32(from.values[i])
	}
	return r
}

// StackLow is the lowest address the program stored to through SP or reserved by subtracting from it; false
// if it did neither.
func (m *Meter) StackLow() (uint32, bool) {
	return uint32(m.c.sp_low), m.c.sp_low != 0xffffffff
}

// Float tells whether floating-point instructions were executed, whose times were not validated.
func (m *Meter) Float() bool { return m.float }

// Spent is what an instruction cost in all its executions.
type Spent struct {
	Executions uint64
	Cycles     uint64
	Class      thumb.Class
	Insn       thumb.Insn
}

// Gate limits Profile to what is executed from one of the addresses in opens, of which there are at most 4, until
// code in [closes, end) is executed. It is for a meter that has not run yet.
func (m *Meter) Gate(opens []uint32, closes, end uint32) {
	g := &m.c.gate
	for i, addr := range opens {
		g.opens[i] = C.uint32_t(addr)
	}
	g.nopens, g.closes, g.end = C.uint32_t(len(opens)), C.uint32_t(closes), C.uint32_t(end)
	m.c.at.closed = 1
}

// KeepPaths makes Samples tell executions apart by what called what. It is for a meter that has not run yet.
func (m *Meter) KeepPaths() error {
	if C.meter_keep_paths(m.c) != 0 {
		return errors.New("meter: out of memory")
	}
	return nil
}

// Handler is what entering an exception handler and returning from it took: no instruction did.
type Handler struct {
	Addr          uint32
	Times, Cycles uint64 // entries and returns
}

// Handlers are those of the exceptions that were taken.
func (m *Meter) Handlers() []Handler {
	var list []Handler
	for _, h := range m.c.handlers {
		if h.times > 0 {
			list = append(list, Handler{uint32(h.addr), uint64(h.times), uint64(h.cycles)})
		}
	}
	return list
}

// Asleep are the cycles the core slept, waiting for interrupts.
func (m *Meter) Asleep() uint64 { return uint64(m.c.asleep) }

// Clear forgets what Profile and Samples tell, and goes on counting.
func (m *Meter) Clear() { C.meter_clear(m.c) }

// Profile adds up executions and cycles by instruction.
func (m *Meter) Profile() map[uint32]Spent {
	total := map[uint32]Spent{}
	m.each(func(e *C.struct_meter_entry, b *block, added []int32) {
		for i := range b.ops {
			s := total[b.ops[i].Addr]
			s.add(uint64(e.hits), added[i], &b.ops[i])
			total[b.ops[i].Addr] = s
		}
	})
	for b := m.c.all_blocks; b != nil; b = b.all {
		if b.waits > 0 {
			s := total[uint32(b.addr)]
			s.Cycles += uint64(b.waits)
			total[uint32(b.addr)] = s
		}
	}
	return total
}

// Place is an instruction on a path of calls.
type Place struct {
	Addr uint32
	Path uint32 // for Calls
}

// Samples adds up executions and cycles by instruction and path, if KeepPaths was called; waits for flash are on no path.
func (m *Meter) Samples() map[Place]Spent {
	total := map[Place]Spent{}
	m.each(func(e *C.struct_meter_entry, b *block, added []int32) {
		for h := e.by_path; h != nil; h = h.next {
			for i := range b.ops {
				at := Place{b.ops[i].Addr, uint32(h.path)}
				s := total[at]
				s.add(uint64(h.hits), added[i], &b.ops[i])
				total[at] = s
			}
		}
	})
	for b := m.c.all_blocks; b != nil; b = b.all {
		if at := (Place{Addr: uint32(b.addr)}); b.waits > 0 {
			s := total[at]
			s.Cycles += uint64(b.waits)
			total[at] = s
		}
	}
	return total
}

// Calls are the addresses of the calls on a path, the last one first.
func (m *Meter) Calls(path uint32) []uint32 {
	var calls []uint32
	for paths := unsafe.Slice(m.c.paths, int(m.c.npaths)); path != 0; path = uint32(paths[path].parent) {
		calls = append(calls, uint32(paths[path].call))
	}
	return calls
}

func (s *Spent) add(hits uint64, added int32, op *cycles.Op) {
	s.Executions += hits
	s.Cycles += uint64(int64(added) * int64(hits))
	s.Class, s.Insn = op.Class, op.Insn
}

// each visits what was executed, with the cycles each instruction added.
func (m *Meter) each(visit func(e *C.struct_meter_entry, b *block, added []int32)) {
	for e := m.c.all_entries; e != nil; e = e.all {
		if e.hits == 0 {
			continue
		}
		b := &m.blocks[e.block.id]
		trace := unsafe.Slice((*uint16)(unsafe.Pointer(uintptr(unsafe.Pointer(e))+C.sizeof_struct_meter_entry)), int(e.events))
		added := make([]int32, len(b.ops))
		m.model.Block(m.states[e.state], b.ops, b.dynamic(trace), uint32(e.next), nil, added)
		visit(e, b, added)
	}
}

func (m *Meter) intern(s cycles.State) uint32 {
	id, ok := m.known[s]
	if !ok {
		id = uint32(len(m.states))
		m.states = append(m.states, s)
		m.known[s] = id
	}
	return id
}

// dynamic reads a trace.
func (b *block) dynamic(trace []uint16) []cycles.Dynamic {
	d := make([]cycles.Dynamic, len(b.ops))
	for i := range d {
		d[i].Skipped = b.skip[i]
	}
	for at := 0; at < len(trace); at++ {
		event := trace[at]
		i, ok := b.byplace[event>>6]
		if !ok {
			continue
		}
		switch event >> 4 & 3 {
		case C.METER_MEMORY:
			d[i].Region, d[i].Align = cycles.Region(event>>2&3), uint8(event&3)
		case C.METER_REMAPPED:
			d[i].Region, d[i].Align = cycles.AliasRegion+cycles.Region(event>>2&3), uint8(event&3)
		case C.METER_EXECUTED:
			d[i].Skipped = false
		case C.METER_OPERANDS:
			if at++; at < len(trace) {
				d[i].Operands = cycles.Operands(trace[at])
			}
		}
	}
	return d
}

func meterOf(handle C.uintptr_t) *Meter { return cgo.Handle(handle).Value().(*Meter) }

// reserved is how much SUB SP, SP, #immediate takes off SP; 0 of other instructions. DDI 0403 A7.7.177.
func reserved(in thumb.Insn) uint32 {
	low := in.Raw&0xff | in.Raw>>12&7<<8 | in.Raw>>26&1<<11
	switch {
	case in.Size == 2 && in.Raw&0xff80 == 0xb080: // T1
		return in.Raw & 0x7f * 4
	case in.Size == 4 && in.Raw&0xfbef8f00 == 0xf1ad0d00: // T2
		return thumb.ExpandImmediate(low)
	case in.Size == 4 && in.Raw&0xfbff8f00 == 0xf2ad0d00: // T3
		return low
	}
	return 0
}

// direct tells of branches that name their target: they do not return.
func direct(c thumb.Class) bool {
	switch c {
	case thumb.Branch, thumb.BranchCond, thumb.CompareBranch, thumb.Call, thumb.TableBranch, thumb.AddPC:
		return true
	}
	return false
}

//export meterDecode
func meterDecode(handle C.uintptr_t, c *C.struct_meter_block, code unsafe.Pointer, watch *C.struct_meter_watch) {
	m := meterOf(handle)
	bytes := unsafe.Slice((*byte)(code), int(c.size))
	watches := unsafe.Slice(watch, (len(bytes)+1)/2)
	b := block{byplace: map[uint16]int{}}
	m.model.Alias = uint32(m.c.alias)
	it := thumb.ITState(c.it_before)
	for at := 0; at < len(bytes); {
		in, err := thumb.Decode(bytes[at:], uint32(c.addr)+uint32(at))
		if err != nil {
			break
		}
		op := m.model.Prepare(in)
		conditional := it.Cond() != thumb.AL
		w := &watches[at/2]
		if conditional {
			w.conditional = 1
		}
		switch in.Class {
		case thumb.Store, thumb.StoreMultiple, thumb.StoreDual:
			if in.Address == thumb.Reg(thumb.SP) {
				w.stack = 1
			}
		}
		w.reserve = C.uint32_t(reserved(in))
		if op.NeedsOperands() {
			n, mm := in.Operands()
			w.n, w.m, w.operands = C.uint8_t(n), C.uint8_t(mm), C.METER_MULTIPLY
			w.alike = C.uint8_t(slices.Index(longMultiplies[:], in.Class) + 1)
			switch in.Class {
			case thumb.Div:
				w.operands = C.METER_DIVIDE
			case thumb.DivSigned:
				w.operands = C.METER_DIVIDE_SIGNED
			}
		}
		m.float = m.float || in.Class == thumb.Coprocessor
		b.byplace[uint16(at/2)] = len(b.ops)
		b.ops = append(b.ops, op)
		b.skip = append(b.skip, conditional)
		it = it.Next(&in)
		at += int(in.Size)
	}
	if n := len(b.ops); n > 0 && (b.ops[n-1].Class == thumb.Call || b.ops[n-1].Class == thumb.CallReg) {
		c.call = C.uint32_t(b.ops[n-1].Addr)
	}
	if n := len(b.ops); n == 0 || !direct(b.ops[n-1].Class) {
		c.leaves = 1
	}
	c.it_after = C.uint8_t(it)
	c.id = C.uint32_t(len(m.blocks))
	m.blocks = append(m.blocks, b)
}

//export meterCharge
func meterCharge(handle C.uintptr_t, id, state C.uint32_t, trace *C.uint16_t, events, next C.uint32_t, exit *C.uint32_t) C.uint32_t {
	m := meterOf(handle)
	b := &m.blocks[id]
	d := b.dynamic(unsafe.Slice((*uint16)(trace), int(events)))
	s, added := m.model.Block(m.states[state], b.ops, d, uint32(next), nil, nil)
	*exit = C.uint32_t(m.intern(s))
	return C.uint32_t(added)
}

//export meterInside
func meterInside(handle C.uintptr_t, id, state C.uint32_t, trace *C.uint16_t, events, offset C.uint32_t) C.uint32_t {
	m := meterOf(handle)
	b := &m.blocks[id]
	i, ok := b.byplace[uint16(offset)]
	if !ok {
		return 0
	}
	d := b.dynamic(unsafe.Slice((*uint16)(trace), int(events)))
	started := make([]int32, i+1)
	last := &b.ops[i]
	m.model.Block(m.states[state], b.ops[:i+1], d[:i+1], last.Addr+uint32(last.Size), started, nil)
	return C.uint32_t(started[i])
}
