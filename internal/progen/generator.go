// SPDX-License-Identifier: GPL-2.0-or-later

package progen

// insn is an instruction whose jump or call target is not yet a distance.
type insn struct {
	op, regs byte
	offset   int16
	imm      uint32
	high     uint32  // lddw: imm of the second slot
	target   int     // jumps: index in the function; calls: of the function
	section  section // lddw: what imm is an offset into
}

type section byte

const (
	none section = iota
	rodata
	data
	function // target is its index
)

const (
	opLDDW = 0x18
	opJA   = 0x05
	opJA32 = 0x06
	opCall = 0x85
	opCalX = 0x8d
	opExit = 0x95

	ctxPointer   = 6 // hold pointers throughout most programs
	stackPointer = 7
)

type generator struct {
	seed      []byte
	features  Features
	program   Program
	functions [][]insn
	body      []insn // of the function being made
	loops     int    // open around the statement being made
	endless   bool   // the function being made has no exit
	turns     uint32 // of counted loops, if all goes well
}

// byte is the next of the seed, 0 after its end.
func (g *generator) byte() int {
	if len(g.seed) == 0 {
		return 0
	}
	b := g.seed[0]
	g.seed = g.seed[1:]
	return int(b)
}

func (g *generator) below(n int) int { return g.byte() % n }

// one is true once in n times, and not for want of a seed.
func (g *generator) one(n int) bool { return g.byte()%n == n-1 }

func (g *generator) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.byte())
	}
	return b
}

// fold makes the result depend on every register.
func (g *generator) fold() {
	for r := byte(1); r < 10; r++ {
		if g.features.Plain && (r == ctxPointer || r == stackPointer) {
			continue
		}
		op := []byte{0xaf, 0x0f, 0xaf, 0x1f}[g.below(4)] // xor, add, sub
		g.emit(insn{op: op, regs: r << 4})
		if g.one(4) {
			g.emit(insn{op: 0x27, regs: 0, imm: 31})
		}
	}
}

// leave ends a function, or a way through it: with an exit, or, in one that has none, by going on somewhere before.
func (g *generator) leave() {
	if g.endless {
		g.emit(insn{op: opJA, target: g.below(len(g.body) + 1)})
		return
	}
	g.emit(insn{op: opExit})
}

func (g *generator) emit(in ...insn) {
	for _, i := range in {
		if g.features.Plain {
			i = admissible(i)
		}
		g.body = append(g.body, i)
	}
}

// admissible is an instruction without what other verifiers refuse: shifts by too much and divisions
// by zero, where they are constants.
func admissible(in insn) insn {
	class := in.op & 7
	if (class != 4 && class != 7) || in.op&8 != 0 {
		return in
	}
	switch in.op & 0xf0 {
	case 0x60, 0x70, 0xc0:
		in.imm &= 31
	case 0x30, 0x90:
		in.imm |= 1
	}
	return in
}
