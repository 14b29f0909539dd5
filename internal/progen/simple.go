// SPDX-License-Identifier: GPL-2.0-or-later

package progen

func (g *generator) aluImm() {
	g.emit(insn{op: aluOps[g.below(len(aluOps))] | g.wide(), regs: g.dst(), imm: g.imm()})
}

func (g *generator) aluReg() {
	g.emit(insn{op: aluOps[g.below(len(aluOps))] | g.wide() | 8, regs: g.src()<<4 | g.dst()})
}

// unary is neg, to_le or to_be.
func (g *generator) unary() {
	if g.one(2) {
		g.emit(insn{op: 0x80 | g.wide(), regs: g.dst()})
		return
	}
	g.emit(insn{op: 0xd4 | byte(g.below(2))<<3, regs: g.dst(), imm: []uint32{16, 32, 64}[g.below(3)]})
}

func (g *generator) constant() {
	g.emit(insn{op: opLDDW, regs: g.dst(), imm: g.imm(), high: g.imm()})
}

func (g *generator) load() {
	size := g.below(4)
	base, offset := g.address(sizes[size])
	g.emit(insn{op: 0x61 | byte(size)<<3, regs: base<<4 | g.dst(), offset: offset})
}

func (g *generator) store() {
	size := g.below(4)
	base, offset := g.address(sizes[size])
	if g.one(3) {
		g.emit(insn{op: 0x62 | byte(size)<<3, regs: base, offset: offset, imm: g.imm()})
		return
	}
	g.emit(insn{op: 0x63 | byte(size)<<3, regs: g.src()<<4 | base, offset: offset})
}

// jump goes anywhere in the function, forward more often than not.
func (g *generator) jump() {
	target := len(g.body) + 2 + g.below(8)
	if g.one(3) && !g.features.Plain {
		target = g.byte()
	}
	op := jumpOps[g.below(len(jumpOps))] | []byte{0x05, 0x06}[g.below(2)]
	switch b := g.byte(); {
	case b%16 == 0:
		g.emit(insn{op: opJA, target: target})
	case b%16 == 1 && g.features.Extended:
		g.emit(insn{op: opJA32, target: target})
	case b%16 == 2: // leave early
		g.emit(insn{op: op, regs: g.src(), imm: g.imm(), target: len(g.body) + 2})
		g.leave()
	case b%2 == 0:
		g.emit(insn{op: op | 8, regs: g.src()<<4 | g.src(), target: target})
	default:
		g.emit(insn{op: op, regs: g.src(), imm: g.imm(), target: target})
	}
}

// indexed reaches memory at a computed index: base + (index & mask << shift) + offset.
func (g *generator) indexed() {
	index, pointer, value := g.dst(), g.dst(), g.dst()
	size := g.below(4)
	base := []byte{ctxPointer, stackPointer, 1}[g.below(3)]
	offset := int16(g.below(9))
	if base == stackPointer {
		offset -= 32
	}
	if !g.one(8) {
		g.emit(insn{op: 0x54, regs: index, imm: []uint32{3, 7, 15, 12, 31}[g.below(5)]})
	}
	if g.one(2) {
		g.emit(insn{op: 0x60 | g.wide(), regs: index, imm: uint32(g.below(4))})
	}
	g.emit(insn{op: 0xbf, regs: base<<4 | pointer}, insn{op: 0x0f, regs: index<<4 | pointer})
	if g.one(3) {
		g.emit(insn{op: 0x07, regs: pointer, imm: uint32(int32(g.below(17)) - 8)})
	}
	for n := 1 + g.below(3); n > 0; n-- {
		if g.one(2) {
			g.emit(insn{op: 0x61 | byte(size)<<3, regs: pointer<<4 | value, offset: offset})
		} else {
			g.emit(insn{op: 0x63 | byte(size)<<3, regs: value<<4 | pointer, offset: offset})
		}
		offset += int16(sizes[size])
	}
	if g.one(2) {
		g.emit(insn{op: 0x07, regs: pointer, imm: uint32(sizes[size])})
	}
}

// far moves an address by a constant after which sums of 32 bits change their sign, or begin anew, and goes there; and, most often,
// back, since programs end out there. Offsets from r10 may be counted from where the frame begins. Any other value, which may count turns, is
// only moved. A move of 32 bits drops what one of 64 carries.
func (g *generator) far() {
	pointer, value, by, size := g.dst(), g.dst(), g.dst(), g.below(4)
	base := []byte{ctxPointer, stackPointer, 10, g.src()}[g.below(4)]
	address := base == ctxPointer || base == stackPointer || base == 10
	far := []uint32{0x80000000, 0x80000000, 0, uint32(g.below(16)) << 28}[g.below(4)] + uint32(int32(g.below(33))-16)
	if base != ctxPointer && g.one(2) {
		far -= uint32(8 * g.below(65))
	}
	access := insn{op: 0x61 | byte(size)<<3, regs: pointer<<4 | value}
	if g.one(3) {
		access = insn{op: 0x63 | byte(size)<<3, regs: value<<4 | pointer}
	}
	if base != ctxPointer {
		access.offset = -int16(sizes[size])
	}
	move := func(k uint32) {
		wide := byte(7)
		if g.one(4) {
			wide = 4
		}
		if g.one(2) {
			g.emit(insn{op: 0x00 | wide, regs: pointer, imm: k})
		} else {
			g.emit(insn{op: 0xb0 | g.wide(), regs: by, imm: k}, insn{op: 0x08 | wide, regs: by<<4 | pointer})
		}
	}
	g.emit(insn{op: 0xbf, regs: base<<4 | pointer})
	if address && g.one(3) {
		g.emit(access)
	}
	move(far)
	if !g.one(3) {
		move(-far + uint32(g.below(2)))
	} else if g.one(2) {
		access.offset += int16(g.below(9)) - 4
	}
	if address {
		g.emit(access)
	}
}

// order goes to an address that is hardly the program's between two accesses at one pointer: what stops the program first is to do so. Seldom, since
// most programs end there.
func (g *generator) order() {
	if !g.one(6) {
		g.load()
		return
	}
	value, elsewhere, near := g.dst(), g.dst(), int16(g.below(16))
	load := func(at byte, offset int16) {
		g.emit(insn{op: 0x61 | byte(g.below(4))<<3, regs: at<<4 | value, offset: offset})
	}
	load(ctxPointer, near)
	g.emit(insn{op: 0xb0 | g.wide(), regs: elsewhere, imm: uint32(g.below(0x4000))})
	load(elsewhere, int16(g.below(17))-8)
	load(ctxPointer, near+int16(g.below(9))-4)
}

// peephole is a sequence that compilers for eBPF emit and others look for.
func (g *generator) peephole() {
	d, s, wide := g.dst(), g.dst(), g.wide()
	k := uint32(g.below(33))
	if wide == 7 {
		k = uint32(g.below(65))
	}
	switch g.below(8) {
	case 0: // bit field, zero or sign extension
		k2 := k
		if g.one(3) {
			k2 = uint32(g.below(32))
		}
		g.emit(insn{op: 0x60 | wide, regs: d, imm: k}, insn{op: []byte{0x70, 0xc0}[g.below(2)] | wide, regs: d, imm: k2})
	case 1: // remainder by hand: mul, sub
		g.emit(insn{op: 0x20 | wide, regs: d, imm: g.imm()}, insn{op: 0x18 | wide, regs: d<<4 | s})
	case 2: // shifted operand
		g.emit(insn{op: []byte{0x60, 0x70, 0xc0}[g.below(3)] | wide, regs: d, imm: k},
			insn{op: aluOps[g.below(len(aluOps))] | g.wide() | 8, regs: d<<4 | s})
	case 3: // copy, then change one of the two
		g.emit(insn{op: 0xb8 | wide, regs: s<<4 | d}, insn{op: aluOps[g.below(len(aluOps))] | g.wide(), regs: []byte{s, d}[g.below(2)], imm: g.imm()})
	case 4: // rotation
		g.emit(insn{op: 0xbf, regs: s<<4 | d}, insn{op: 0x60 | wide, regs: d, imm: k}, insn{op: 0x70 | wide, regs: s, imm: 64 - k&63},
			insn{op: 0x48 | wide, regs: s<<4 | d})
	case 5: // mask, then remainder of something small
		g.emit(insn{op: 0x50 | wide, regs: d, imm: g.imm() & 0xffff}, insn{op: []byte{0x90, 0x30}[g.below(2)] | wide, regs: d, imm: g.imm() & 0xffff})
	case 6: // bounded by a compare
		g.emit(insn{op: 0x25, regs: d, imm: g.imm() & 0xffff, target: len(g.body) + 2}, insn{op: aluOps[g.below(len(aluOps))] | wide, regs: d, imm: g.imm()})
	default: // a chain through copies
		g.emit(insn{op: 0xbf, regs: s<<4 | d}, insn{op: 0xbf, regs: d<<4 | g.dst()}, insn{op: 0x07, regs: d, imm: g.imm()}, insn{op: 0xbf, regs: d<<4 | s})
	}
}

// spread stores several registers, so that many values live at a time.
func (g *generator) spread() {
	at := -8 * int16(1+g.below(20))
	for n := 1 + g.below(4); n > 0; n-- {
		g.emit(insn{op: 0x7b, regs: g.dst()<<4 | []byte{10, stackPointer}[g.below(2)], offset: at})
		at = max(at-8, -512)
	}
}

// helper calls a helper, with arguments that are right most of the time.
func (g *generator) helper() {
	argument := func(r byte) {
		switch g.below(6) {
		case 0, 1:
			g.emit(insn{op: 0xb7, regs: r, imm: g.imm()})
		case 2, 3:
			g.emit(insn{op: 0xbf, regs: 10<<4 | r}, insn{op: 0x07, regs: r, imm: uint32(-8 * int32(1+g.below(40)))})
		case 4:
			g.emit(insn{op: 0xbf, regs: ctxPointer<<4 | r})
		}
	}
	calls := []struct {
		id   uint32
		args int
	}{
		{0x10, 2}, {0x11, 2}, {0x12, 2}, {0x13, 2}, {0x20, 0}, {0x60, 0}, {0x52, 1}, {0x51, 2}, {0x50, 3}, {0x02, 3}, {0x01, 5},
		{0x03, 1}, {0x30, 1}, {0x72, 3}, {0x83, 3}, {0x31, 1}, {0x32, 2}, {0x33, 2}, {0x34, 2}, {0x40, 2}, {0x41, 2}, {0x42, 2},
		{0x43, 1}, {0x61, 2}, {0x70, 2}, {0x71, 2}, {0x80, 0}, {0x81, 1}, {0x82, 2}, {0x84, 1},
	}
	c := calls[g.below(len(calls))]
	for r := 1; r <= c.args; r++ {
		argument(byte(r))
	}
	if c.id == 0x02 && !g.one(8) { // a short copy
		g.emit(insn{op: 0xb7, regs: 3, imm: uint32(g.below(17))})
	}
	g.emit(insn{op: opCall, imm: c.id})
}

// call calls a function of the program, now and then through a pointer.
func (g *generator) call() {
	if !g.features.Extended || !g.one(3) {
		g.emit(insn{op: opCall, regs: 1 << 4, target: g.byte()})
		return
	}
	r := g.dst()
	if g.one(16) {
		g.emit(insn{op: opCalX, regs: r})
		return
	}
	g.emit(insn{op: opLDDW, regs: r, section: function, target: g.byte()})
	if g.one(8) {
		g.emit(insn{op: 0x07, regs: r, imm: g.imm()})
	}
	g.emit(insn{op: opCalX, regs: r})
}

// extended is an instruction of version 4.
func (g *generator) extended() {
	d, s := g.dst(), g.src()
	switch g.below(5) {
	case 0:
		width := []int16{8, 16, 32}[g.below(3)]
		op := byte(0xbf)
		if width < 32 && g.one(2) {
			op = 0xbc
		}
		g.emit(insn{op: op, regs: s<<4 | d, offset: width})
	case 1:
		g.emit(insn{op: 0xd7, regs: d, imm: []uint32{16, 32, 64}[g.below(3)]})
	case 2:
		g.emit(insn{op: []byte{0x30, 0x90}[g.below(2)] | g.wide() | 8, regs: s<<4 | d, offset: 1})
	case 3:
		g.emit(insn{op: []byte{0x30, 0x90}[g.below(2)] | g.wide(), regs: d, offset: 1, imm: g.imm()})
	default:
		size := g.below(3)
		base, offset := g.address(sizes[size])
		g.emit(insn{op: 0x81 | byte(size)<<3, regs: base<<4 | d, offset: offset})
	}
}

func (g *generator) atomic() {
	op, size := byte(0xc3), 4
	if g.one(2) {
		op, size = 0xdb, 8
	}
	base, offset := g.address(size)
	if !g.one(8) {
		offset = offset / int16(size) * int16(size)
	}
	g.emit(insn{op: op, regs: g.dst()<<4 | base, offset: offset, imm: atomics[g.below(len(atomics))]})
}

// section reaches .rodata or .data.
func (g *generator) section() {
	if len(g.program.Rodata)+len(g.program.Data) == 0 {
		g.constant()
		return
	}
	p := g.dst()
	kind, at, n := g.sectionAddress(p)
	if g.one(3) {
		index := g.dst()
		g.emit(insn{op: 0x57, regs: index, imm: 7}, insn{op: 0x0f, regs: index<<4 | p})
	}
	size := g.below(4)
	offset := int16(g.byte()%(n+2)) - int16(at)
	if kind == data && g.one(2) {
		g.emit(insn{op: 0x63 | byte(size)<<3, regs: g.src()<<4 | p, offset: offset})
		return
	}
	g.emit(insn{op: 0x61 | byte(size)<<3, regs: p<<4 | g.dst(), offset: offset})
}
