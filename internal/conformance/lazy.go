// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Sequences of instructions that a compiler may put together, or put off: rotations, products that are added, values
// that change places, halves that become other halves. What they come to is followed step by step.

// trace follows what registers hold while a program is built.
type trace struct {
	*builder
	at    [10]uint64
	work  []byte // registers to work with, base is not among them
	kept  []byte // hold something all the time, where there is pressure
	group string
	all   *[]Program
	turn  int
}

// newTrace rotates registers with the turn. Of nine, `working` are to work with; under pressure the others are in use.
func newTrace(all *[]Program, group string, turn, working int, pressure bool) *trace {
	t := &trace{group: group, all: all, turn: turn}
	var order []byte
	for i := range 10 {
		order = append(order, byte((i*3+turn)%10))
	}
	t.work = order[1 : 1+working]
	if pressure {
		t.kept = order[1+working:]
	}
	t.builder = newBuilder(shape{regs: registers{dst: t.work[0], src: t.work[1], base: order[0]}, half: turn%4 == 3})
	for i, r := range t.kept {
		t.load(pair, r, 0x8765432112345678*uint64(i+1))
	}
	return t
}

func (t *trace) load(k kind, r byte, v uint64) { t.at[r] = t.operand(k, r, v) }

// reg and imm are arithmetic instructions, move is one, too.
func (t *trace) reg(op byte, wide bool, dst, src byte) {
	t.add(aluClass(wide)|source|op, dst, src, 0, 0)
	t.at[dst] = alu(op, wide, 0, t.at[dst], t.at[src])
}

func (t *trace) imm(op byte, wide bool, dst byte, k int32) {
	t.add(aluClass(wide)|op, dst, 0, 0, k)
	t.at[dst] = alu(op, wide, 0, t.at[dst], uint64(int64(k)))
}

func (t *trace) move(dst, src byte) { t.reg(opMov, true, dst, src) }

func (t *trace) show(r byte, format string, args ...any) {
	t.result(r, t.at[r], "%s: r%d", fmt.Sprintf(format, args...), r)
}

// full begins another program where this one holds enough, with other registers.
func (t *trace) full() *trace {
	if len(t.results) < room/2 {
		return t
	}
	t.end()
	return newTrace(t.all, t.group, t.turn+1, len(t.work), len(t.kept) > 0)
}

func (t *trace) end() {
	for _, r := range t.kept {
		t.show(r, "what was there all the time")
	}
	p := t.program(t.group, fmt.Sprintf("turn %d, %d registers in use", t.turn, len(t.work)+len(t.kept)))
	p.Own = true
	*t.all = append(*t.all, p)
}

// anyValue is one with no symmetry, or one at a boundary.
func anyValue(random *rand.Rand) uint64 {
	if random.IntN(3) == 0 {
		return values[random.IntN(len(values))]
	}
	return uint64(random.IntN(24))*0x9e3779b97f4a7c15 + 0x0123456789abcdef
}

// rotations: two shifts of a register joined, by all counts; those whose sum is one less or one more are none.
func rotations() (all []Program) {
	random := rand.New(rand.NewPCG(32, 64))
	for turn, pressure := range []bool{false, true} {
		for _, wide := range []bool{false, true} {
			width := int32(32)
			if wide {
				width = 64
			}
			t := newTrace(&all, "rotations"+bitsOf(wide), turn*5, 4, pressure)
			for k := int32(1); k < width; k++ {
				for n, op := range []byte{opOr, opXor, opAdd, opSub} {
					for _, sum := range []int32{width, width - 1, width + 1, 32} {
						k2 := sum - k
						if k2 <= 0 || k2 >= width || sum == 32 && !wide && n > 0 {
							continue
						}
						for form := range 4 {
							if form != int(k+sum)%4 && sum != width || n == 3 && form != int(k)%4 {
								continue
							}
							t = t.full()
							t.rotate(random, op, wide, k, k2, form)
						}
					}
				}
			}
			t.end()
		}
	}
	return all
}

func (t *trace) rotate(random *rand.Rand, op byte, wide bool, k, k2 int32, form int) {
	x, left, right, other := t.work[0], t.work[1], t.work[2], t.work[3]
	t.load([]kind{pair, pair, low}[random.IntN(3)], x, anyValue(random))
	name := fmt.Sprintf("%#x joined by %#x, %d left and %d right, form %d", t.at[x], op, k, k2, form)
	t.load(pair, other, anyValue(random))
	shift := byte(opRsh)
	if random.IntN(8) == 0 {
		shift = opArsh
	}
	t.move(left, x)
	switch form {
	case 0: // both copies
		t.move(right, x)
		t.imm(opLsh, wide, left, k)
		t.imm(shift, wide, right, k2)
	case 1: // one is shifted where it is
		right = x
		t.imm(opLsh, wide, left, k)
		t.imm(shift, wide, right, k2)
	case 2: // the source is something else by the second shift
		t.imm(opLsh, wide, left, k)
		if random.IntN(2) == 0 {
			t.reg(opAdd, wide, x, other)
		} else {
			t.load(pair, x, anyValue(random))
		}
		t.move(right, x)
		t.imm(shift, wide, right, k2)
	default: // the source is something else when they are joined
		t.move(right, x)
		t.imm(shift, wide, right, k2)
		t.imm(opLsh, wide, left, k)
		t.move(x, other)
	}
	into, from := left, right
	if random.IntN(2) == 0 {
		into, from = from, into
	}
	t.reg(op, wide || random.IntN(4) == 0, into, from)
	if random.IntN(3) == 0 { // an operand of what follows
		use := []byte{opAdd, opSub, opXor, opAnd}[random.IntN(4)]
		t.reg(use, wide, other, into)
		t.show(other, "%s, used", name)
	}
	t.show(into, "%s", name)
	if random.IntN(4) == 0 {
		t.show(from, "%s, the other part", name)
	}
}

// products: multiplied, then added or taken away, both ways, once or twice, factors written over meanwhile.
func products() (all []Program) {
	random := rand.New(rand.NewPCG(3, 5))
	turn := 0
	for _, pressure := range []bool{false, true} {
		for _, mul := range []bool{false, true} {
			for _, add := range []bool{false, true} {
				turn++
				t := newTrace(&all, "products", turn, 5, pressure)
				for between := range 6 {
					for use := range 12 {
						for _, k := range []kind{pair, low, constant} {
							t = t.full()
							t.multiply(random, mul, add, between, use, k)
						}
					}
				}
				t.end()
			}
		}
	}
	return all
}

func (t *trace) multiply(random *rand.Rand, mul, add bool, between, use int, k kind) {
	a, b, p, s, u := t.work[0], t.work[1], t.work[2], t.work[3], t.work[4]
	t.load(pair, a, anyValue(random))
	t.load([]kind{pair, low}[random.IntN(2)], b, anyValue(random))
	t.load(k, s, anyValue(random))
	t.load(pair, u, anyValue(random))
	name := fmt.Sprintf("%#x * %#x and %#x, then %d, then %d", t.at[a], t.at[b], t.at[s], between, use)
	t.reg(opMov, mul, p, a)
	t.reg(opMul, mul, p, []byte{b, b, b, a, p}[random.IntN(5)])
	switch between {
	case 1:
		t.load(pair, a, anyValue(random))
	case 2:
		t.imm(opAdd, true, a, 1)
	case 3:
		t.imm(opMov, true, b, 77)
	case 4: // two products
		t.reg(opMul, mul, s, u)
	case 5: // something it is added to, of which nothing is known yet
		t.reg(opLsh, add, s, u)
		t.imm(opLsh, add, s, 3)
	}
	switch use {
	case 0, 1:
		t.reg([]byte{opAdd, opSub}[use], add, s, p)
	case 2, 3:
		t.reg([]byte{opAdd, opSub}[use-2], add, p, s)
	case 4, 5:
		t.reg([]byte{opAdd, opSub}[use-4], add, s, p)
		t.reg(opAdd, add, u, p)
	case 6, 7:
		t.reg([]byte{opAdd, opSub}[use-6], add, p, p)
	case 8, 9:
		t.reg([]byte{opAdd, opSub}[use-8], add, a, p)
		t.reg(opSub, add, b, p)
	case 10:
		t.move(u, p)
		t.reg(opSub, add, u, s)
		t.reg(opSub, add, p, u)
	case 11:
		t.reg(opSub, add, p, a)
		t.reg(opAdd, add, p, b)
	}
	for _, r := range []byte{a, b, p, s, u} {
		if random.IntN(3) > 0 {
			t.show(r, "%s", name)
		}
	}
}

// swaps: 2 to 5 registers change places in a circle, whatever they are made of.
func swaps() (all []Program) {
	random := rand.New(rand.NewPCG(7, 9))
	for turn, pressure := range []bool{false, true} {
		t := newTrace(&all, "swaps", turn*3, 6, pressure)
		for i := range 240 {
			t = t.full()
			n := 2 + i%4
			circle := slices.Clone(t.work[:n])
			random.Shuffle(n, func(i, k int) { circle[i], circle[k] = circle[k], circle[i] })
			spare := t.work[5]
			for _, r := range t.work {
				t.load([]kind{pair, pair, low, constant}[random.IntN(4)], r, anyValue(random))
			}
			for _, r := range circle { // something lazy
				other := circle[random.IntN(n)]
				switch random.IntN(6) {
				case 0:
					t.imm(opAdd, true, r, int32(random.IntN(64)))
				case 1:
					t.imm(opLsh, true, r, int32(random.IntN(34)))
				case 2:
					t.reg(opAdd, random.IntN(2) == 0, r, other)
				case 3:
					t.reg(opMul, random.IntN(2) == 0, r, other)
				}
			}
			wide := random.IntN(4) > 0
			for range 1 + random.IntN(3) {
				if n == 2 && random.IntN(3) == 0 {
					t.reg(opXor, wide, circle[0], circle[1])
					t.reg(opXor, wide, circle[1], circle[0])
					t.reg(opXor, wide, circle[0], circle[1])
					continue
				}
				t.reg(opMov, wide, spare, circle[0])
				for k := range n - 1 {
					t.reg(opMov, wide, circle[k], circle[k+1])
				}
				t.reg(opMov, wide, circle[n-1], spare)
			}
			if random.IntN(2) == 0 {
				t.reg([]byte{opAdd, opSub, opXor}[random.IntN(3)], true, circle[0], circle[1])
			}
			for _, r := range circle {
				t.show(r, "%d in a circle", n)
			}
		}
		t.end()
	}
	return all
}

// chains: a few instructions over a few registers, most of which move halves, or stay lazy.
func chains() (all []Program) {
	random := rand.New(rand.NewPCG(11, 13))
	for turn, working := range []int{3, 4, 3, 5, 9, 9, 8} {
		t := newTrace(&all, "chains", turn*7, working, turn > 1)
		pick := func() byte { return t.work[random.IntN(len(t.work))] }
		for i := range 200 {
			t = t.full()
			for _, r := range t.work {
				t.load([]kind{pair, pair, low, constant}[random.IntN(4)], r, anyValue(random))
			}
			for range 3 + random.IntN(6) {
				wide := random.IntN(5) > 0
				switch random.IntN(8) {
				case 0, 1:
					t.reg(opMov, wide, pick(), pick())
				case 2, 3:
					t.imm([]byte{opLsh, opRsh, opArsh}[random.IntN(3)], true, pick(), 32)
				case 4:
					t.imm([]byte{opLsh, opRsh, opArsh}[random.IntN(3)], wide, pick(), int32(random.IntN(32)))
				case 5:
					t.imm([]byte{opAdd, opAnd, opXor, opOr}[random.IntN(4)], wide, pick(), limits[random.IntN(len(limits))])
				case 6:
					t.reg([]byte{opMul, opSub, opAdd}[random.IntN(3)], wide, pick(), pick())
				default:
					t.reg([]byte{opOr, opXor, opAnd, opAdd, opSub}[random.IntN(5)], wide, pick(), pick())
				}
			}
			for _, r := range t.work {
				if random.IntN(4) > 0 {
					t.show(r, "chain %d", i)
				}
			}
		}
		t.end()
	}
	return all
}

// spilled: constants joined with registers where what they are joined in is least used, and spilled.
func spilled() (all []Program) {
	random := rand.New(rand.NewPCG(15, 1))
	for _, turn := range []int{0, 1, 2, 4, 5, 6, 8, 9, 17, 3} { // 17: r0, which is where results are
		t := newTrace(&all, "spilled", turn, 4, true)
		for n, op := range []byte{opAdd, opSub, opOr, opXor, opAnd, opMul} {
			for i, d := range t.kept {
				s := t.work[max(0, random.IntN(5)-2)]
				for _, r := range t.work[:3] {
					t.load(pair, r, anyValue(random))
				}
				for _, r := range t.work[:3] {
					t.reg(opAdd, true, r, t.work[random.IntN(3)])
					t.show(r, "a register used more")
				}
				t.load(constant, d, []uint64{0xffffffffeeaf0000, 0x12345678, 0x89abcdef01234567, 0xfedcba98}[(n+i)%4])
				name := fmt.Sprintf("%#x joined by %#x with %#x in r%d", t.at[d], op, t.at[s], s)
				t.reg(op, true, d, s)
				t.show(d, "%s", name)
				t.show(s, "%s", name)
			}
		}
		t.end()
	}
	return all
}
