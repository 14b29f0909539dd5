// SPDX-License-Identifier: GPL-2.0-or-later

package enginetest

import "encoding/binary"

// Generate turns arbitrary bytes, as a fuzzer gives them, into a program that most often passes
// the verifier: functions of any instructions of the base set, with jumps inside their function,
// local calls if wanted, and memory accesses near the context and the stack, inside and out.
func Generate(seed []byte, localCalls bool) Program {
	g := generator{seed: seed, calls: localCalls}
	n := 1
	if localCalls {
		n += g.byte() % 3
	}
	g.functions = make([][]insn, n)
	for i := range g.functions {
		if i == 0 { // r6 and r7 hold the context and the stack, throughout
			g.functions[i] = []insn{{op: 0xbf, regs: 1<<4 | 6}, {op: 0xbf, regs: 10<<4 | 7}}
		}
		for count := g.byte() % 24; count > 0; count-- {
			g.functions[i] = append(g.functions[i], g.insn(n))
		}
		g.functions[i] = append(g.functions[i], insn{op: 0x95})
	}
	ctx := make([]byte, 32+g.byte()%32)
	for i := range ctx {
		ctx[i] = byte(g.byte())
	}
	return Program{Text: g.encode(), Context: ctx, Budget: 1000, Helpers: true}
}

// insn is an instruction whose jump or call target is not yet a distance.
type insn struct {
	op, regs byte
	offset   int16
	imm      uint32
	target   int // raw; reduced modulo what there is
}

type generator struct {
	seed      []byte
	calls     bool
	functions [][]insn
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

var aluOps = []byte{0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0}
var jumpOps = []byte{0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0}
var numbers = []uint32{0, 1, 2, 7, 8, 31, 32, 63, 64, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff}

func (g *generator) imm() uint32 {
	if b := g.byte(); b < 128 {
		return numbers[b%len(numbers)]
	}
	return uint32(g.byte())<<24 | uint32(g.byte())<<8 | uint32(g.byte())
}

// dst is any register but the two that hold pointers, and r10.
func (g *generator) dst() byte { return []byte{0, 1, 2, 3, 4, 5, 8, 9}[g.byte()%8] }

func (g *generator) src() byte { return byte(g.byte() % 11) }

// address is most often inside the context or the stack.
func (g *generator) address() (base byte, offset int16) {
	b, at := g.byte(), int16(g.byte())
	switch {
	case b >= 250:
		return g.src(), at - 64
	case b >= 240:
		return 6, at - 64
	case b%2 == 0:
		return 6, at % 32
	default:
		return 7, -8 - at
	}
}

func (g *generator) insn(functions int) insn {
	wide := []byte{0x07, 0x04}[g.byte()%2]
	size := byte(g.byte()%4) << 3
	switch g.byte() % 12 {
	case 0, 1, 2:
		return insn{op: aluOps[g.byte()%len(aluOps)] | wide, regs: g.dst(), imm: g.imm()}
	case 3, 4:
		return insn{op: aluOps[g.byte()%len(aluOps)] | wide | 8, regs: g.src()<<4 | g.dst()}
	case 5:
		if g.byte()%2 == 0 {
			return insn{op: 0x80 | wide, regs: g.dst()}
		}
		return insn{op: 0xd4 | byte(g.byte()%2)<<3, regs: g.dst(), imm: []uint32{16, 32, 64}[g.byte()%3]}
	case 6:
		return insn{op: 0x18, regs: g.dst(), imm: g.imm(), target: int(g.imm())}
	case 7:
		base, offset := g.address()
		return insn{op: 0x61 | size, regs: base<<4 | g.dst(), offset: offset}
	case 8:
		base, offset := g.address()
		return insn{op: 0x63 | size, regs: g.src()<<4 | base, offset: offset}
	case 9:
		base, offset := g.address()
		return insn{op: 0x62 | size, regs: base, offset: offset, imm: g.imm()}
	case 10:
		class := []byte{0x05, 0x06}[g.byte()%2]
		op := jumpOps[g.byte()%len(jumpOps)] | class
		if b := g.byte(); b%3 == 0 {
			return insn{op: 0x05, target: g.byte()}
		} else if b%3 == 1 {
			return insn{op: op | 8, regs: g.src()<<4 | g.src(), target: g.byte()}
		}
		return insn{op: op, regs: g.src(), imm: g.imm(), target: g.byte()}
	default:
		if g.calls && functions > 1 {
			return insn{op: 0x85, regs: 1 << 4, target: g.byte()}
		}
		return insn{op: 0x85, imm: []uint32{0x10, 0x20, 0x10, 0x60, 0x12, 0x02, 0x10, 0x10}[g.byte()%8]}
	}
}

// encode lays the functions out and turns targets into distances.
func (g *generator) encode() []byte {
	var slots [][]int // of each instruction of each function
	at := 0
	for _, f := range g.functions {
		s := make([]int, len(f))
		for i, in := range f {
			s[i] = at
			at++
			if in.op == 0x18 {
				at++
			}
		}
		slots = append(slots, s)
	}
	var text []byte
	emit := func(op, regs byte, offset int16, imm uint32) {
		text = append(text, op, regs)
		text = binary.LittleEndian.AppendUint16(text, uint16(offset))
		text = binary.LittleEndian.AppendUint32(text, imm)
	}
	for fi, f := range g.functions {
		for i, in := range f {
			next := slots[fi][i] + 1
			switch class := in.op & 7; {
			case in.op == 0x85 && in.regs == 1<<4:
				emit(in.op, in.regs, 0, uint32(slots[in.target%len(slots)][0]-next))
			case (class == 5 || class == 6) && in.op != 0x85 && in.op != 0x95:
				emit(in.op, in.regs, int16(slots[fi][in.target%len(f)]-next), in.imm)
			case in.op == 0x18:
				emit(in.op, in.regs, 0, in.imm)
				emit(0, 0, 0, uint32(in.target))
			default:
				emit(in.op, in.regs, in.offset, in.imm)
			}
		}
	}
	return text
}
