// SPDX-License-Identifier: GPL-2.0-or-later

package progen

// Plain programs are those that other verifiers admit, too: no loops, registers and stack written
// before they are read, pointers only in two registers that nothing changes, accesses aligned and
// inside.
func (g *generator) plainMemory() { g.program.Context = g.bytes(plainBytes) }

func (g *generator) plainPrologue() {
	for _, r := range []byte{0, 1, 2, 3, 4, 5, 8, 9} {
		if g.one(2) {
			g.emit(insn{op: opLDDW, regs: r, imm: g.imm(), high: g.imm()})
			continue
		}
		g.emit(insn{op: 0x79, regs: ctxPointer<<4 | r, offset: int16(8 * g.below(plainBytes/8))})
	}
	for at := int16(-plainBytes); at < 0; at += 8 {
		g.emit(insn{op: 0x7a, regs: stackPointer, offset: at, imm: g.imm()})
	}
}

func (g *generator) plainStatement() {
	kinds := []func(){
		g.aluImm, g.aluImm, g.aluReg, g.aluReg, g.unary, g.constant, g.load, g.load, g.store, g.jump, g.peephole, g.peephole,
		g.spread, g.plainAtomic, g.plainExtended, g.idiom,
	}
	kinds[g.below(len(kinds))]()
}

func (g *generator) plainAtomic() {
	size := []int{4, 8}[g.below(2)]
	op := byte(0xc3)
	if size == 8 {
		op = 0xdb
	}
	at := int16(g.byte()%(plainBytes/size)*size) - plainBytes
	g.emit(insn{op: op, regs: g.src()<<4 | stackPointer, offset: at, imm: atomics[g.below(len(atomics))]})
}

// plainExtended is what version 4 of the instruction set added: signed division, moves and loads with
// sign extension, swaps of bytes.
func (g *generator) plainExtended() {
	switch g.below(4) {
	case 0:
		g.emit(insn{op: []byte{0x30, 0x90}[g.below(2)] | g.wide() | 8, regs: g.src()<<4 | g.dst(), offset: 1})
	case 1:
		wide := g.wide()
		bits := []int16{8, 16, 32}[g.below(3)]
		if wide == 4 && bits == 32 {
			bits = 16
		}
		g.emit(insn{op: 0xb8 | wide, regs: g.src()<<4 | g.dst(), offset: bits})
	case 2:
		size := g.below(3)
		base, offset := g.plainAddress(sizes[size])
		if base == ctxPointer {
			base, offset = stackPointer, offset-plainBytes
		}
		g.emit(insn{op: 0x81 | byte(size)<<3, regs: base<<4 | g.dst(), offset: offset})
	default:
		g.emit(insn{op: 0xd7, regs: g.dst(), imm: []uint32{16, 32, 64}[g.below(3)]})
	}
}

// plainEnd leaves all of the result in the context: of r0 some engines show the low half only.
func (g *generator) plainEnd() {
	g.fold()
	g.emit(insn{op: 0x7b, regs: ctxPointer})
}
