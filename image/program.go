// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// slotBytes is the size of an instruction slot; lddw takes two.
const slotBytes = 8

// maxSlots is the largest text: a slot index fits 16 bits (UB_SLOTS_MAX).
const maxSlots = 65535

// codeBase is what pointers to functions count from (UB_CODE_BASE).
const codeBase = 0xf0000000

// Opcodes and register numbers this package looks at, as in abi/isa.h.
const (
	opLDDW  = 0x18
	opLDDWD = 0xb8 // Femto-Containers: relative to .data
	opLDDWR = 0xd8 // Femto-Containers: relative to .rodata
	opCall  = 0x85
	opCallX = 0x8d
	opExit  = 0x95
	opJA    = 0x05
	opJA32  = 0x06
	opJEQ   = 0x15

	srcHelper = 0 // call
	srcLocal  = 1 // call
	srcMap    = 1 // lddw, in packed images: of the map with that index
	srcFunc   = 4 // lddw
)

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

// insn is one instruction slot, decoded.
type insn struct {
	op       byte
	dst, src byte
	off      int16
	imm      int32
}

// Fields takes an instruction slot of text apart, as abi/isa.h lays it out.
func Fields(text []byte, slot int) (op, dst, src byte, off int16, imm int32) {
	i := decode(text[slot*slotBytes:])
	return i.op, i.dst, i.src, i.off, i.imm
}

func (p *Program) at(slot int) insn { return decode(p.Text[slot*slotBytes:]) }

func decode(b []byte) insn {
	return insn{
		op: b[0], dst: b[1] & 15, src: b[1] >> 4,
		off: int16(binary.LittleEndian.Uint16(b[2:])),
		imm: int32(binary.LittleEndian.Uint32(b[4:])),
	}
}

func (i insn) put(b []byte) {
	b[0], b[1] = i.op, i.src<<4|i.dst
	binary.LittleEndian.PutUint16(b[2:], uint16(i.off))
	binary.LittleEndian.PutUint32(b[4:], uint32(i.imm))
}

// wide tells whether the instruction takes two slots.
func (i insn) wide() bool { return i.op == opLDDW || i.op == opLDDWD || i.op == opLDDWR }

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

// target is the slot an instruction calls or takes the address of, ok if it does.
func (i insn) target(slot int) (target int, ok bool) {
	if i.op == opCall && i.src == srcLocal || i.op == opLDDW && i.src == srcFunc {
		return slot + 1 + int(i.imm), true
	}
	return 0, false
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

// Formats lists the formats the program can have, in the order of their numbers.
func (p *Program) Formats() []abi.Format {
	var fs []abi.Format
	for _, f := range abi.Formats() {
		if _, err := p.Encode(f); err == nil {
			fs = append(fs, f)
		}
	}
	return fs
}

// Keeps tells whether an image of the format says all that the program does: the shortest context it accepts has
// no place in formats that are older than it.
func (p *Program) Keeps(f abi.Format) bool {
	return p.CtxMin == 0 || f != abi.TextOnly && f != abi.FemtoContainers
}

// Encode is the program as an image of a format. An error that wraps ErrUnsupported says why the
// program cannot have it.
func (p *Program) Encode(f abi.Format) ([]byte, error) {
	b, err := p.encode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: format %s: %w", p.Name, f, err)
	}
	return b, nil
}

// EntryIndex is the index of the entry function in an image's table of functions, for emu.Job. It
// is 0 in all formats but elf-object, which keeps the order of the object's symbols.
func (p *Program) EntryIndex(f abi.Format) uint16 {
	if f == abi.ELFObject {
		return p.entryIndex
	}
	return 0
}

func (p *Program) encode(f abi.Format) ([]byte, error) {
	if len(p.Maps) > 0 && f != abi.Packed && f != abi.ELFObject {
		return nil, unsupported("the program has maps, which %s and %s images carry", abi.Packed, abi.ELFObject)
	}
	switch f {
	case abi.TextOnly:
		return p.encodeText()
	case abi.FemtoContainers:
		return p.encodeFemto()
	case abi.ExtendedHeader:
		return p.encodeExtended()
	case abi.Packed:
		return p.encodePacked()
	case abi.ELFObject:
		return p.encodeObject()
	}
	return nil, fmt.Errorf("unknown image format")
}

func (p *Program) encodeText() ([]byte, error) {
	if len(p.Rodata)+len(p.Data)+int(p.BSS) > 0 {
		return nil, unsupported("the program has constants or variables, and the format carries instructions only")
	}
	return slices.Clone(p.Text), nil
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
