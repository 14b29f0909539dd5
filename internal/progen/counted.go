// SPDX-License-Identifier: GPL-2.0-or-later

package progen

// Counted loops are one block that steps a counter to a bound and moves through memory meanwhile, as compilers leave
// them: what a compiler may know all turns of before the first. Now and then the counter starts beyond the bound or
// steps over it, or memory ends first.

// counter is how a counted loop counts.
type counter struct {
	reg, bound byte // bound is a register if limit is not used
	limit      uint32
	constant   bool
	class      byte // of its steps: 64 or 32 bits
	step       uint32
	down       bool
}

// distinct picks registers that are not the same.
func (g *generator) distinct(n int) []byte {
	all := []byte{0, 1, 2, 3, 4, 5, 8, 9}
	for i := range n {
		k := i + g.below(len(all)-i)
		all[i], all[k] = all[k], all[i]
	}
	return all[:n]
}

// start is where counters start, or end: most often a small number, else one near where numbers change.
func (g *generator) start() uint64 {
	if g.one(5) {
		return uint64(g.imm())
	}
	return uint64(g.below(12))
}

func (g *generator) counted() {
	if g.loops > 1 {
		return
	}
	regs := g.distinct(6)
	pointer, value, index, other := regs[2], regs[3], regs[4], regs[5]
	c := counter{reg: regs[0], bound: regs[1], constant: g.one(2), class: g.wide(), down: g.one(2)}
	c.step = []uint32{1, 1, 1, 1, 2, 3, 4, 8, 1, 1, 1000, 1023, 7, 64, 1, 2}[g.below(16)]
	g.count(&c)
	var ways []int // to the first turn from further above
	way := func() {
		if g.one(6) {
			ways = append(ways, len(g.body))
			g.emit(insn{op: jumpOps[g.below(len(jumpOps))] | []byte{0x05, 0x06}[g.below(2)], regs: []byte{c.reg, 2, value}[g.below(3)], imm: g.imm()})
		}
	}
	way()
	const none = 255
	mixed := byte(none) // what has to be added to the pointer
	switch {
	case g.one(5):
		mixed = g.mix(pointer)
	case g.features.Extended && g.one(8) && len(g.program.Rodata)+len(g.program.Data) > 0:
		g.sectionAddress(pointer)
	default:
		g.emit(insn{op: 0xbf, regs: []byte{ctxPointer, ctxPointer, stackPointer, 1}[g.below(4)]<<4 | pointer})
	}
	if !g.one(3) {
		g.emit(insn{op: 0x07, regs: pointer, imm: uint32(g.below(24)) - 4})
	}
	way()
	if g.one(2) {
		g.emit(insn{op: 0xb0 | g.wide(), regs: other, imm: uint32(g.below(9))})
	}
	way()
	if g.one(6) { // entered from outside
		g.emit(insn{op: opJA, target: len(g.body) + 2 + g.below(4)})
	}

	head := len(g.body)
	for _, i := range ways {
		g.body[i].target = head
	}
	var exits []int
	reach := func() { g.through(pointer, value, 0) }
	if mixed != none {
		reach = func() {
			a, b := pointer, mixed
			if g.one(3) && mixed != stackPointer {
				a, b = b, a
			}
			g.emit(insn{op: 0xbf, regs: a<<4 | index}, insn{op: 0x0f, regs: b<<4 | index})
			g.through(index, value, int16(g.below(3)))
		}
	}
	steps := []func(){
		func() { g.emit(c.advance()) },
		reach,
	}
	for n := g.below(3); n > 0; n-- {
		steps = append(steps, []func(){
			func() { g.through(pointer, value, int16(g.below(28))-10) },
			func() { g.at(c.reg, pointer, index, value) },
			func() { g.at(other, pointer, index, value) },
			func() {
				g.emit(insn{op: 0x07, regs: pointer, imm: []uint32{1, 2, 4, 8, 3, ^uint32(0), ^uint32(3)}[g.below(7)]})
			},
			func() { g.emit(insn{op: 0x08 | g.wide(), regs: index<<4 | other}) },
			func() { g.emit(insn{op: 0x0f, regs: other<<4 | pointer}) },
			func() {
				exits = append(exits, len(g.body))
				g.emit(insn{op: jumpOps[g.below(len(jumpOps))] | []byte{0x05, 0x06}[g.below(2)], regs: value, imm: g.imm()})
			},
			func() { g.aluReg() },
		}[g.below(8)])
	}
	g.arrange(steps)
	g.emit(g.latch(c, head))
	for _, i := range exits {
		g.body[i].target = len(g.body) + g.below(3)
	}
	if g.one(2) {
		g.emit(insn{op: 0x0f, regs: pointer<<4 | value})
	}
}

// arrange does steps in any order.
func (g *generator) arrange(steps []func()) {
	for i := range steps {
		k := i + g.below(len(steps)-i)
		steps[i], steps[k] = steps[k], steps[i]
		steps[i]()
	}
}

// put makes a register a number.
func (g *generator) put(r byte, v uint64) {
	low, signed, unsigned := uint32(v), v == uint64(int64(int32(v))), v == uint64(uint32(v))
	switch {
	case signed && (!unsigned || g.one(2)):
		g.emit(insn{op: 0xb7, regs: r, imm: low})
	case unsigned && !g.one(4):
		g.emit(insn{op: 0xb4, regs: r, imm: low})
	default:
		g.emit(insn{op: opLDDW, regs: r, imm: low, high: uint32(v >> 32)})
	}
}

// mix makes a pointer of which another register is taken away, so that adding that leads to memory again, or near it.
func (g *generator) mix(pointer byte) (other byte) {
	base := []byte{ctxPointer, ctxPointer, 1, 10, stackPointer}[g.below(5)]
	other = []byte{10, 10, stackPointer, ctxPointer, 2}[g.below(5)]
	g.emit(insn{op: 0xbf, regs: base<<4 | pointer}, insn{op: 0x1f, regs: other<<4 | pointer})
	if g.one(3) { // by as much as a frame may be
		g.emit(insn{op: 0x07, regs: pointer, imm: []uint32{512, ^uint32(511), 8, 16, 64, 256, 24, 511}[g.below(8)]})
	}
	return other
}

// count sets a counter and its bound, a few turns apart.
func (g *generator) count(c *counter) {
	near, turns := g.start(), uint64(g.below(14))
	far := near + turns*uint64(c.step)
	if g.one(8) {
		far += uint64(g.below(5)) - 2
	}
	from, to := near, far
	if c.down {
		from, to = far, near
	}
	c.limit = uint32(to)
	g.turns += uint32(turns)
	set := func(r byte, v uint64) {
		switch {
		case g.one(12):
			g.emit(insn{op: opLDDW, regs: r, imm: uint32(v), high: g.imm()})
		case g.one(16): // whatever it is
		case g.one(8): // the length of the context
			g.emit(insn{op: 0xbf, regs: 2<<4 | r})
		case v != uint64(int64(int32(v))) && !g.one(4):
			g.emit(insn{op: opLDDW, regs: r, imm: uint32(v), high: uint32(v >> 32)})
		default:
			g.emit(insn{op: 0xb0 | g.wide(), regs: r, imm: uint32(v)})
		}
	}
	set(c.reg, from)
	if !c.constant {
		set(c.bound, to)
	}
}

// advance is a counter's step.
func (c *counter) advance() insn {
	step := c.step
	if c.down {
		step = -step
	}
	return insn{op: c.class, regs: c.reg, imm: step}
}

// latch goes back while there are turns left, or, now and then, for another reason.
func (g *generator) latch(c counter, head int) insn {
	class := byte(0x05) + byte(g.below(2))
	ops := []byte{0x50, 0xa0, 0xc0, 0x50, 0xb0} // jne jlt jslt jle
	mirrored := []byte{0x50, 0x20, 0x60, 0x50, 0x30}
	if c.down {
		ops, mirrored = mirrored, ops
	}
	if g.one(16) {
		return insn{op: jumpOps[g.below(len(jumpOps))] | class, regs: c.reg, imm: c.limit, target: head}
	}
	op := g.below(len(ops))
	if c.constant {
		return insn{op: ops[op] | class, regs: c.reg, imm: c.limit, target: head}
	}
	if g.one(3) {
		return insn{op: mirrored[op] | class | 8, regs: c.reg<<4 | c.bound, target: head}
	}
	return insn{op: ops[op] | class | 8, regs: c.bound<<4 | c.reg, target: head}
}

// through reaches memory at a pointer.
func (g *generator) through(pointer, value byte, offset int16) {
	size := g.below(4)
	if g.one(2) {
		g.emit(insn{op: 0x61 | byte(size)<<3, regs: pointer<<4 | value, offset: offset})
		return
	}
	g.emit(insn{op: 0x63 | byte(size)<<3, regs: value<<4 | pointer, offset: offset})
}

// at reaches memory at pointer + (index << shift).
func (g *generator) at(index, pointer, address, value byte) {
	g.emit(insn{op: []byte{0xbf, 0xbc, 0xbf}[g.below(3)], regs: index<<4 | address})
	if g.one(2) {
		g.emit(insn{op: 0x60 | g.wide(), regs: address, imm: uint32(g.below(4))})
	}
	if g.one(4) { // extended by shifts
		g.emit(insn{op: 0x67, regs: address, imm: 32}, insn{op: []byte{0x77, 0xc7}[g.below(2)], regs: address, imm: 32})
	}
	g.emit(insn{op: 0x0f, regs: pointer<<4 | address})
	g.through(address, value, int16(g.below(6)))
}
