// SPDX-License-Identifier: GPL-2.0-or-later

package progen

// Idioms are what a compiler that keeps values lazy puts together, or must keep apart: rotations, products that are
// added, values that change places, arithmetic on r10, and loops that end where the context does.

func (g *generator) idiom() {
	kinds := []func(){g.rotation, g.rotation, g.product, g.product, g.swap, g.cross}
	if !g.features.Plain {
		kinds = append(kinds, g.onFrame, g.onFrame)
	}
	kinds[g.below(len(kinds))]()
}

// rotation joins two shifts of a register, whose counts most often sum to its width.
func (g *generator) rotation() {
	r := g.distinct(4)
	value, left, right, other := r[0], r[1], r[2], r[3]
	wide, width := g.wide(), uint32(32)
	if wide == 7 {
		width = 64
	}
	k := uint32(1 + g.below(int(width-1)))
	k2 := width - k
	switch g.below(8) {
	case 0:
		k2 = k2 - 1
	case 1:
		k2 = (k2 + 1) % width
	case 2: // a half of it
		k2 = (32 - k) & 31
	}
	if g.one(3) {
		left = value // shifted where it is
	}
	shifts := []insn{{op: 0x60 | wide, regs: left, imm: k}, {op: []byte{0x70, 0x70, 0x70, 0xc0}[g.below(4)] | wide, regs: right, imm: k2}}
	g.emit(insn{op: 0xbf, regs: value<<4 | right})
	if left != value {
		g.emit(insn{op: 0xbf, regs: value<<4 | left})
	}
	g.emit(shifts[0])
	if g.one(4) { // changed in between
		g.emit(insn{op: aluOps[g.below(len(aluOps))] | g.wide() | 8, regs: other<<4 | value})
	}
	g.emit(shifts[1])
	into, from := left, right
	if g.one(2) {
		into, from = right, left
	}
	g.emit(insn{op: []byte{0x40, 0xa0, 0x00, 0x10}[g.below(4)] | []byte{wide, wide, 4}[g.below(3)] | 8, regs: from<<4 | into})
	if g.one(3) { // an operand
		g.emit(insn{op: []byte{0x00, 0xa0, 0x10}[g.below(3)] | g.wide() | 8, regs: into<<4 | other})
	}
}

// product multiplies, and adds the product or takes it away, once or twice.
func (g *generator) product() {
	r := g.distinct(4)
	a, b, p, sum := r[0], r[1], r[2], r[3]
	wide := g.wide()
	g.emit(insn{op: 0xb8 | wide, regs: a<<4 | p}, insn{op: 0x28 | wide, regs: []byte{b, b, b, p, a}[g.below(5)]<<4 | p})
	if g.one(4) { // a factor is written over
		g.emit(insn{op: []byte{0xb0, 0x00, 0x20}[g.below(3)] | g.wide(), regs: []byte{a, b}[g.below(2)], imm: g.imm()})
	}
	for n := 1 + g.below(2); n > 0; n-- {
		sum := []byte{sum, sum, a, b}[g.below(4)]
		from, into := p, sum
		if g.one(3) {
			from, into = sum, p
		}
		g.emit(insn{op: []byte{0x08, 0x18}[g.below(2)] | []byte{wide, wide, wide, 4}[g.below(4)], regs: from<<4 | into})
	}
}

// swap makes 2 to 4 registers change places, in a circle.
func (g *generator) swap() {
	n := 2 + g.below(3)
	r := g.distinct(n + 1)
	if n == 2 && g.one(3) { // without a third register
		for _, regs := range []byte{r[0]<<4 | r[1], r[1]<<4 | r[0], r[0]<<4 | r[1]} {
			g.emit(insn{op: 0xaf, regs: regs})
		}
		return
	}
	move := 0xb8 | []byte{7, 7, 4}[g.below(3)]
	g.emit(insn{op: move, regs: r[0]<<4 | r[n]})
	for i := range n - 1 {
		g.emit(insn{op: move, regs: r[i+1]<<4 | r[i]})
	}
	g.emit(insn{op: move, regs: r[n]<<4 | r[n-1]})
	if g.one(2) {
		g.emit(insn{op: []byte{0x00, 0x60, 0x70}[g.below(3)] | g.wide(), regs: r[g.below(n)], imm: uint32(g.below(32))})
	}
}

// cross moves halves of registers to other halves.
func (g *generator) cross() {
	r := g.distinct(3)
	for n := 1 + g.below(3); n > 0; n-- {
		d, s := r[g.below(3)], r[g.below(3)]
		if g.one(2) {
			g.emit(insn{op: 0xbf, regs: s<<4 | d})
		}
		k := []uint32{32, 32, 32, 31, 33}[g.below(5)]
		switch g.below(4) {
		case 0:
			g.emit(insn{op: 0x67, regs: d, imm: k})
		case 1:
			g.emit(insn{op: 0x77, regs: d, imm: k})
		case 2:
			g.emit(insn{op: 0xc7, regs: d, imm: k})
		default: // the halves change places
			g.emit(insn{op: 0xbf, regs: d<<4 | s}, insn{op: 0x67, regs: d, imm: 32}, insn{op: 0x77, regs: s, imm: 64 - k}, insn{op: 0x4f, regs: s<<4 | d})
		}
		if g.one(3) {
			g.emit(insn{op: []byte{0x0f, 0x1f, 0x4f, 0xaf, 0x2f}[g.below(5)], regs: s<<4 | d})
		}
	}
}

// onFrame does with r10 what is done with numbers, or reaches memory relative to what comes of it.
func (g *generator) onFrame() {
	r := g.distinct(3)
	p, q, value := r[0], r[1], r[2]
	below := uint32(-8 * int32(1+g.below(64)))
	switch g.below(7) {
	case 0:
		g.emit(insn{op: aluOps[g.below(len(aluOps))] | g.wide() | 8, regs: 10<<4 | p})
	case 1: // how far two pointers are apart
		g.emit(insn{op: 0xbf, regs: 10<<4 | p}, insn{op: 0x07, regs: p, imm: below}, insn{op: 0xbf, regs: 10<<4 | q},
			insn{op: 0x1f, regs: p<<4 | q})
	case 2:
		regs := 10<<4 | p
		if g.one(2) {
			regs = p<<4 | 10
		}
		g.emit(insn{op: jumpOps[g.below(len(jumpOps))] | []byte{0x0d, 0x0e}[g.below(2)], regs: regs, target: len(g.body) + 2}, insn{op: 0x07, regs: q, imm: 1})
	case 3: // kept in memory
		base, offset := g.address(8)
		size := g.below(4)
		g.emit(insn{op: 0x63 | byte(size)<<3, regs: 10<<4 | base, offset: offset}, insn{op: 0x79, regs: base<<4 | p, offset: offset})
	case 4:
		if !g.features.Extended {
			return
		}
		op := []byte{0xc3, 0xdb}[g.below(2)]
		g.emit(insn{op: op, regs: []byte{10, value}[g.below(2)]<<4 | 10, offset: -8 * int16(1+g.below(64)), imm: atomics[g.below(4)]})
	case 5: // an index into the frame
		g.emit(insn{op: 0x57, regs: q, imm: 0x1f8}, insn{op: 0xbf, regs: 10<<4 | p}, insn{op: []byte{0x1f, 0x0f}[g.below(2)], regs: q<<4 | p})
		g.through(p, value, int16(-g.below(9)))
	default: // at its ends
		g.emit(insn{op: 0xbf, regs: 10<<4 | p}, insn{op: 0x07, regs: p, imm: below})
		g.through(p, value, int16(g.below(20))-10)
	}
}

// toEnd is a loop over an index whose last access ends where the context does, or a byte before or behind.
func (g *generator) toEnd() {
	if g.loops > 1 {
		return
	}
	r := g.distinct(6)
	index, bound, pointer, scaled, value, sum := r[0], r[1], r[2], r[3], r[4], r[5]
	size, shift, offset := g.below(4), uint32(g.below(4)), g.below(9)
	if offset+sizes[size] > len(g.program.Context) && !g.one(8) {
		size, offset = 2, 0 // bytes
	}
	room := max(len(g.program.Context)-offset-sizes[size], 0)
	turns, step, start := uint32(room)>>shift+1, []uint32{1, 1, 1, 2, 4}[g.below(5)], uint32(0)
	if g.one(4) {
		turns += uint32(g.below(5)) - 2
	}
	if g.one(3) {
		start = uint32(g.below(int(turns)&0xff + 1))
	}
	down, wide := g.one(3), g.wide()
	from, to := start, turns
	if down {
		from, to = turns, start
	}
	set := func(r byte, v uint32) {
		switch g.below(4) {
		case 0: // through memory: a number nobody knows
			at := -8 * int16(1+g.below(4))
			g.emit(insn{op: 0x7a, regs: 10, offset: at, imm: v}, insn{op: []byte{0x79, 0x61}[g.below(2)], regs: 10<<4 | r, offset: at})
		case 1: // by the length of the context, if r2 still is that
			g.emit(insn{op: 0xbf, regs: 2<<4 | r}, insn{op: 0x07, regs: r, imm: v - uint32(len(g.program.Context))})
		default:
			g.emit(insn{op: 0xb0 | wide, regs: r, imm: v})
		}
	}
	set(index, from)
	if !g.one(3) {
		set(bound, to)
	}
	head := len(g.body)
	advance := insn{op: wide, regs: index, imm: step}
	if down {
		advance.imm = -step
		g.emit(advance)
	}
	g.emit(insn{op: 0xbf, regs: []byte{ctxPointer, ctxPointer, ctxPointer, 1}[g.below(4)]<<4 | pointer})
	if shift > 0 {
		g.emit(insn{op: []byte{0xbf, 0xbc}[g.below(2)], regs: index<<4 | scaled}, insn{op: 0x60 | g.wide(), regs: scaled, imm: shift})
		g.emit(insn{op: 0x0f, regs: scaled<<4 | pointer})
	} else {
		g.emit(insn{op: 0x0f, regs: index<<4 | pointer})
	}
	load := insn{op: 0x61 | byte(size)<<3, regs: pointer<<4 | value, offset: int16(offset)}
	store := insn{op: 0x63 | byte(size)<<3, regs: value<<4 | pointer, offset: int16(offset)}
	switch g.below(4) {
	case 0:
		g.emit(store)
	case 1: // two accesses
		g.emit(load)
		g.through(pointer, sum, int16(g.below(offset+2)))
	default:
		g.emit(load, insn{op: []byte{0x0f, 0x0c, 0xaf, 0x2f}[g.below(4)], regs: value<<4 | sum})
	}
	if g.one(4) { // left early
		g.emit(insn{op: jumpOps[g.below(len(jumpOps))] | 5, regs: value, imm: g.imm(), target: len(g.body) + 3})
	}
	if !down {
		g.emit(advance)
	}
	c := counter{reg: index, bound: bound, limit: to, constant: g.one(2), down: down}
	g.emit(g.latch(c, head))
}
