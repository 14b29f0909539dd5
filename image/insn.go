// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"encoding/binary"
)

// slotBytes is the size of an instruction slot; lddw takes two.
const slotBytes = 8

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

// target is the slot an instruction calls or takes the address of, ok if it does.
func (i insn) target(slot int) (target int, ok bool) {
	if i.op == opCall && i.src == srcLocal || i.op == opLDDW && i.src == srcFunc {
		return slot + 1 + int(i.imm), true
	}
	return 0, false
}

func (i insn) bytesOf() []byte {
	b := make([]byte, slotBytes)
	i.put(b)
	return b
}
