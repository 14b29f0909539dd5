// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/maps"
)

// maxSlots is the largest text: a slot index fits 16 bits (UB_SLOTS_MAX).
const maxSlots = 65535

// codeBase is what pointers to functions count from (UB_CODE_BASE).
const codeBase = 0xf0000000

// ErrUnsupported is wrapped by errors that say why a program cannot have a format, or an object
// cannot be loaded, although it is well formed.
var ErrUnsupported = errors.New("not supported")

// Section is where a pointer points.
type Section uint8

// Sections of a program. Data is .data followed by .bss.
const (
	Text Section = iota
	Rodata
	Data
)

func (s Section) String() string { return [...]string{".text", ".rodata", ".data"}[s] }

// Program is an eBPF program linked into one text and at most two data sections, before it is
// given addresses.
type Program struct {
	Name   string // of the object or file, for messages
	In     string // section of the entry function in its object: what SEC() says
	Text   []byte // the program is entered at slot 0; local calls and lddw of functions are resolved
	Rodata []byte
	Data   []byte
	BSS    uint32 // zeroed bytes behind Data
	CtxMin uint32 // shortest context it accepts
	Align  uint32 // what the addresses of Rodata and Data must be multiples of; 0 is 1

	Functions []Function // ascending by slot; the first is the entry point at slot 0
	Addresses []Address  // lddw instructions to be given addresses, ascending
	Pointers  []Pointer  // pointers in data to be given addresses, ascending by section and offset
	Helpers   []uint16   // ids the program calls, ascending: its allow-list
	Plan      []byte     // for the compiler, see SPEC.md; images of format packed carry it
	Maps      []maps.Def // an lddw of one loads maps.Handle of its index
	Lines     []Line     // source lines, ascending by slot; none without BTF

	ObjectBytes   int // size of the object it came from, 0 for bare instructions
	DebugBytes    int // of that, debug information
	StrippedBytes int // of that without what only debuggers and linkers read

	fromObject bool
	object     []byte // the object it came from, without debug sections; nil if one has to be written
	entryIndex uint16 // of the entry function in the object
}

// Function is one function of a program.
type Function struct {
	Name   string
	Slot   int
	Global bool // not static
}

// Address is an lddw that loads the address of a place in a data section. Its imm is 0.
type Address struct {
	Slot    int
	Section Section // Rodata or Data
	Offset  uint32
}

// Pointer is a 64-bit little-endian pointer lying in a data section. The bytes are 0.
type Pointer struct {
	In      Section // where it lies, Rodata or Data
	At      uint32  // and its offset there
	Section Section // where it points
	Offset  uint32  // for Text, in slots
}

// Line says where an instruction comes from.
type Line struct {
	Slot int
	File string
	Line int
	Text string
}

// FromText makes a program of bare instructions, which has one entry point at its start and no data.
func FromText(name string, text []byte) (*Program, error) {
	if len(text) == 0 {
		return nil, fmt.Errorf("%s: no instructions", name)
	}
	if len(text)%slotBytes != 0 {
		return nil, fmt.Errorf("%s: %d bytes are not a whole number of 8-byte instructions", name, len(text))
	}
	if len(text)/slotBytes > maxSlots {
		return nil, fmt.Errorf("%s: %d slots, at most %d are possible", name, len(text)/slotBytes, maxSlots)
	}
	p := &Program{Name: name, Text: slices.Clone(text)}
	p.Functions = append(p.Functions, Function{Name: "main", Global: true})
	for _, slot := range p.callTargets() {
		if slot > 0 && slot < p.Slots() {
			p.Functions = append(p.Functions, Function{Name: fmt.Sprintf("f%d", slot), Slot: slot})
		}
	}
	p.Helpers = p.calledHelpers()
	return p, nil
}

// Slots is the number of instruction slots.
func (p *Program) Slots() int { return len(p.Text) / slotBytes }

func (p *Program) at(slot int) insn { return decode(p.Text[slot*slotBytes:]) }

// each calls f for every instruction, with the slot of its first half.
func (p *Program) each(f func(slot int, i insn)) {
	for slot := 0; slot < p.Slots(); slot++ {
		i := p.at(slot)
		f(slot, i)
		if i.wide() {
			slot++
		}
	}
}

// callTargets lists the slots that are called or whose address is taken, ascending.
func (p *Program) callTargets() []int {
	var ts []int
	p.each(func(slot int, i insn) {
		if t, ok := i.target(slot); ok {
			ts = append(ts, t)
		}
	})
	slices.Sort(ts)
	return slices.Compact(ts)
}

// calledHelpers lists the ids of helpers the program calls, ascending.
func (p *Program) calledHelpers() []uint16 {
	var ids []uint16
	p.each(func(_ int, i insn) {
		if i.op == opCall && i.src == srcHelper && i.imm >= 0 && i.imm <= 0xffff {
			ids = append(ids, uint16(i.imm))
		}
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// AddressAt says which place the lddw at a slot is given the address of, or which map it loads, "" if none.
func (p *Program) AddressAt(slot int) string {
	if m := p.MapAt(slot); m != nil {
		return "map " + m.Name
	}
	for _, a := range p.Addresses {
		if a.Slot == slot {
			return fmt.Sprintf("%s+%#x", a.Section, a.Offset)
		}
	}
	return ""
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

// MapAt is the map whose handle the lddw at a slot loads, nil if it loads none.
func (p *Program) MapAt(slot int) *maps.Def {
	i := p.at(slot)
	if i.op != opLDDW || i.src != 0 || slot+1 >= p.Slots() || p.at(slot+1).imm != 0 {
		return nil
	}
	for n := range p.Maps {
		if uint32(i.imm) == maps.Handle(n) {
			return &p.Maps[n]
		}
	}
	return nil
}
