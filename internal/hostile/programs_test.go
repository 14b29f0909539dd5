// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/alloc"
)

// planned is a program with its honest plan.
type planned struct {
	progen.Program
	honest []byte
}

// honest is the planner's plan of a program, nil if it has none.
func honest(p progen.Program) []byte { return honestBy(p, planner.Of) }

// honestBy is the plan that one way to make them makes.
func honestBy(p progen.Program, of func(*image.Program) (*planner.Result, error)) []byte {
	linked, err := p.Linked()
	if err != nil {
		return nil
	}
	r, err := of(linked)
	if err != nil {
		return nil
	}
	return r.Bytes
}

// short are generated programs that are not long, and have a plan.
func short(campaign uint64, n int) (list []planned) {
	for i := 0; len(list) < n; i++ {
		p := progen.Numbered(campaign, i)
		if len(p.Text) > 8*70 {
			continue
		}
		if h := honestBy(p, func(p *image.Program) (*planner.Result, error) { return planner.By(p, i%alloc.Heuristics) }); h != nil {
			list = append(list, planned{p, h})
		}
	}
	return list
}

// kernels are the benchmarks with their smallest inputs, as far as nothing in their data points at anything.
func kernels(t testing.TB, slots int) (list []planned) {
	for _, b := range benchmarks.All() {
		linked, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		if len(linked.Pointers) > 0 || len(linked.Text) > 8*slots {
			continue
		}
		p := progen.Program{Text: linked.Text, Context: b.Input(b.MinSize), CtxMin: linked.CtxMin, Rodata: linked.Rodata,
			Data: append(linked.Data[:len(linked.Data):len(linked.Data)], make([]byte, linked.BSS)...), Addresses: linked.Addresses, Budget: 100_000}
		if h := honest(p); h != nil {
			list = append(list, planned{p, h})
		}
	}
	return list
}

// edges are programs that end at an edge which generated ones seldom hit: a loop whose last turn, by one, is outside of its
// context, a number that is small only to those who take its sign for a bit, one that is large only by its high half, a function
// that reads its caller's frame, one that changes what its caller goes on with, copies of so many values that halves of them live in memory, values that
// are no longer what others were, two functions of which one call leads to one or the other, a shift by an address, whose offset is known, and accesses at one register of which the first passes and the second does not.
func edges() (list []planned) {
	for _, p := range []progen.Program{
		{Context: []byte{1, 2, 3, 4}, Text: assemble(slot{0xb4, 0, 0, 0, 0}, slot{0xb4, 3, 0, 0, 0},
			slot{0x71, 5, 1, 0, 0}, slot{0x0f, 0, 5, 0, 0}, slot{0x07, 1, 0, 0, 1}, slot{0x07, 3, 0, 0, 1}, slot{0xa5, 3, 0, -5, 5}, // r3 < 5
			slot{0x95, 0, 0, 0, 0})},
		{Context: []byte{255, 255, 255, 255}, CtxMin: 4, Text: assemble(slot{0xb4, 0, 0, 0, 0}, slot{0x61, 3, 1, 0, 0},
			slot{0x66, 3, 0, 2, 3}, slot{0x0f, 1, 3, 0, 0}, slot{0x71, 0, 1, 0, 0}, // if w3 s> 3 goto exit; r1 += r3
			slot{0x95, 0, 0, 0, 0})},
		{Text: assemble(slot{0x62, 10, 0, -4, 7}, slot{0x85, 0, 1, 0, 1}, slot{0x95, 0, 0, 0, 0}, // *(u32 *)(r10 - 4) = 7; call f; exit
			slot{0xbf, 3, 10, 0, 0}, slot{0x61, 0, 3, 508, 0}, slot{0x95, 0, 0, 0, 0})}, // f: r3 = r10; r0 = *(u32 *)(r3 + 508); exit
		{Context: []byte{1, 0, 0, 0, 1, 0, 0, 0}, CtxMin: 8, Text: assemble(slot{0xb4, 0, 0, 0, 0}, slot{0x79, 3, 1, 0, 0},
			slot{0xa5, 3, 0, 4, 4}, slot{0xbc, 3, 3, 0, 0}, slot{0x26, 3, 0, 2, 7}, // if r3 < 4 goto exit; w3 = w3; if w3 > 7 goto exit
			slot{0x0f, 1, 3, 0, 0}, slot{0x71, 0, 1, -4, 0}, slot{0x95, 0, 0, 0, 0})}, // r1 += r3; r0 = *(u8 *)(r1 - 4)
		{Text: assemble(slot{0xb7, 6, 0, 0, 1}, slot{0xb7, 7, 0, 0, 2}, slot{0x85, 0, 1, 0, 3}, // r6 = 1; r7 = 2; call f
			slot{0x0f, 0, 6, 0, 0}, slot{0x0f, 0, 7, 0, 0}, slot{0x95, 0, 0, 0, 0}, // r0 += r6; r0 += r7; exit
			slot{0xb7, 6, 0, 0, 5}, slot{0xb7, 7, 0, 0, 6}, slot{0xbf, 0, 6, 0, 0}, slot{0x0f, 0, 7, 0, 0}, slot{0x95, 0, 0, 0, 0})}, // f: r0 = 5 + 6
		{Context: []byte{1, 2, 3, 4, 5, 6, 7, 8}, CtxMin: 8, Text: manyHalves()},
		{Context: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Text: assemble(slot{0xb4, 0, 0, 0, 0}, slot{0xb4, 3, 0, 0, 60}, slot{0x15, 2, 0, 1, 8}, // a way with moves to
			slot{0xb4, 3, 0, 0, 0}, slot{0xbf, 5, 1, 0, 0}, slot{0x0f, 5, 3, 0, 0}, slot{0x71, 5, 5, 0, 0}, // the first slot of a loop:
			slot{0x0f, 0, 5, 0, 0}, slot{0x07, 3, 0, 0, 1}, slot{0xa5, 3, 0, -6, 64}, slot{0x95, 0, 0, 0, 0})}, // r5 = *(u8 *)(r1 + r3), r3 to 63
		{Context: []byte{200, 0, 0, 0, 0, 0, 0, 0}, CtxMin: 8, Text: assemble(slot{0x71, 4, 1, 0, 0}, slot{0xbf, 5, 4, 0, 0}, // r5 is what r4 was
			slot{0x71, 4, 1, 1, 0}, slot{0x25, 4, 0, 2, 7}, slot{0x0f, 1, 5, 0, 0}, slot{0x71, 0, 1, 0, 0}, slot{0x95, 0, 0, 0, 0})},
		{Context: []byte{1, 0, 0, 0, 0, 0, 0, 0}, CtxMin: 8, Text: assemble(slot{0x71, 3, 1, 0, 0}, slot{0xbf, 4, 3, 0, 0}, slot{0x07, 4, 0, 0, 100}, // r4 is r3 + 100
			slot{0x25, 3, 0, 2, 7}, slot{0x0f, 1, 4, 0, 0}, slot{0x71, 0, 1, 0, 0}, slot{0x95, 0, 0, 0, 0})},
		{Context: []byte{2, 0, 0, 0, 0, 0, 0, 0}, CtxMin: 8, Rodata: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Addresses: []image.Address{{Slot: 0, Section: image.Rodata}},
			Text: assemble(slot{0x18, 4, 0, 0, 0}, slot{}, slot{0x79, 3, 1, 0, 0}, slot{0x0f, 4, 3, 0, 0}, // r4 = .rodata + 2, is read and written
				slot{0x71, 5, 4, 0, 0}, slot{0x73, 4, 5, 0, 0}, slot{0xbf, 0, 5, 0, 0}, slot{0x95, 0, 0, 0, 0})},
		{Context: []byte{3, 0, 0, 0, 0, 0, 0, 0}, CtxMin: 8, Text: assemble(slot{0x79, 3, 1, 0, 0}, slot{0xbf, 4, 1, 0, 0}, slot{0x0f, 4, 3, 0, 0}, // r4 = r1 + 3, then further:
			slot{0x71, 0, 4, 0, 0}, slot{0x2f, 3, 3, 0, 0}, slot{0x0f, 4, 3, 0, 0}, slot{0x71, 5, 4, 0, 0}, // the second access is outside
			slot{0x0f, 0, 5, 0, 0}, slot{0x95, 0, 0, 0, 0})},
		{Context: []byte{1, 2, 3, 4, 5, 6, 7, 8}, CtxMin: 8, Text: assemble(slot{0x71, 3, 1, 0, 0}, slot{0x57, 3, 0, 0, 7}, slot{0x47, 3, 0, 0, 8}, // r3 from 8 to 15
			slot{0x7c, 3, 1, 0, 0}, slot{0x0f, 1, 3, 0, 0}, slot{0x71, 0, 1, -8, 0}, slot{0x95, 0, 0, 0, 0})}, // w3 >>= w1; r0 = *(u8 *)(r1 + r3 - 8)
		{Context: []byte{1, 2, 3, 4, 5, 6, 7, 8}, CtxMin: 8, Text: assemble(slot{0xb7, 3, 0, 0, 0x41414141}, slot{0x18, 4, 4, 0, 7}, slot{}, // r4 = g
			slot{0x18, 5, 4, 0, 3}, slot{}, slot{0x8d, 5, 0, 0, 0}, slot{0x95, 0, 0, 0, 0}, // r5 = f; callx r5; exit
			slot{0x71, 0, 1, 0, 0}, slot{0x95, 0, 0, 0, 0}, // f: r0 = *(u8 *)(r1 + 0); exit
			slot{0xbf, 0, 3, 0, 0}, slot{0x95, 0, 0, 0, 0})}, // g: r0 = r3; exit
		{Context: []byte{1, 0, 0, 0, 0, 0, 0, 0}, CtxMin: 8, Text: assemble(slot{0x79, 3, 1, 0, 0}, slot{0xbf, 4, 1, 0, 0}, slot{0x0f, 4, 3, 0, 0}, slot{0xb7, 0, 0, 0, 0},
			slot{0x55, 3, 0, 3, 5}, slot{0x71, 0, 4, 0, 0}, slot{0x15, 0, 0, 1, 9}, slot{0x07, 0, 0, 0, 1}, // two ways to what the check is not on
			slot{0x71, 5, 4, 7, 0}, slot{0x0f, 0, 5, 0, 0}, slot{0x95, 0, 0, 0, 0})},
		{Context: []byte{1, 0, 0, 0, 0, 0, 0, 0}, CtxMin: 1, Text: assemble(slot{0xbf, 4, 1, 0, 0}, slot{0x07, 4, 0, 0, 0x7ffffffe}, // r4 = r1 + 2^31 - 2
			slot{0x61, 0, 4, 0, 0}, slot{0x95, 0, 0, 0, 0})}, // ends beyond 2^31
		{Context: []byte{1, 0, 0, 0, 0, 0, 0, 0}, CtxMin: 1, Text: assemble(slot{0xbf, 4, 1, 0, 0}, slot{0x79, 5, 4, 0, 0}, slot{0x07, 4, 0, 0, 0x7ffffffe}, // the same,
			slot{0x69, 0, 4, 0, 0}, slot{0x0f, 0, 5, 0, 0}, slot{0x95, 0, 0, 0, 0})}, // behind a check of r1
	} {
		p.Budget = 1000
		list = append(list, planned{p, honest(p)})
	}
	return append(list, unpaid()...)
}

// unpaid are loops that are entered in their middle, and whose turns must not be paid for at once, or not with one jump a turn: the test can come
// again without a turn, or comes behind the jump; or a way out is behind the jump. The plans of the first two are what the planner made when the
// compiler allowed that: it asks the compiler, and makes no such plans now. Behind the loop of the last two is another, which takes all of the budget but one.
func unpaid() []planned {
	text := func(turns int32, loop ...slot) []byte { // goes to the third slot of the loop
		begin := []slot{{0xb4, 0, 0, 0, 0}, {0xb4, 5, 0, 0, 4}, {0x05, 0, 0, 2, 0}} // w5 = 4
		return assemble(slices.Concat(begin, loop, []slot{{0xb4, 3, 0, 0, turns}, {0x07, 3, 0, 0, -1}, {0x55, 3, 0, -2, 0}, {0x95, 0, 0, 0, 0}})...)
	}
	kept := func(digits string) []byte {
		plan, err := hex.DecodeString(digits)
		if err != nil {
			panic(err)
		}
		return plan
	}
	context := make([]byte, 32)
	context[8] = 1
	list := []planned{
		{progen.Program{Context: context[:4], Text: assemble(slot{0xb4, 0, 0, 0, 0}, slot{0xb4, 3, 0, 0, 0}, slot{0x05, 0, 0, 1, 0}, // goto 4
			slot{0x4d, 2, 2, 1, 0}, slot{0x07, 3, 0, 0, 1}, slot{0xa5, 3, 0, -3, 20}, slot{0x95, 0, 0, 0, 0})}, // if r2 & r2 goto 5; r3 += 1; if r3 < 20 goto 3
			kept("60207065ccccccc3cccb2298a2030713320a0e66875c4c42a143899105334142003c8992b32400")},
		{progen.Program{Context: context, Text: text(1000, slot{0x25, 5, 0, 4, 4}, slot{0x07, 5, 0, 0, 7}, // if r5 > 4 goto 8; r5 += 7
			slot{0x07, 1, 0, 0, 4}, slot{0x61, 0, 1, 0, 0}, slot{0x05, 0, 0, -5, 0})}, // r1 += 4; r0 = *(u32 *)(r1 + 0); goto 3
			kept("60e04983c1e66661aa659b4c58109d48a22555616840b100d184c8805880f83cd22a450808ac4532010f7ceb3700")},
		{progen.Program{Context: context, Text: text(1000, slot{0x15, 0, 0, 4, 1}, slot{0x07, 5, 0, 0, 1}, // if r0 == 1 goto 8; r5 += 1
			slot{0x07, 1, 0, 0, 4}, slot{0x61, 0, 1, 0, 0}, slot{0xa5, 5, 0, -5, 8})}, nil}, // r1 += 4; r0 = *(u32 *)(r1 + 0); if r5 < 8 goto 3
	}
	for i := range list {
		list[i].Budget = 1000
	}
	list[2].honest = honest(list[2].Program)
	return list
}

// manyHalves copies each of eight values of 64 bits, and reads both.
func manyHalves() (text []byte) {
	for r := byte(2); r < 10; r++ {
		text = append(text, assemble(slot{0x79, r, 1, 0, 0})...) // r = *(u64 *)r1
	}
	for r := byte(2); r < 10; r++ {
		text = append(text, assemble(slot{0xbf, 1, r, 0, 0}, slot{0xaf, 0, 1, 0, 0}, slot{0x27, 0, 0, 0, 3}, slot{0x0f, 0, r, 0, 0})...)
	} // r1 = r; r0 ^= r1; r0 *= 3; r0 += r
	return append(text, assemble(slot{0x95, 0, 0, 0, 0})...)
}

// damaged are programs of which one instruction is changed so that they go outside: a load or store goes further, or a
// comparison lets one more turn through. Correct programs do not show that a check is missing.
func damaged(programs []planned, seed uint64, n int) (list []planned) {
	r := rand.New(rand.NewPCG(seed, 1))
	for tries := 0; len(list) < n && tries < 20*n; tries++ {
		p := programs[r.IntN(len(programs))]
		text := bytes.Clone(p.Text)
		slot := text[8*r.IntN(len(text)/8):]
		switch class := slot[0] & 7; {
		case class >= 1 && class <= 3 && slot[0]&0xe0 == 0x60 && slot[1]>>4 != 10 && slot[1]&15 != 10:
			slot[2] += []byte{1, 4, 8, 32, 64}[r.IntN(5)]
		case (class == 5 || class == 6) && slot[0]&0xf0 == 0xa0: // < is <=
			slot[0] ^= 0x10
		case (class == 5 || class == 6) && slot[0]&0xf0 == 0x20: // > is >=
			slot[0] ^= 0x10
		default:
			continue
		}
		p.Text = text
		if p.honest = honest(p.Program); p.honest != nil {
			list = append(list, p)
		}
	}
	return list
}
