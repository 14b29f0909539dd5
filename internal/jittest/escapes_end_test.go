// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/host"
)

// Loops over an index whose last access ends exactly where the context does, or nearly: what a test before the loop
// has to tell apart. Counts come from constants, from the length, or from the context itself, and may be anything.

// walk is a loop over an index: [context + (index << scale) + at].
type walk struct {
	touch, more touch // more, at another constant, if it has a size
	at, moreAt  int
	scale       int32
	down        bool
	start, turn uint64 // the first index, and how many
	step        int32
	wide        bool // compares and shifts of 64 bits
	op          byte // of the latch, which compares the index with the last one
	constant    bool // the bound is an immediate, else from where `from` says
	from        int  // 0: a constant in a register, 1: the length less something, 2: the context
	early       bool // may be left early
	below       bool // entered by the latch
	swapped     bool // index + context, not context + index
	n           int  // bytes of context
	budget      uint32
}

const header = 16 // bytes of the context that hold the bound and the first index, if they come from there

// needed is where the last access ends.
func (w *walk) needed() int {
	last := w.turn - 1
	end := w.at + w.touch.size
	if w.more.size > 0 {
		end = max(end, w.moreAt+w.more.size)
	}
	return int(w.start+last*uint64(w.step))<<w.scale + end
}

// escape makes the program, whose bound is off by so many.
func (w *walk) escape(off uint64) escape {
	first, bound := w.start, w.start+w.turn*uint64(w.step)+off
	add := byte(0x04)
	if w.wide {
		add = 0x07
	}
	step := slot(add, 3, 0, w.step)
	if w.down {
		first, bound = bound, first
		step = slot(add, 3, 0, -w.step)
	}
	set := func(r byte, v uint64, at int16) []byte {
		switch w.from {
		case 1:
			return slices.Concat(mov(r, 2), plusImm(r, int32(v)-int32(w.n)))
		case 2:
			if w.wide || v>>32 > 0 {
				return slot(0x79, r|0x10, at, 0)
			}
			return slot(0x61, r|0x10, at, 0)
		}
		if int64(v) == int64(int32(v)) {
			return movImm(r, int32(v))
		}
		return lddw(r, v)
	}
	address := slices.Concat(mov(4, 1), plus(4, 3))
	if w.scale > 0 {
		copied, shift := slot(0xbf, 0x37, 0, 0), slot(0x67, 7, 0, w.scale)
		if !w.wide {
			copied, shift = slot(0xbc, 0x37, 0, 0), slot([]byte{0x64, 0x67}[w.at&1], 7, 0, w.scale)
		}
		address = slices.Concat(copied, shift, mov(4, 1), plus(4, 7))
		if w.swapped {
			address = slices.Concat(copied, shift, mov(4, 7), plus(4, 1))
		}
	} else if w.swapped {
		address = slices.Concat(mov(4, 3), plus(4, 1))
	}
	use := slices.Concat(w.touch.code(int16(w.at)), plus(9, 0))
	if w.more.size > 0 {
		use = slices.Concat(use, w.more.code(int16(w.moreAt)), plus(9, 0))
	}
	body := slices.Concat(address, use)
	if w.early {
		body = append(body, compareImm(0x10, true, 0, 0x7e, 2)...) // over what follows
	}
	if w.down {
		body = slices.Concat(step, address, use)
		if w.early {
			body = append(body, compareImm(0x10, true, 0, 0x7e, 1)...)
		}
	} else {
		body = append(body, step...)
	}
	back := -int16(len(body)/8) - 1
	latch := compareReg(w.op, w.wide, 3, 6, back)
	if w.constant && int64(bound) == int64(int32(bound)) {
		latch = compareImm(w.op, w.wide, 3, int32(bound), back)
	}
	before := slices.Concat(set(3, first, 8), set(6, bound, 0), movImm(5, 0x51), movImm(0, 0), movImm(9, 0))
	if w.below {
		before = append(before, slot(0x05, 0, int16(len(body)/8), 0)...)
	}
	context := contextOf(w.n, bound, first)
	if w.from < 2 {
		context = make([]byte, w.n)
	}
	for i := range context {
		if w.from < 2 || i >= header {
			context[i] = byte(i*7 + 1)
		}
	}
	return escape{
		name: fmt.Sprintf("%s at %d << %d, and %s, from %d, %d turns and %d, %d bytes of %d, budget %d", w.touch.name, w.at, w.scale, w.more.name,
			w.start, w.turn, int64(off), w.n, w.needed(), w.budget),
		text: slices.Concat(before, body, latch, mov(0, 9), exitSlot),
		job:  emu.Job{Context: context, Budget: w.budget},
	}
}

// plain are loads and stores.
func plain() (all []touch) {
	for _, t := range touches() {
		if !t.atomic && t.name[0] != 'c' {
			all = append(all, t)
		}
	}
	return all
}

// indexLoops are walks over contexts of every length, and, at random, all else.
func indexLoops() (all []escape) {
	random := rand.New(rand.NewPCG(17, 4))
	kinds := plain()
	for i, touch := range kinds {
		for form := range 4 {
			w := walk{touch: touch, at: []int{0, 0, 3, 8}[form], scale: int32((form + i) % 4), step: 1, turn: 4, wide: true, op: 0xa0, budget: escapeBudget,
				down: form == 1, constant: form == 2}
			if w.down {
				w.op = []byte{0x50, 0x20}[i%2]
			}
			if form == 3 {
				w.more, w.moreAt = kinds[(i+5)%len(kinds)], w.at+touch.size
			}
			for n := range w.needed() + 4 {
				w.n = n
				all = append(all, w.escape(0))
			}
		}
	}
	for range 2500 {
		w := walk{
			touch: kinds[random.IntN(len(kinds))], at: random.IntN(9), scale: int32(random.IntN(4)), down: random.IntN(6) == 0,
			start: uint64(random.IntN(4)) / 2 * uint64(1+random.IntN(3)), turn: uint64(1 + random.IntN(7)),
			step: []int32{1, 1, 1, 2, 3, 4}[random.IntN(6)], wide: random.IntN(3) > 0, constant: random.IntN(6) == 0, from: random.IntN(3),
			early: random.IntN(5) == 0, below: random.IntN(8) == 0, swapped: random.IntN(6) == 0,
		}
		w.op = [][]byte{{0xa0, 0x50, 0xc0, 0xa0}, {0x50, 0x20, 0x60, 0x20}}[cut(w.down)][random.IntN(4)]
		if random.IntN(6) == 0 {
			w.more, w.moreAt = kinds[random.IntN(len(kinds))], w.at+[]int{0, 1, w.touch.size, 16, 40, -1, -8, -w.touch.size}[random.IntN(8)]
		}
		if w.from == 2 {
			w.at += header
			w.moreAt += header
		}
		off := uint64(0)
		switch random.IntN(6) {
		case 0:
			off = uint64(random.IntN(5)) - 2
		case 1:
			off = []uint64{1 << 31, 1<<31 - w.turn, 1<<32 - w.turn - 1, 1<<32 - 1, 1 << 32, 1 << 29, 1 << 30, 1 << 63, -w.turn, -w.turn - 1}[random.IntN(10)]
		}
		w.n = max(0, w.needed()+[]int{0, 0, 0, -1, 1, 3, -w.touch.size, 9}[random.IntN(8)])
		w.budget = []uint32{escapeBudget, 1<<32 - 1, uint32(w.turn), uint32(w.turn) - 1, uint32(w.turn) + 1, uint32(w.turn) - 2}[random.IntN(6)]
		if w.budget == 0 || w.budget == 1<<32-2 {
			w.budget = 1
		}
		all = append(all, w.escape(off))
	}
	return all
}

// TestIndexLoopsHaveTwoForms makes sure that escapes are from loops of two forms.
func TestIndexLoopsHaveTwoForms(t *testing.T) {
	desk, err := host.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	all, two := indexLoops(), 0
	for _, e := range all {
		var bytes [2]int
		for i, engine := range []string{"jit", "jit-compact"} {
			code, _, err := desk.Compile(t.Context(), emu.Job{Engine: engine, Format: abi.TextOnly, Image: e.text}, true)
			if err != nil {
				t.Fatalf("%s: %v", e.name, err)
			}
			bytes[i] = len(code)
		}
		if bytes[0] > bytes[1] {
			two++
		}
	}
	t.Logf("of %d programs %d have a loop of two forms", len(all), two)
	if two < len(all)/2 {
		t.Errorf("of %d programs %d have a loop of two forms", len(all), two)
	}
}
