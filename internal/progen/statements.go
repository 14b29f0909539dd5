// SPDX-License-Identifier: GPL-2.0-or-later

package progen

// statement adds one statement: an instruction, or a few that belong together.
func (g *generator) statement() {
	if g.features.Plain {
		g.plainStatement()
		return
	}
	if g.features.Loops && !g.one(12) {
		switch g.below(8) {
		case 0:
			g.counted()
		case 1, 2:
			g.crossed()
		default:
			g.tight()
		}
		return
	}
	kinds := []func(){
		g.aluImm, g.aluImm, g.aluReg, g.aluReg, g.unary, g.constant, g.load, g.load, g.store, g.jump, g.helper,
		g.loop, g.dead, g.indexed, g.peephole, g.spread, g.idiom, g.idiom, g.toEnd,
		g.far, g.order,
	}
	if g.features.Extended {
		kinds = append(kinds, g.extended, g.atomic, g.section)
	}
	if len(g.functions) > 1 {
		kinds = append(kinds, g.call)
	}
	if g.features.Counted {
		kinds = append(kinds, g.counted, g.counted, g.counted, g.tight, g.tight, g.crossed, g.toEnd, g.toEnd)
	}
	if len(g.program.Maps) > 0 {
		kinds = append(kinds, g.mapped, g.mapped, g.mapped, g.mapped, g.mapped, g.mapped, g.mapped, g.mapped, g.mapped, g.mapped)
	}
	kinds[g.below(len(kinds))]()
}

// dead is what no control reaches, unless a jump from elsewhere happens to go there.
func (g *generator) dead() {
	at := len(g.body)
	g.emit(insn{op: opJA})
	for n := g.below(3); n > 0; n-- {
		g.statement()
	}
	g.body[at].target = len(g.body)
}

// loop goes round a few times, unless its body changes the counter.
func (g *generator) loop() {
	if g.loops == 2 {
		return
	}
	counter := []byte{8, 9, 5, 3}[g.below(4)]
	class := g.wide()
	g.emit(insn{op: 0xb0 | class, regs: counter, imm: uint32(1 + g.below(12))})
	start := len(g.body)
	g.loops++
	for n := 1 + g.below(5); n > 0; n-- {
		g.statement()
	}
	g.loops--
	if g.one(2) { // counts up to a bound
		g.emit(insn{op: class, regs: counter, imm: 1},
			insn{op: []byte{0xa5, 0xb5, 0xc5, 0x55, 0xa6, 0xb6, 0xc6, 0x56}[g.below(8)], regs: counter, imm: uint32(12 + g.below(20)), target: start})
		return
	}
	g.emit(insn{op: class, regs: counter, imm: 0xffffffff}, insn{op: []byte{0x55, 0x56, 0x65}[g.below(3)], regs: counter, target: start})
}
