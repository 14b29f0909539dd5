// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
)

// Programs in which what a compiler may have concluded about an address is wrong: of lengths that were tested, of loops,
// of registers and memory that changed since. What comes of them is what comes of them in the interpreter.

// Numbers around which comparisons and additions of 32 and of 64 bits change their mind.
var edges = []uint64{0, 1, 2, 3, 7, 8, 15, 16, 17, 63, 64, 1 << 31, 1<<31 - 1, 1<<31 + 1, 1<<32 - 1, 1<<32 - 4, 1<<32 - 8, 1 << 32, 1<<32 + 8,
	1 << 63, 1<<63 - 1, 1<<64 - 1, 1<<64 - 4, 1<<64 - 8, 1<<64 - 16}

// contextOf is a context of n bytes that begins with numbers, as far as there is room.
func contextOf(n int, numbers ...uint64) []byte {
	b := make([]byte, n+8*len(numbers))
	for i, v := range numbers {
		binary.LittleEndian.PutUint64(b[8*i:], v)
	}
	return b[:n]
}

var comparisons = []byte{0x10, 0x20, 0x30, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0} // jeq jgt jge jne jsgt jsge jlt jle jslt jsle

// compare jumps over n slots: 64 or 32 bits, with a register or a constant.
func compareReg(op byte, wide bool, dst, src byte, n int16) []byte {
	return jump(op|0x0e-cut(wide), dst, src, n)
}
func compareImm(op byte, wide bool, dst byte, imm int32, n int16) []byte {
	return slot(op|0x06-cut(wide), dst, n, imm)
}

// cut is the difference of the classes of 32-bit and 64-bit jumps.
func cut(wide bool) byte {
	if wide {
		return 1
	}
	return 0
}

// tested are accesses behind a test of the context's length, or of an index against it, which most often is the
// wrong one.
func tested() (all []escape) {
	random := rand.New(rand.NewPCG(2, 2))
	pick := func(n ...int) int { return n[random.IntN(len(n))] }
	kinds := touches()
	for i := range 1500 {
		touch := kinds[random.IntN(len(kinds))]
		op, wide, bound := comparisons[random.IntN(len(comparisons))], random.IntN(2) == 0, int32(pick(0, 1, 4, 8, 12, 16, 17, 64))
		var text []byte
		var form string
		switch i % 6 {
		case 0: // if length OP bound: [context + bound - something]
			form = "length"
			text = slices.Concat(mov(4, 1), compareImm(op, wide, 2, bound, 1), touch.code(int16(bound)-int16(pick(0, 1, 2, 4, 8, 12))), exitSlot)
		case 1: // the other way
			form = "length, jumps over"
			text = slices.Concat(mov(4, 1), compareImm(op, wide, 2, bound, 1), exitSlot, touch.code(int16(bound)-int16(pick(0, 1, 2, 4, 8, 12))), exitSlot)
		case 2: // length less something, which goes below 0
			form = "length less some"
			text = slices.Concat(mov(4, 1), mov(3, 2), plusImm(3, -int32(pick(1, 4, 8, 16))), compareImm(op, wide, 3, bound, 1), exitSlot,
				touch.code(int16(pick(0, 4, 8, 16, 20, 24))), exitSlot)
		case 3: // an index against the length
			form = "index against length"
			text = slices.Concat(slot(0x79, 0x13, 0, 0), mov(4, 1), plus(4, 3), compareReg(op, wide, 3, 2, 1), exitSlot,
				touch.code(int16(pick(0, 0, 1, -1, 4))), exitSlot)
		case 4: // the end of an access against the length: index + 4 wraps around
			form = "index and size against length"
			add := []byte{0x07, 0x04}[random.IntN(2)]
			text = slices.Concat(slot(0x79, 0x13, 0, 0), mov(4, 1), plus(4, 3), slot(add, 3, 0, int32(touch.size)), compareReg(op, wide, 3, 2, 1), exitSlot,
				touch.code(0), exitSlot)
		default: // an index that was masked, reduced, shifted
			form = "index, reduced"
			ops := [][]byte{slot(0x57, 3, 0, 63), slot(0x97, 3, 0, 20), slot(0x9f, 0x23, 0, 0), slot(0x67, 3, 0, 2), slot(0x77, 3, 0, 60), slot(0xc7, 3, 0, 60),
				slot(0x54, 3, 0, 7), slot(0x94, 3, 1, 16), slot(0x3f, 0x23, 0, 0), slot(0x64, 3, 0, 30), slot(0xbf, 0x33, 8, 0), slot(0x27, 3, 0, 8)}
			text = slices.Concat(slot(0x79, 0x13, 0, 0), ops[random.IntN(len(ops))], compareReg(op, wide, 3, 2, 1), exitSlot,
				mov(4, 1), plus(4, 3), touch.code(int16(pick(0, 0, 3))), slot(0xaf, 0x30, 0, 0), exitSlot)
		}
		n := pick(0, 1, 7, 8, 9, 12, 15, 16, 17, 23, 24, 63, 64, 65)
		all = append(all, escape{
			name: fmt.Sprintf("%s, comparison %#x with %d, %s, %d bytes", form, op, bound, touch.name, n), text: text,
			job: emu.Job{Context: contextOf(n, edges[random.IntN(len(edges))])},
		})
	}
	return all
}

// proofs are accesses by an index that was reduced, tested and changed, to memory whose size is known beforehand: the
// numbers are most often a little too large. The result shows the whole index.
func proofs() (all []escape, err error) {
	random := rand.New(rand.NewPCG(4, 4))
	pick := func(parts ...[]byte) []byte { return parts[random.IntN(len(parts))] }
	near := func() int32 { return int32(allocated - 12 + random.IntN(16)) }
	kinds := touches()
	for i := range 2500 {
		touch, scale := kinds[random.IntN(len(kinds))], int32(random.IntN(4))
		op, wide := comparisons[random.IntN(len(comparisons))], random.IntN(2) == 0
		bound, huge := near()>>scale, scale >= 2 && random.IntN(6) == 0
		if huge { // what is below it and shifted has more than 32 bits
			bound |= 1 << (32 - scale)
		}
		reduce := pick(nil, nil, slot(0x57, 3, 0, near()), slot(0x97, 3, 0, near()), slot(0x77, 3, 0, 58), slot(0xbc, 0x33, 0, 0), plusImm(3, -4), slot(0x71, 0x13, 0, 0))
		test := slices.Concat(compareImm(op, wide, 3, bound, 1), exitSlot)
		switch random.IntN(5) {
		case 0:
			test = compareImm(op, wide, 3, bound, 9) // to the last exit
		case 1:
			test = slices.Concat(movImm(5, bound), compareReg(op, wide, 3, 5, 1), exitSlot)
		case 2:
			test = nil
		}
		change := pick(slot(0x67, 3, 0, scale), slot(0x64, 3, 0, scale), slot(0x27, 3, 0, 1<<scale), slot(0x24, 3, 0, 1<<scale))
		change = slices.Concat(change, pick(nil, nil, plusImm(3, 1), plusImm(3, -1), plusImm(3, -4), slot(0x04, 3, 0, 7), slot(0x57, 3, 0, bound), slot(0x54, 3, 0, near())))
		section, base := image.Rodata, []byte(nil)
		switch i % 4 {
		case 0:
			section = image.Data
		case 1:
			base = slices.Concat(mov(4, 10), plusImm(4, -allocated))
		case 2:
			base = mov(4, 1)
		}
		if base == nil {
			base = lddw(4, 0)
		}
		at := len(slot(0x79, 0x13, 0, 0)) + len(reduce) + len(test) + len(change)
		use := slices.Concat(base, plus(4, 3), touch.code(int16(random.IntN(3)*4-4)), slot(0xaf, 0x30, 0, 0))
		for len(change)+len(use) < 9*8 {
			use = append(use, slot(0xaf, 0x30, 0, 0)...)
		}
		e := escape{
			name: fmt.Sprintf("of kind %d, comparison %#x with %d, %s", i%4, op, bound, touch.name),
			text: slices.Concat(slot(0x79, 0x13, 0, 0), reduce, test, change, use, exitSlot),
		}
		number := edges[random.IntN(len(edges))]
		if huge {
			number = uint64(1)<<(24+random.IntN(9)) | uint64(random.IntN(16))
		} else if random.IntN(2) == 0 {
			number = number&^0xffffffff | uint64(near()>>scale)
		}
		e.job.Context = contextOf(allocated, number)
		p, err := image.FromText("proof", e.text)
		if err != nil {
			return nil, err
		}
		p.Rodata, p.Data, p.CtxMin = make([]byte, allocated), make([]byte, allocated), uint32(random.IntN(2)*allocated)
		if base[0] == 0x18 {
			p.Addresses = []image.Address{{Slot: at / 8, Section: section}}
		}
		e.job.Format = abi.ExtendedHeader
		if e.job.Image, err = p.Encode(e.job.Format); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func touch32(t touch) int32 { return int32(t.size) }

// frames are accesses relative to r10 in functions that call each other.
func frames() (all []escape) {
	for _, touch := range touches() {
		for _, distance := range []int64{-1, -8, -511, -512, -513, -520, -1024, -1025, -4096, -4097, 0, 1, 8, 504, 505, 512, 1 << 31, -1 << 31, 1<<32 - 8, -1<<32 - 8} {
			for _, form := range []string{"main", "callee", "caller's"} {
				numbers := slot(0x79, 0x13, 0, 0)
				reach := slices.Concat(mov(4, 10), plus(4, 3), touch.code(0), exitSlot)
				text := slices.Concat(numbers, reach)
				switch form {
				case "callee": // twice deep
					text = slices.Concat(numbers, slot(0x85, 0x10, 0, 1), exitSlot, slot(0x85, 0x10, 0, 1), exitSlot, reach)
				case "caller's": // a pointer to the frame of the caller
					text = slices.Concat(numbers, mov(4, 10), plus(4, 3), slot(0x85, 0x10, 0, 1), exitSlot, slot(0x7b, 0x5a, -8, 0), touch.code(0), exitSlot)
				}
				if form == "main" && distance >= -512 && distance <= int64(-touch.size) && !touch.atomic {
					text = slices.Concat(mov(4, 10), touch.code(int16(distance)), exitSlot)
				}
				all = append(all, escape{
					name: fmt.Sprintf("%s, %s of a frame at %+d", touch.name, form, distance), text: text,
					job: emu.Job{Context: contextOf(16, uint64(distance))},
				})
			}
		}
	}
	return all
}

// aliases are programs in which an address, an index or a length changes between its test and its use, by a store
// through another register, by arithmetic on a copy, on one of two paths, or by a helper.
func aliases() (all []escape) {
	const fetch, storeLocal, copyBytes = 0x12, 0x10, 0x02
	for i, touch := range touches() {
		for k, v := range edges {
			if (i+k)%3 > 0 {
				continue
			}
			at := func(name string, parts ...[]byte) {
				all = append(all, escape{
					name: fmt.Sprintf("%s, %s, %#x", name, touch.name, v), text: slices.Concat(append(parts, touch.code(0), exitSlot)...),
					job: emu.Job{Context: contextOf(24, v, 1)},
				})
			}
			load, loadFrame := slot(0x79, 0x13, 0, 0), slot(0x79, 0xa4, -8, 0)
			at("two pointers, one moved", load, mov(4, 1), mov(5, 4), plus(5, 3), touch.code(4), mov(4, 5))
			at("the copy moved", load, mov(4, 1), mov(5, 4), touch.code(8), plus(4, 3), touch.code(-4))
			at("an index that memory gave, and changed", slot(0x79, 0x13, 8, 0), load, mov(6, 3), slot(0x57, 3, 0, 7), mov(4, 1), plus(4, 3), movImm(5, -1),
				slot(0x7b, 0x51, 8, 0), touch.code(0), slot(0x79, 0x13, 8, 0), mov(4, 1), plus(4, 3))
			at("a pointer kept in the frame, and changed", load, slot(0x7b, 0x1a, -8, 0), mov(6, 10), plusImm(6, -8), slot(0xdb, 0x36, 0, 0), loadFrame)
			at("a pointer kept in the frame, a byte of it changed", load, slot(0x7b, 0x1a, -8, 0), mov(6, 10), slot(0x73, 0x36, -6, 0), loadFrame)
			at("a pointer on one path, a number on the other", load, mov(4, 1), compareImm(0x10, true, 3, 0, 1), mov(4, 3))
			at("moved on one path", load, mov(4, 1), compareImm(0xc0, true, 3, 8, 1), plus(4, 3), touch.code(4))
			at("another region on one path", load, mov(4, 1), compareImm(0x30, false, 3, 8, 2), mov(4, 10), plusImm(4, -4))
			at("a number that was shifted", load, mov(4, 1), slot(0x67, 3, 0, 3), plus(4, 3))
			at("r1 that is no context any more", load, touch.code(0)[:0], plus(1, 3), mov(4, 1))
			at("what a helper fetched", mov(6, 1), load, slot(0x7b, 0x3a, -16, 0), movImm(1, 7), slot(0xbf, 0x32, 0, 0), slot(0x85, 0, 0, storeLocal),
				movImm(1, 7), mov(2, 10), plusImm(2, -8), slot(0x7a, 10, -8, 0), slot(0x85, 0, 0, fetch), loadFrame)
			at("what a helper returned", mov(6, 1), load, mov(2, 3), movImm(1, 3), slot(0x85, 0, 0, storeLocal), mov(4, 6), plus(4, 0), plusImm(4, 18))
			at("a pointer a helper wrote over", mov(6, 1), slot(0x7b, 0x1a, -8, 0), mov(1, 10), plusImm(1, -8), mov(2, 6), movImm(3, 8), slot(0x85, 0, 0, copyBytes), loadFrame)
			at("a helper that is to write outside", load, mov(6, 1), mov(2, 1), plus(1, 3), movImm(3, 8), slot(0x85, 0, 0, copyBytes), mov(4, 6))
			at("a helper that is to read outside", load, mov(6, 1), mov(2, 1), plus(2, 3), movImm(3, 9), slot(0x85, 0, 0, copyBytes), mov(4, 6))
			all = append(all, escape{
				name: fmt.Sprintf("moved by what a function returned, %s, %#x", touch.name, v), job: emu.Job{Context: contextOf(24, v, 1)},
				text: slices.Concat(load, mov(7, 1), mov(4, 1), touch.code(8), slot(0x85, 0x10, 0, 4), mov(4, 7), plus(4, 0), touch.code(0), exitSlot,
					mov(0, 3), exitSlot),
			})
		}
	}
	return all
}

// calls are calls of functions through registers that hold no function.
func calls() (all []escape) {
	numbers := append(slices.Clone(edges), 0x20004000, 0x20004001, 0x08000001, 0x08001001, 0xf0000000, 0xf0000008, 0xf0000010, 0xf0000018, 0xf0000020, 0xf0000028,
		0xf0000021, 0xf0000024, 0xffffffff_f0000020, 0xf0080000, 0xefffffe0)
	for _, v := range numbers {
		for _, offset := range []int32{0, 8, -8, 1, 1 << 30} {
			all = append(all,
				escape{
					name: fmt.Sprintf("a call of %#x", v), // the function is at slot 4
					text: slices.Concat(slot(0x79, 0x13, 0, 0), plusImm(3, offset), slot(0x8d, 3, 0, 0), exitSlot, movImm(0, 9), exitSlot),
					job:  emu.Job{Context: contextOf(8, v)},
				},
				escape{
					name: fmt.Sprintf("a call of a function and %#x %+d", v, offset),
					text: slices.Concat(slot(0x79, 0x14, 0, 0), slot(0x18, 0x43, 0, 5), slot(0, 0, 0, 0), plus(3, 4), plusImm(3, offset), slot(0x8d, 3, 0, 0), exitSlot,
						movImm(0, 9), exitSlot),
					job: emu.Job{Context: contextOf(8, v)},
				})
		}
	}
	return all
}
