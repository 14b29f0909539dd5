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
func (g *generator) start() uint32 {
	if g.one(5) {
		return g.imm()
	}
	return uint32(g.below(12))
}

func (g *generator) counted() {
	if g.loops > 1 {
		return
	}
	regs := g.distinct(6)
	pointer, value, index, other := regs[2], regs[3], regs[4], regs[5]
	c := counter{reg: regs[0], bound: regs[1], constant: g.one(2), class: g.wide(), down: g.one(2)}
	c.step = []uint32{1, 1, 1, 1, 2, 3, 4, 8}[g.below(8)]
	g.count(&c)
	g.emit(insn{op: 0xbf, regs: []byte{ctxPointer, ctxPointer, stackPointer, 1}[g.below(4)]<<4 | pointer})
	if !g.one(3) {
		g.emit(insn{op: 0x07, regs: pointer, imm: uint32(g.below(24)) - 4})
	}
	if g.one(2) {
		g.emit(insn{op: 0xb0 | g.wide(), regs: other, imm: uint32(g.below(9))})
	}
	if g.one(6) { // entered from outside
		g.emit(insn{op: opJA, target: len(g.body) + 2 + g.below(4)})
	}

	head := len(g.body)
	var exits []int
	steps := []func(){
		func() { g.emit(c.advance()) },
		func() { g.through(pointer, value, 0) },
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
	for i := range steps {
		k := i + g.below(len(steps)-i)
		steps[i], steps[k] = steps[k], steps[i]
		steps[i]()
	}
	g.emit(g.latch(c, head))
	for _, i := range exits {
		g.body[i].target = len(g.body) + g.below(3)
	}
	if g.one(2) {
		g.emit(insn{op: 0x0f, regs: pointer<<4 | value})
	}
}

// count sets a counter and its bound, a few turns apart.
func (g *generator) count(c *counter) {
	near, turns := g.start(), uint32(g.below(14))
	far := near + turns*c.step
	if g.one(8) {
		far += uint32(g.below(5)) - 2
	}
	from, to := near, far
	if c.down {
		from, to = far, near
	}
	c.limit = to
	set := func(r byte, v uint32) {
		switch {
		case g.one(12):
			g.emit(insn{op: opLDDW, regs: r, imm: v, high: g.imm()})
		case g.one(16): // whatever it is
		case g.one(8): // the length of the context
			g.emit(insn{op: 0xbf, regs: 2<<4 | r})
		default:
			g.emit(insn{op: 0xb0 | g.wide(), regs: r, imm: v})
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
