// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import "fmt"

// operation is an arithmetic instruction.
type operation struct {
	name   string
	op     byte
	offset int16
}

var binaries = []operation{
	{"add", opAdd, 0}, {"sub", opSub, 0}, {"mul", opMul, 0}, {"div", opDiv, 0}, {"sdiv", opDiv, 1}, {"or", opOr, 0},
	{"and", opAnd, 0}, {"lsh", opLsh, 0}, {"rsh", opRsh, 0}, {"mod", opMod, 0}, {"smod", opMod, 1}, {"xor", opXor, 0},
	{"mov", opMov, 0}, {"arsh", opArsh, 0}, {"movsx8", opMov, 8}, {"movsx16", opMov, 16}, {"movsx32", opMov, 32},
}

func (o operation) shifts() bool { return o.op == opLsh || o.op == opRsh || o.op == opArsh }

// each calls f for every operation of two operands in each width.
func each(f func(o operation, wide bool)) {
	for _, o := range binaries {
		for _, wide := range []bool{false, true} {
			if o.offset != 32 || wide {
				f(o, wide)
			}
		}
	}
}

// arithmetic: both operands in registers.
func arithmetic() (all []Program) {
	turn := 0
	each(func(o operation, wide bool) {
		opcode := aluClass(wide) | source | o.op
		for _, s := range shapes(&turn, pairs...) {
			b := newBuilder(s)
			for _, x := range values {
				for _, y := range values {
					x, y := b.operand(s.a, s.regs.dst, x), b.operand(s.b, s.regs.src, y)
					b.add(opcode, s.regs.dst, s.regs.src, o.offset, 0)
					b.result(s.regs.dst, alu(o.op, wide, o.offset, x, y), "%#x %s %#x", x, o.name, y)
				}
				last := values[len(values)-1]
				switch {
				case s.a == copied:
					b.result(s.regs.spare, x, "what was copied, %#x", x)
				case s.b == copied:
					b.result(s.regs.spare, last, "what was copied, %#x", last)
				default:
					b.result(s.regs.src, s.b.seen(last), "the second operand afterwards")
				}
			}
			all = append(all, b.program("alu"+bitsOf(wide), o.name+" register"))
		}
		for _, k := range [][2]kind{{pair, pair}, {low, low}, {constant, constant}} { // the same register
			for _, s := range shapes(&turn, k) {
				b := newBuilder(s)
				for _, x := range values {
					x := b.operand(s.a, s.regs.dst, x)
					b.add(opcode, s.regs.dst, s.regs.dst, o.offset, 0)
					b.result(s.regs.dst, alu(o.op, wide, o.offset, x, x), "%#x %s itself", x, o.name)
				}
				all = append(all, b.program("alu"+bitsOf(wide), o.name+" itself"))
			}
		}
	})
	return all
}

// immediates: the second operand is a constant.
func immediates() (all []Program) {
	turn := 0
	each(func(o operation, wide bool) {
		if o.offset > 1 {
			return // moves with sign extension take registers only
		}
		width := int32(32)
		if wide {
			width = 64
		}
		for shape, s := range shapes(&turn, [2]kind{pair, pair}, [2]kind{low, low}, [2]kind{constant, constant}) {
			b, turn := newBuilder(s), shape+turn/7
			for n, k := range limits {
				if (o.shifts() && (k < 0 || k >= width)) || (k == 0 && (o.op == opDiv || o.op == opMod)) {
					continue
				}
				b = b.more(&all, "alu"+bitsOf(wide), o.name+" constant")
				for i, x := range values {
					if (i+n)%2 == turn%2 {
						continue // another shape's
					}
					x := b.operand(s.a, s.regs.dst, x)
					b.add(aluClass(wide)|o.op, s.regs.dst, 0, o.offset, k)
					b.result(s.regs.dst, alu(o.op, wide, o.offset, x, uint64(int64(k))), "%#x %s %d", x, o.name, k)
				}
			}
			all = append(all, b.program("alu"+bitsOf(wide), o.name+" constant"))
		}
	})
	for _, op := range []byte{opDiv, opMod} { // by a constant 0, which other verifiers refuse
		for _, wide := range []bool{false, true} {
			for _, offset := range []int16{0, 1} {
				turn++
				b := newBuilder(shape{regs: rotation[turn%len(rotation)]})
				for _, x := range values {
					x := b.operand(pair, b.regs.dst, x)
					b.add(aluClass(wide)|op, b.regs.dst, 0, offset, 0)
					b.result(b.regs.dst, alu(op, wide, offset, x, 0), "%#x over 0", x)
				}
				all = append(all, b.program("alu"+bitsOf(wide), fmt.Sprintf("division %#x/%d by 0", op, offset)))
			}
		}
	}
	return all
}

// unary: negation, and changes of byte order.
func unary() (all []Program) {
	turn := 0
	kinds := [][2]kind{{pair, pair}, {low, low}, {constant, constant}, {copied, copied}}
	one := func(group, name string, opcode byte, imm int32, f func(uint64) uint64) {
		for _, s := range shapes(&turn, kinds...) {
			b := newBuilder(s)
			for _, x := range values {
				x := b.operand(s.a, s.regs.dst, x)
				b.add(opcode, s.regs.dst, 0, 0, imm)
				b.result(s.regs.dst, f(x), "%s %#x", name, x)
				if s.a == copied {
					b.result(s.regs.spare, x, "what was copied")
				}
			}
			all = append(all, b.program(group, name))
		}
	}
	for _, wide := range []bool{false, true} {
		one("alu"+bitsOf(wide), "neg", aluClass(wide)|opNeg, 0, func(x uint64) uint64 { return alu(opNeg, wide, 0, x, 0) })
	}
	for _, width := range []int32{16, 32, 64} {
		one("byte order", fmt.Sprintf("le%d", width), classALU|opEnd, width, func(x uint64) uint64 { return reordered(x, width, false) })
		one("byte order", fmt.Sprintf("be%d", width), classALU|source|opEnd, width, func(x uint64) uint64 { return reordered(x, width, true) })
		one("byte order", fmt.Sprintf("bswap%d", width), classALU64|opEnd, width, func(x uint64) uint64 { return reordered(x, width, true) })
	}
	return all
}

// constants: lddw, of boundaries and of what moves encode.
func constants() (all []Program) {
	turn := 0
	for _, s := range shapes(&turn, [2]kind{pair, pair}, [2]kind{low, low}, [2]kind{constant, constant}) {
		b := newBuilder(s)
		for _, k := range limits {
			for _, v := range []uint64{uint64(uint32(k)), uint64(int64(k)), uint64(uint32(k)) << 32, uint64(uint32(k))<<32 | uint64(uint32(^k))} {
				b.lddw(s.regs.dst, v)
				b.result(s.regs.dst, v, "lddw %#x", v)
			}
		}
		all = append(all, b.program("lddw", "lddw"))
	}
	return all
}
