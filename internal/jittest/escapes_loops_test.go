// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/ubench-dev/ubench/emu"
)

// Programs with loops that a compiler may look through before they run: of counters that wrap around, strides, budgets,
// and memory that ends first.

// loops are loops that leave the context, or end just before: up and down, by pointers and by indices, of steps and
// trip counts whose product or whose sum with the start overflows 31, 32 or 64 bits.
func loops() (all []escape) {
	random := rand.New(rand.NewPCG(3, 3))
	kinds := touches()
	anEdge := func() uint64 { return edges[random.IntN(len(edges))] }
	for i := range 3000 {
		touch := kinds[random.IntN(len(kinds))]
		step := []int32{1, 1, 4, 8, 3, touch32(touch)}[random.IntN(6)]
		op, wide := comparisons[1+random.IntN(9)], random.IntN(3) > 0
		add := byte(0x07)
		if random.IntN(6) == 0 {
			add = 0x04
		}
		numbers := slices.Concat(slot(0x79, 0x16, 0, 0), slot(0x79, 0x13, 8, 0)) // r6: how far, r3: from where
		if random.IntN(2) == 0 {
			numbers = slices.Concat(mov(6, 2), movImm(3, int32(random.IntN(4))*step))
		}
		use := touch.code(int16(random.IntN(3) * 4))
		if random.IntN(6) == 0 {
			use = slices.Concat(use, touch.code(int16(touch.size)))
		}
		if random.IntN(4) == 0 {
			use = slices.Concat(use, touch.code(-int16(touch.size*(1+random.IntN(4)))))
		}
		var form string
		var before, body []byte
		switch i % 5 {
		case 0:
			form, body = "index up", slices.Concat(mov(4, 1), plus(4, 3), use, slot(add, 3, 0, step))
		case 1:
			form, body = "index down", slices.Concat(slot(add, 6, 0, -step), mov(4, 1), plus(4, 6), use)
		case 2:
			form = "pointer up"
			before = slices.Concat(mov(4, 1), plus(4, 3), plus(6, 1))
			body = slices.Concat(use, plusImm(4, step))
		case 3:
			form = "pointer down"
			before = slices.Concat(mov(4, 1), plus(4, 6), plus(3, 1))
			body = slices.Concat(plusImm(4, -step), use)
		default:
			form = "index of words"
			body = slices.Concat(mov(7, 3), slot(0x67, 7, 0, 2), mov(4, 1), plus(4, 7), use, slot(add, 3, 0, step))
		}
		left, right := byte(3), byte(6)
		switch i % 5 {
		case 1:
			left, right = 6, 3
		case 2:
			left = 4
		case 3:
			left, right = 4, 3
		}
		if random.IntN(4) == 0 { // tested before the first round too
			before = slices.Concat(before, compareReg(op, wide, left, right, 1), exitSlot)
		}
		if random.IntN(6) == 0 { // left early, perhaps
			body = slices.Concat(body, compareImm(0x10, wide, byte(5*random.IntN(2)), int32(random.IntN(3)), 1))
		}
		back := compareReg(op, wide, left, right, -int16(len(body)/8)-1)
		budget := uint32(escapeBudget)
		if random.IntN(6) == 0 { // memory ends first
			budget = 1<<32 - 1
		}
		n := []int{16, 16, 17, 24, 40, 64}[random.IntN(6)]
		all = append(all, escape{
			name: fmt.Sprintf("%s by %d, comparison %#x, %s, %d bytes", form, step, op, touch.name, n),
			text: slices.Concat(numbers, movImm(5, 1), movImm(0, 0), before, body, back, exitSlot),
			job:  emu.Job{Context: contextOf(n, anEdge(), anEdge()), Budget: budget},
		})
	}
	return all
}

// turns are loops that by their counter end after a few turns, or, because it starts behind the bound, steps over it
// or wraps around, only with the memory they go through.
func turns() (all []escape) {
	random := rand.New(rand.NewPCG(7, 7))
	kinds := touches()
	for range 9000 {
		touch := kinds[random.IntN(len(kinds))]
		step := []int32{1, 2, 3, 4, 8, 40}[random.IntN(6)]
		bound := []uint64{0, 0, 1 << 31, 1 << 32, 1 << 33, 1 << 63}[random.IntN(6)]
		if random.IntN(2) == 0 {
			bound += uint64(random.IntN(24)) - 12
		} else {
			bound += uint64(random.IntN(5)) - 3
		}
		start := uint64(int64(random.IntN(6)) * int64(step))
		if random.IntN(6) == 0 {
			start += uint64(random.IntN(5)) - 2
		}
		if random.IntN(4) == 0 { // so many that turns times a size wrap around
			start += uint64(1+random.IntN(3)) << 30
		}
		start = bound - start
		class, wide, op := byte(0x07), random.IntN(2) == 0, []byte{0x20, 0x50, 0x60, 0xa0, 0xc0}[random.IntN(5)]
		if random.IntN(2) == 0 {
			class = 0x04
		}
		if random.IntN(2) == 0 {
			step, start = -step, 2*bound-start
		}
		towards := [][]byte{{0x20, 0xa0}, {0x60, 0xc0}}[random.IntN(2)] // jgt, jlt, signed or not
		if step > 0 {
			slices.Reverse(towards)
		}
		load := byte(0x79 - 0x18*random.IntN(2)) // 64 or 32 bits
		body := [][]byte{touch.code(0), plusImm(4, int32(touch.size)*int32(1-2*random.IntN(2))), slot(class, 3, 0, step)}
		random.Shuffle(len(body), func(i, k int) { body[i], body[k] = body[k], body[i] })
		if random.IntN(8) == 0 { // the bound moves
			body = append(body, slot(class, 6, 0, step/2+1))
		}
		if random.IntN(4) == 0 { // left early, perhaps
			body = append(body, compareImm(0x10, wide, 0, int32(random.IntN(3)), 1))
		}
		back := -int16(len(slices.Concat(body...))/8) - 1
		if random.IntN(2) == 0 {
			op = towards[0]
		}
		latch := compareReg(op, wide, 3, 6, back)
		switch random.IntN(4) {
		case 0, 1:
			latch = compareImm(op, wide, 3, int32(bound), back)
		case 2:
			if op == towards[0] {
				op = towards[1]
			}
			latch = compareReg(op, wide, 6, 3, back)
		}
		all = append(all, escape{
			name: fmt.Sprintf("from %#x by %d to %#x, comparison %#x, %s", start, step, bound, op, touch.name),
			text: slices.Concat(slot(load, 0x16, 0, 0), slot(load, 0x13, 8, 0), mov(4, 1), plusImm(4, []int32{0, 16, 32, 56}[random.IntN(4)]),
				movImm(5, 1), movImm(0, 0), slices.Concat(body...), latch, exitSlot),
			job: emu.Job{Context: contextOf(64, bound, start), Budget: []uint32{escapeBudget, 1<<32 - 1}[random.IntN(2)]},
		})
	}
	return all
}

// between are loops whose pointer, or counter, is something else, with a carry into the high half, in between.
func between() (all []escape) {
	for _, r := range []byte{3, 4} {
		for _, v := range []uint64{1<<32 - 1, 5, 7<<32 - 1} {
			all = append(all, escape{
				name: fmt.Sprintf("r%d is %#x in between", r, v),
				text: slices.Concat(mov(4, 1), plusImm(4, 16), slot(0x79, 0x13, 0, 0), slot(0x79, 0x16, 8, 0), movImm(0, 0),
					slot(0x71, 0x45, 0, 0), mov(8, r), lddw(r, v), plusImm(r, 1), plus(0, r), mov(r, 8), plusImm(4, 1), plusImm(3, 1),
					compareReg(0xa0, true, 3, 6, -10), exitSlot),
				job: emu.Job{Context: contextOf(64, 0, 9)},
			})
		}
	}
	return append(all, escape{
		name: "a counter is sign-extended",
		text: slices.Concat(slot(0x79, 0x13, 0, 0), slot(0x79, 0x16, 8, 0), mov(4, 1), plusImm(4, 16),
			slot(0x71, 0x45, 0, 0), plusImm(4, 1), plusImm(3, 1), slot(0x67, 3, 0, 32), slot(0xc7, 3, 0, 32),
			compareReg(0x50, true, 3, 6, -6), mov(0, 3), exitSlot),
		job: emu.Job{Context: contextOf(64, 1<<31-3, 1<<31)},
	}, escape{
		name: "an index gets a high half",
		text: slices.Concat(slot(0x79, 0x13, 0, 0), mov(4, 1), plusImm(4, 16), slot(0x1f, 0x34, 0, 0), movImm(6, 9),
			mov(8, 3), plus(8, 4), slot(0x71, 0x85, 0, 0), plusImm(3, 1), plusImm(6, -1), compareImm(0x50, true, 6, 0, -6),
			mov(0, 3), exitSlot),
		job: emu.Job{Context: contextOf(64, 1<<32-3)},
	})
}

// strides are loops over memory by as many bytes as a register says, which may wrap around.
func strides() (all []escape) {
	kinds := touches()
	for _, stride := range []uint64{0, 1, 4, 8, 16, 255, 511, 512, 2047, 2048, 1 << 28, 1 << 29, 1 << 30, 1 << 31, 3 << 30, 1<<32 - 4, 1<<32 - 1, 1 << 32} {
		for turns := range int32(9) {
			for shift := range int32(4) {
				touch := kinds[(int(stride%13)+int(turns)+int(shift))%len(kinds)]
				all = append(all, escape{
					name: fmt.Sprintf("%d turns by %#x << %d, %s", turns+1, stride, shift, touch.name),
					text: slices.Concat(slot(0x79, 0x18, 0, 0), movImm(3, 0), movImm(7, 0), movImm(5, 1), movImm(0, 0),
						slot(0xbc, 0x74, 0, 0), slot(0x67, 4, 0, shift), plus(4, 1), touch.code(8), slot(0x0c, 0x87, 0, 0), plusImm(3, 1),
						compareImm(0xa0, true, 3, turns, -7), exitSlot),
					job: emu.Job{Context: contextOf(64, stride)},
				})
			}
		}
	}
	return all
}

// payments are loops that are left early, over and over, with every budget.
func payments() (all []escape) {
	context := contextOf(64)
	context[21] = 1
	for budget := range uint32(70) {
		for _, turns := range []int32{3, 12, 60} {
			all = append(all, escape{
				name: fmt.Sprintf("left after five turns of %d at most, budget %d", turns, budget+1),
				text: slices.Concat(movImm(7, 5), movImm(6, 0),
					mov(4, 1), plusImm(4, 16), movImm(3, 0),
					slot(0x71, 0x40, 0, 0), compareImm(0x10, true, 0, 1, 3), plusImm(4, 1), plusImm(3, 1), compareImm(0xa0, true, 3, turns, -5),
					plusImm(6, 1), plusImm(7, -1), compareImm(0x50, true, 7, 0, -11), mov(0, 6), exitSlot),
				job: emu.Job{Context: context, Budget: budget + 1},
			})
		}
	}
	return all
}
