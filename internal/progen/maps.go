// SPDX-License-Identifier: GPL-2.0-or-later

package progen

import (
	"fmt"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// Helpers of maps (abi/helpers.h).
const (
	callLookup  = 0xe0
	callUpdate  = 0xe1
	callDelete  = 0xe2
	callPush    = 0xe3
	callPop     = 0xe4
	callPeek    = 0xf0
	callOutput  = 0xf2
	callReserve = 0xf3
	callSubmit  = 0xf4
	callDiscard = 0xc4
)

// declare gives the program some maps.
func (g *generator) declare() {
	for n := 1 + g.below(3); n > 0; n-- {
		d := maps.Def{
			Name: fmt.Sprintf("m%d", n), Type: []abi.MapType{abi.MapArray, abi.MapArray, abi.MapHash, abi.MapLRUHash, abi.MapRingbuf, abi.MapQueue, abi.MapStack}[g.below(7)],
			KeySize: 4, ValueSize: []uint32{4, 8, 16, 1, 3, 12, 40, 64}[g.below(8)], MaxEntries: []uint32{1, 2, 3, 4, 5, 8, 16, 100}[g.below(8)],
		}
		switch d.Type {
		case abi.MapHash, abi.MapLRUHash:
			d.KeySize = []uint32{4, 4, 8, 1, 6}[g.below(5)]
		case abi.MapQueue, abi.MapStack:
			d.KeySize = 0
		case abi.MapRingbuf:
			d.KeySize, d.ValueSize, d.MaxEntries = 0, 0, []uint32{16, 64, 128}[g.below(3)]
		}
		if d.Type != abi.MapRingbuf && g.one(8) {
			d.Flags = []uint8{maps.ReadOnly, maps.WriteOnly}[g.below(2)]
		}
		g.program.Maps = append(g.program.Maps, d)
	}
}

// Where keys and values are made: 8-byte words of the frame.
const keyAt, valueAt = -8, -80

// pointTo points a register into the frame.
func (g *generator) pointTo(r byte, at int32) {
	g.emit(insn{op: 0xbf, regs: 10<<4 | r}, insn{op: 0x07, regs: r, imm: uint32(at)})
}

// handle makes r1 a map, most often the one that is meant.
func (g *generator) handle(m int) {
	v := maps.Handle(m)
	switch g.byte() {
	case 254:
		v += 4
	case 255:
		v = maps.Handle(len(g.program.Maps))
	}
	g.emit(insn{op: opLDDW, regs: 1, imm: v})
}

// key stores a key and points r2 at it: a constant, or, bounded or not, what is in a register.
func (g *generator) key(m int) {
	d := g.program.Maps[m]
	r := []byte{0, 3, 4, 5, 8}[g.below(5)]
	switch g.below(6) {
	case 0, 1:
		g.emit(insn{op: 0x62, regs: 10, offset: keyAt, imm: uint32(g.below(int(d.MaxEntries) + 1))})
	case 2: // bounded
		g.emit(insn{op: 0x57, regs: r, imm: d.MaxEntries - 1}, insn{op: 0x63, regs: r<<4 | 10, offset: keyAt})
	case 3:
		g.emit(insn{op: 0xb7, regs: r, imm: uint32(g.below(int(d.MaxEntries) + 1))}, insn{op: 0x7b, regs: r<<4 | 10, offset: keyAt})
	case 4:
		g.emit(insn{op: 0x97, regs: r, imm: d.MaxEntries}, insn{op: 0x63, regs: r<<4 | 10, offset: keyAt})
	default: // what is there, or was
	}
	if g.one(8) { // something may change it meanwhile
		g.between()
	}
	switch g.byte() {
	case 255:
		g.pointTo(2, keyAt+int32(g.below(9)))
	case 254:
		g.emit(insn{op: 0xbf, regs: ctxPointer<<4 | 2})
	default:
		g.pointTo(2, keyAt)
	}
}

// between is an instruction or two that may change registers, the frame, or where control comes from.
func (g *generator) between() {
	[]func(){g.aluImm, g.aluReg, g.store, g.jump, g.helper, g.spread}[g.below(6)]()
}

// value fills some of what r3, or another register, then points at.
func (g *generator) value(r byte) {
	if g.one(2) {
		g.emit(insn{op: 0x7b, regs: g.dst()<<4 | 10, offset: valueAt})
	}
	g.pointTo(r, valueAt)
}

// mapped works on a map.
func (g *generator) mapped() {
	m := g.below(len(g.program.Maps))
	switch d := g.program.Maps[m]; d.Type {
	case abi.MapRingbuf:
		g.record(m)
	case abi.MapQueue, abi.MapStack:
		g.value(2)
		g.emit(insn{op: 0xb7, regs: 3, imm: []uint32{0, 0, 2, 1}[g.below(4)]})
		g.handle(m)
		g.emit(insn{op: opCall, imm: []uint32{callPush, callPush, callPop, callPeek}[g.below(4)]})
	default:
		switch g.below(8) {
		case 0, 1:
			g.key(m)
			g.value(3)
			g.emit(insn{op: 0xb7, regs: 4, imm: []uint32{0, 0, 0, 1, 2, 3}[g.below(6)]})
			g.handle(m)
			g.emit(insn{op: opCall, imm: callUpdate})
		case 2:
			g.key(m)
			g.handle(m)
			g.emit(insn{op: opCall, imm: callDelete})
		default:
			g.lookup(m)
		}
	}
}

// lookup finds an entry and uses it, now and then without a look at whether there is one.
func (g *generator) lookup(m int) {
	g.key(m)
	g.handle(m)
	g.emit(insn{op: opCall, imm: callLookup})
	g.found(int(g.program.Maps[m].ValueSize))
}

// found uses what r0 points to, so many bytes, if it points to anything.
func (g *generator) found(bytes int) {
	p := byte(0)
	if g.one(2) {
		p = []byte{8, 9, 5, 1}[g.below(4)]
		g.emit(insn{op: 0xbf, regs: p})
	}
	check := len(g.body)
	tested := []byte{0, 0, p}[g.below(3)]
	switch g.byte() % 16 {
	case 15: // none
	case 14:
		g.emit(insn{op: 0x16, regs: tested})
	case 13: // the other way round
		g.emit(insn{op: 0x55, regs: tested, target: check + 2}, insn{op: opJA})
		check++
	default:
		g.emit(insn{op: 0x15, regs: tested})
	}
	checked := len(g.body) > check
	for n := 1 + g.below(3); n > 0; n-- {
		size := g.below(4)
		offset := int16(0)
		if room := bytes - sizes[size]; room > 0 {
			offset = int16(g.below(room + 1))
		}
		if g.byte() >= 250 {
			offset += []int16{1, 8, -1, 64, 4096, -8}[g.below(6)]
		}
		r := g.dst()
		if r == p {
			r = 3
		}
		switch g.below(5) {
		case 0, 1:
			g.emit(insn{op: 0x61 | byte(size)<<3, regs: p<<4 | r, offset: offset})
		case 2:
			g.emit(insn{op: 0x63 | byte(size)<<3, regs: r<<4 | p, offset: offset})
		case 3:
			g.emit(insn{op: 0x62 | byte(size)<<3, regs: p, offset: offset, imm: g.imm()})
		default:
			if g.features.Extended {
				g.emit(insn{op: []byte{0xc3, 0xdb}[g.below(2)], regs: r<<4 | p, offset: offset &^ 7})
			}
		}
		if g.one(12) { // along the values
			g.emit(insn{op: 0x07, regs: p, imm: uint32(bytes)})
		}
		if g.one(12) {
			g.between()
		}
	}
	if checked {
		g.body[check].target = len(g.body)
	}
}

// record makes a record of a ring buffer.
func (g *generator) record(m int) {
	size := []uint32{8, 4, 16, 12, 1, 24, 200}[g.below(7)]
	if g.one(2) {
		g.value(2)
		g.emit(insn{op: 0xb7, regs: 3, imm: size}, insn{op: 0xb7, regs: 4})
		g.handle(m)
		g.emit(insn{op: opCall, imm: callOutput})
		return
	}
	g.emit(insn{op: 0xb7, regs: 2, imm: size}, insn{op: 0xb7, regs: 3})
	g.handle(m)
	g.emit(insn{op: opCall, imm: callReserve}, insn{op: 0x7b, regs: 10, offset: -16})
	g.found(int(size))
	g.emit(insn{op: 0x79, regs: 10<<4 | 1, offset: -16}, insn{op: 0x15, regs: 1, target: len(g.body) + 4}, insn{op: 0xb7, regs: 2},
		insn{op: opCall, imm: []uint32{callSubmit, callSubmit, callDiscard}[g.below(3)]})
}
