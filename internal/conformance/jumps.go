// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import (
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/abi"
)

type condition struct {
	name string
	op   byte
}

var all11 = []condition{
	{"jeq", jmpEq}, {"jgt", jmpGt}, {"jge", jmpGe}, {"jset", jmpSet}, {"jne", jmpNe}, {"jsgt", jmpSgt}, {"jsge", jmpSge},
	{"jlt", jmpLt}, {"jle", jmpLe}, {"jslt", jmpSlt}, {"jsle", jmpSle},
}

// conditions: each conditional jump, over registers and constants.
func conditions() (all []Program) {
	turn := 0
	for _, c := range all11 {
		for _, wide := range []bool{false, true} {
			group := "jmp"
			if !wide {
				group = "jmp32"
			}
			jump := func(b *builder, source byte, imm int32, taken bool, format string, args ...any) {
				b.movImm(b.regs.spare, 1)
				b.add(jmpClass(wide)|source|c.op, b.regs.dst, b.regs.src*(source>>3), 1, imm)
				b.movImm(b.regs.spare, 0)
				v := uint64(0)
				if taken {
					v = 1
				}
				b.result(b.regs.spare, v, format, args...)
			}
			for _, s := range shapes(&turn, pairs[:8]...) {
				b := newBuilder(s)
				for _, x := range values {
					for _, y := range values {
						x, y := b.operand(s.a, s.regs.dst, x), b.operand(s.b, s.regs.src, y)
						jump(b, source, 0, jumps(c.op, wide, x, y), "%#x %s %#x", x, c.name, y)
					}
				}
				all = append(all, b.program(group, c.name+" register"))
			}
			for _, s := range shapes(&turn, [2]kind{pair, pair}, [2]kind{low, low}) {
				b := newBuilder(s)
				for _, k := range limits {
					b = b.more(&all, group, c.name+" constant")
					for _, x := range slices.Concat(values, []uint64{uint64(int64(k)), uint64(uint32(k))}) {
						x := b.operand(s.a, s.regs.dst, x)
						jump(b, 0, k, jumps(c.op, wide, x, uint64(int64(k))), "%#x %s %d", x, c.name, k)
					}
				}
				all = append(all, b.program(group, c.name+" constant"))
			}
		}
	}
	return all
}

// spans are numbers of 16-bit instructions to jump over, at the reach of cbz, of b and b<cond> in 16 bits, and far.
var spans = []int{0, 1, 2, 3, 58, 59, 60, 61, 62, 63, 64, 65, 66, 118, 120, 122, 123, 124, 125, 126, 127, 128, 129, 130, 252, 254, 256, 258,
	1008, 1012, 1014, 1016, 1018, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 1026, 1028, 1032, 2046, 2048, 2050, 3000}

// distances: forward and backward, taken and not, at the reach of each branch.
func distances() (all []Program) {
	add := func(name string, t text, result uint64) {
		all = append(all, Program{Group: "branches", Name: name, Text: t, Result: result})
	}
	fill := func(t *text, n int) {
		for range n {
			t.add(classALU|opAdd, 0, 0, 0, 1)
		}
	}
	for _, n := range spans {
		for _, taken := range []int32{0, 1} {
			for _, wide := range []bool{false, true} {
				var t text // forward over n
				t.movImm(0, 0)
				t.movImm(3, taken)
				t.add(classALU64|source|opAdd, 3, 2, 0, 0) // the length of the context: 0, which nothing knows
				t.add(jmpClass(wide)|jmpNe, 3, 0, int16(n), 0)
				fill(&t, n)
				t.exit()
				add(fmt.Sprintf("forward over %d, %s bits, %d", n, bitsOf(wide), taken), t, uint64(n)*uint64(1-taken))
			}
		}
		for _, long := range []bool{false, true} {
			var t text // ja, then back over n, then on to the end
			t.movImm(0, 0)
			jump := func(distance int) {
				if long {
					t.add(classJMP32, 0, 0, 0, int32(distance))
				} else {
					t.add(classJMP, 0, 0, int16(distance), 0)
				}
			}
			jump(n + 1)
			fill(&t, n)
			jump(n + 2) // over what jumps back
			t.add(classJMP|jmpLt, 0, 0, int16(-n-2), 1)
			jump(n)
			fill(&t, n)
			t.exit()
			want := uint64(n)
			if n == 0 { // would go on for ever
				continue
			}
			add(fmt.Sprintf("forward and back over %d, long %v", n, long), t, want)
		}
	}
	return all
}

// loops: backward jumps of each condition, and what they cost.
func loops() (all []Program) {
	for _, c := range all11 {
		for _, wide := range []bool{false, true} {
			for _, register := range []bool{false, true} {
				for _, step := range []int32{1, -1, 3} {
					for _, bound := range []int32{0, 1, 10, -5} {
						first, rounds := uint64(10), uint32(0)
						i := first
						for { // as the program below
							i += uint64(int64(step))
							if !jumps(c.op, wide, i, uint64(int64(bound))) || rounds == 40 {
								break
							}
							rounds++
						}
						var t text
						t.movImm(4, int32(first))
						t.movImm(5, bound)
						t.addImm(4, step)
						if register {
							t.add(jmpClass(wide)|source|c.op, 4, 5, -2, 0)
						} else {
							t.add(jmpClass(wide)|c.op, 4, 0, -2, bound)
						}
						t.mov(0, 4)
						t.exit()
						name := fmt.Sprintf("%s %s, register %v, from %d by %d to %d", c.name, bitsOf(wide), register, first, step, bound)
						if rounds < 40 {
							all = append(all, Program{Group: "loops", Name: name, Text: t, Result: i, Budget: max(rounds, 1)})
						}
						if rounds > 1 {
							all = append(all, Program{Group: "loops", Name: name + ", short of budget", Text: t, Budget: rounds - 1,
								Fault: abi.Fault{Status: abi.StatusBudget}})
						}
					}
				}
			}
		}
	}
	return all
}
