// SPDX-License-Identifier: GPL-2.0-or-later

package plan

import (
	"encoding/binary"
	"slices"
)

// Opcodes and fields, as in abi/isa.h.
const (
	slotBytes = 8

	classLD, classLDX, classSTX      = 0, 1, 3
	classALU32, classJMP, classJMP32 = 4, 5, 6
	classALU64                       = 7
	opAdd, opSub, opMul, opOr        = 0x00, 0x10, 0x20, 0x40
	opLsh, opRsh, opArsh, opMov      = 0x60, 0x70, 0xc0, 0xb0
	opCall, opExit                   = 0x80, 0x90
	modeMem, modeMemSX, modeAtomic   = 0x60, 0x80, 0xc0
	sizeDW, opX                      = 0x18, 0x08
	lddw                             = 0x18
)

type insn struct {
	op, dst, src byte
	off          int16
	imm          int32
}

func at(text []byte, slot int) insn {
	b := text[slot*slotBytes:]
	return insn{b[0], b[1] & 15, b[1] >> 4, int16(binary.LittleEndian.Uint16(b[2:])), int32(binary.LittleEndian.Uint32(b[4:]))}
}

func (i insn) class() int { return int(i.op & 7) }
func (i insn) kind() int  { return int(i.op & 0xf0) }

func (i insn) jumps() bool {
	return (i.class() == classJMP || i.class() == classJMP32) && i.kind() != opCall && i.kind() != opExit
}

func (i insn) target(slot int) int {
	if i.op == classJMP32 { // gotol
		return slot + 1 + int(i.imm)
	}
	return slot + 1 + int(i.off)
}

func (i insn) callsLocally() bool {
	return i.op == classJMP|opCall && i.src == 1 || i.op == classJMP|opCall|opX
}

// slots is how many slots an instruction takes.
func (i insn) slots() int {
	if i.class() == classLD {
		return 2
	}
	return 1
}

// Deferrable tells whether the plan has a bit for the instruction that says whether its result is computed where
// it is read: moves, sums, differences with a constant, shifts by one, products, disjunctions, loads of words of the frame.
func Deferrable(text []byte, slot int) bool { return at(text, slot).deferrable() }

func (i insn) deferrable() bool {
	switch i.class() {
	case classLD:
		return true
	case classLDX: // of a word of the frame, which may be a variable
		return i.src == 10 && i.op&0xe0 == modeMem && (i.op&0x18 == sizeDW || i.op&0x18 == 0)
	}
	if i.class() != classALU32 && i.class() != classALU64 {
		return false
	}
	x := i.op&opX != 0
	switch i.kind() {
	case opMov:
		return i.off == 0
	case opAdd:
		return true
	case opMul, opOr:
		return x
	case opSub, opLsh, opRsh, opArsh:
		return !x
	}
	return false
}

// HasHigh tells whether the plan has a bit for the instruction that says whether the high half of its result is
// needed: 64-bit arithmetic, loads that fill it, calls of helpers.
func HasHigh(text []byte, slot int) bool { return at(text, slot).hasHigh() }

func (i insn) hasHigh() bool {
	switch i.class() {
	case classLD, classALU64:
		return true
	case classLDX:
		return i.op&0x18 == sizeDW || i.op&0xe0 == modeMemSX
	case classSTX:
		return i.op&0xe0 == modeAtomic && i.op&0x18 == sizeDW && i.imm&1 != 0
	}
	return i.op == classJMP|opCall && i.src == 0
}

// Functions lists the slots functions start at, ascending, as the verifier does; `also` are those that data points at.
func Functions(text []byte, also []int) []int {
	starts := append([]int{0}, also...)
	each(text, func(slot int, i insn) {
		switch {
		case i.op == classJMP|opCall && i.src == 1, i.op == lddw && i.src == 4:
			starts = append(starts, slot+1+int(i.imm))
		}
	})
	slices.Sort(starts)
	return slices.Compact(starts)
}

// FrameSlots lists the slots that have a frame, ascending: where jumps lead, where functions begin, and joins.
func FrameSlots(text []byte, functions, joins []int) []int {
	slots := slices.Concat(functions, joins)
	each(text, func(slot int, i insn) {
		if i.jumps() {
			slots = append(slots, i.target(slot))
		}
	})
	slices.Sort(slots)
	return slices.Compact(slots)
}

// HasCalls tells whether some function of the program is called, so that a plan has to say how.
func HasCalls(text []byte) bool {
	calls := false
	each(text, func(_ int, i insn) { calls = calls || i.callsLocally() })
	return calls
}

func each(text []byte, do func(slot int, i insn)) {
	for slot := 0; (slot+1)*slotBytes <= len(text); {
		i := at(text, slot)
		do(slot, i)
		slot += i.slots()
	}
}
