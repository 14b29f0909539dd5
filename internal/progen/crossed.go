// SPDX-License-Identifier: GPL-2.0-or-later

package progen

// crossed is a counted loop whose counter moves anywhere in it, and in which jumps go from anywhere to anywhere: past the counter, past
// the test, back without counting. It may be entered in its middle. What a compiler takes for one turn can then be two, or none.
func (g *generator) crossed() {
	if g.loops > 1 {
		return
	}
	regs := g.distinct(4)
	value, other := regs[2], regs[3]
	c := counter{reg: regs[0], bound: regs[1], class: g.wide(), down: g.one(3), constant: !g.one(3)}
	c.step = []uint32{1, 1, 1, 2, 3, 8}[g.below(6)]
	g.count(&c)
	enter := -1
	if g.one(2) {
		enter = len(g.body)
		g.emit(insn{op: opJA})
	}
	head := len(g.body)
	var jumps, outs []int
	orderly, early := g.one(2), g.one(3) // most jumps lead out of it; the test is not at its end
	jump := func() {
		if orderly && !g.one(8) {
			outs = append(outs, len(g.body))
			g.emit(insn{op: jumpOps[g.below(len(jumpOps))] | 5, regs: []byte{value, other, 2}[g.below(3)], imm: g.imm()})
			return
		}
		jumps = append(jumps, len(g.body))
		op := jumpOps[g.below(len(jumpOps))] | []byte{0x05, 0x06}[g.below(2)]
		if g.one(2) {
			g.emit(insn{op: op | 8, regs: []byte{c.reg, 2, value, other}[g.below(4)]<<4 | []byte{2, value, other, c.reg}[g.below(4)]})
			return
		}
		g.emit(insn{op: op, regs: []byte{c.reg, 2, value, other}[g.below(4)], imm: g.imm()})
	}
	work := func() {
		switch g.below(4) {
		case 0:
			g.emit(insn{op: 0x0f, regs: value<<4 | other})
		case 1:
			g.through([]byte{ctxPointer, stackPointer}[g.below(2)], value, int16(g.below(12))-8*int16(g.below(2)))
		case 2:
			g.emit(insn{op: 0x07, regs: other, imm: uint32(g.below(5))})
		default:
			g.aluImm()
		}
	}
	steps := []func(){func() { g.emit(c.advance()) }, jump}
	for n := g.below(4); n > 0; n-- {
		steps = append(steps, []func(){jump, work, work}[g.below(3)])
	}
	if !orderly && g.one(2) { // another test in its middle, and behind it what goes on
		steps = append(steps, func() { g.emit(g.latch(c, head)) })
	}
	if orderly && early {
		steps = append(steps, func() {
			outs = append(outs, len(g.body))
			op := []byte{0x20, 0x30, 0x60, 0x50, 0x10}[g.below(5)] // jgt jge jsgt jne jeq
			if c.down {
				op = []byte{0xa0, 0xb0, 0xc0, 0x50, 0x10}[g.below(5)] // jlt jle jslt
			}
			g.emit(insn{op: op | 5, regs: c.reg, imm: c.limit})
		})
	}
	g.arrange(steps)
	if orderly && early {
		g.emit(insn{op: opJA, target: head})
	} else {
		g.emit(g.latch(c, head))
	}
	for _, i := range outs {
		g.body[i].target = len(g.body) + g.below(2)
	}
	for _, i := range jumps { // most often inside
		g.body[i].target = head + g.below(len(g.body)-head+2)
	}
	if enter >= 0 {
		g.body[enter].target = head + g.below(len(g.body)-head)
	}
	if turns := g.below(8); turns > 1 { // a loop that shows what is left of the budget
		g.turns += uint32(turns) - 1
		again := insn{op: 0x55, regs: value, target: len(g.body) + 1}
		g.emit(insn{op: 0xb4, regs: value, imm: uint32(turns)}, insn{op: 0x07, regs: value, imm: ^uint32(0)}, again)
	}
}
