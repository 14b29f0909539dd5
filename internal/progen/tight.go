// SPDX-License-Identifier: GPL-2.0-or-later

package progen

// Tight loops are counted loops as compilers leave them: an access, a pointer and a counter that move on, and nothing
// that a compiler could not look through. What varies is where and how they count: over zero, and over the ends of 32
// and 64 bits with and without a sign, up and down, and with a budget of just so many turns; and what their addresses
// are made of: sums of which a part is the frame's address, or another pointer.

// edges are where counting changes what it does.
var edges = []uint64{0, 0, 1 << 31, 1 << 31, 1 << 31, 1<<64 - 1<<31, 1 << 32, 1 << 63}

// tight is such a loop.
func (g *generator) tight() {
	if g.loops > 1 {
		return
	}
	regs := g.distinct(6)
	pointer, value, index, sum := regs[2], regs[3], regs[4], regs[5]
	c := counter{reg: regs[0], bound: regs[1], class: g.wide(), down: g.one(2)}
	c.step = []uint32{1, 1, 1, 2, 3, 4, 7, 8, 1000, 1023}[g.below(10)]
	class := []byte{0x05, 0x06, 0x06}[g.below(3)]
	from, to := g.around(&c)
	c.limit, c.constant = uint32(to), g.one(2) && (class == 0x06 || to == uint64(int64(int32(to))))
	g.put(c.reg, from)
	if !c.constant {
		g.put(c.bound, to)
	}

	access := func(at byte) { g.emit(insn{op: []byte{0x71, 0x71, 0x69, 0x61}[g.below(4)], regs: at<<4 | value}) }
	if g.one(3) {
		access = func(at byte) { g.emit(insn{op: 0x73, regs: value<<4 | at}) }
	}
	reach := func() { access(pointer) }
	if g.one(4) {
		other := g.mix(pointer)
		reach = func() {
			g.emit(insn{op: 0xbf, regs: pointer<<4 | index}, insn{op: 0x0f, regs: other<<4 | index})
			access(index)
		}
	} else {
		g.emit(insn{op: 0xbf, regs: ctxPointer<<4 | pointer}, insn{op: 0x07, regs: pointer, imm: uint32(g.below(20))})
	}
	head := len(g.body)
	g.arrange([]func(){
		reach,
		func() { g.emit(c.advance()) },
		func() { g.emit(insn{op: 0x07, regs: pointer, imm: 1}) },
		func() { g.emit(insn{op: 0x0f, regs: value<<4 | sum}) },
	})
	latch := g.tightLatch(c, class, head)
	g.turns += turns(c, latch, from, to)
	g.emit(latch)
}

// turns is how often a latch goes back, if it is not for ever.
func turns(c counter, latch insn, counter, bound uint64) (n uint32) {
	step := uint64(c.step)
	if c.down {
		step = -step
	}
	for ; n < 100; n++ {
		if counter += step; c.class == 0x04 {
			counter = uint64(uint32(counter))
		}
		a, b := counter, bound
		if latch.op&8 == 0 {
			b = uint64(int64(int32(latch.imm)))
		} else if latch.regs&15 == c.bound {
			a, b = b, a
		}
		if latch.op&7 == 0x06 {
			a, b = uint64(int64(int32(a))), uint64(int64(int32(b))) // in the same order, signed or not
		}
		if !map[byte]bool{0xa0: a < b, 0x20: a > b, 0xc0: int64(a) < int64(b), 0x60: int64(a) > int64(b), 0x50: a != b}[latch.op&0xf0] {
			break
		}
	}
	return n
}

// around makes a counter pass, or stop at, where counting changes, and tells where it starts and what its bound is.
func (g *generator) around(c *counter) (from, to uint64) {
	turns := uint64(g.below(12))
	step := uint64(c.step)
	if c.down {
		step = -step
	}
	edge := edges[g.below(len(edges))]
	switch before := uint64(g.below(13)); g.below(3) {
	case 0: // its bound is there
		to = edge + uint64(g.below(7)) - 3
		return to - turns*step + uint64(g.below(3)) - 1, to
	case 1: // it starts there
		from = edge + uint64(g.below(5)) - 2
	default: // in between
		from = edge - before%(turns+1)*step + uint64(g.below(3)) - 1
	}
	return from, from + turns*step
}

// tightLatch goes back as long as there are turns left.
func (g *generator) tightLatch(c counter, class byte, head int) insn {
	op := []byte{0xc0, 0xa0, 0x50, 0xc0, 0xc0}[g.below(5)] // jslt jlt jne
	mirrored := map[byte]byte{0xc0: 0x60, 0xa0: 0x20, 0x50: 0x50}
	if c.down {
		op = mirrored[op]
	}
	if c.constant {
		return insn{op: op | class, regs: c.reg, imm: c.limit, target: head}
	}
	if g.one(3) {
		other := map[byte]byte{0xc0: 0x60, 0xa0: 0x20, 0x50: 0x50, 0x60: 0xc0, 0x20: 0xa0}[op]
		return insn{op: other | class | 8, regs: c.reg<<4 | c.bound, target: head}
	}
	return insn{op: op | class | 8, regs: c.bound<<4 | c.reg, target: head}
}
