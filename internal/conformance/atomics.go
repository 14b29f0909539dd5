// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

var atomicOperations = []struct {
	name string
	imm  int32
}{
	{"add", opAdd}, {"or", opOr}, {"and", opAnd}, {"xor", opXor},
	{"fetch add", opAdd | fetch}, {"fetch or", opOr | fetch}, {"fetch and", opAnd | fetch}, {"fetch xor", opXor | fetch},
	{"xchg", xchg}, {"cmpxchg", cmpxchg},
}

// atomics: each operation in each width on a word of the stack; r0 is what cmpxchg compares with.
func atomics() (all []Program) {
	turn := 0
	for _, o := range atomicOperations {
		for _, wide := range []bool{false, true} {
			size, mask := byte(sizeW), uint64(0xffffffff)
			if wide {
				size, mask = sizeDW, ^uint64(0)
			}
			for _, s := range shapes(&turn, [2]kind{pair, pair}, [2]kind{low, low}, [2]kind{pair, constant}) {
				for s.regs.dst == 0 || s.regs.src == 0 || s.regs.base == 0 {
					turn++
					s.regs = rotation[turn%len(rotation)]
				}
				s.regs.spare = 0
				name := "atomic " + o.name
				b := newBuilder(s)
				memory, operand := s.regs.dst, s.regs.src
				for i, x := range values {
					b = b.more(&all, "atomic"+bitsOf(wide), name)
					for _, y := range values {
						x := b.operand(s.a, memory, x)
						b.store(sizeDW, r10, memory, -16)
						y := b.operand(s.b, operand, y)
						expected := b.operand(pair, 0, []uint64{x, x ^ 1, x ^ 1<<32}[i%3])
						b.add(classSTX|modeATOMIC|size, r10, operand, -16, o.imm)
						b.text.load(sizeDW, memory, r10, -16)
						after := x&^mask | atomic(o.imm, x&mask, y&mask, expected&mask)&mask
						b.result(memory, after, "%s of %#x in %#x, r0 %#x: memory", o.name, y, x, expected)
						if o.imm == cmpxchg {
							b.result(0, x&mask, "%s of %#x in %#x, r0 %#x: r0", o.name, y, x, expected)
						} else {
							b.result(0, expected, "r0 after %s", o.name)
							if o.imm&fetch != 0 {
								y = x & mask
							}
						}
						b.result(operand, y, "%s in %#x: the operand afterwards", o.name, x)
					}
				}
				all = append(all, b.program("atomic"+bitsOf(wide), name))
			}
		}
	}
	return all
}
