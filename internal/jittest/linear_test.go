// SPDX-License-Identifier: GPL-2.0-or-later

//go:build !sanitize

package jittest

import (
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

// shapes are synthetic programs of at least so many slots, of one kind each.
var shapes = map[string]func(slots int) []byte{
	"straight": func(slots int) []byte {
		var text []byte
		for r := range byte(6) {
			text = append(text, slot(0x79, 1<<4|(r+4)%6, int16(8*r), 0)...) // numbers of which nothing is known
		}
		for i := 0; len(text) < 8*slots; i++ {
			text = slices.Concat(text, plus(byte(i%6), byte((i+1)%6)), slot(0x67, byte(i%6), 0, 3), slot(0xaf, byte(i%5)<<4|byte((i+2)%6), 0, 0))
		}
		return append(text, exitSlot...)
	},
	"diamonds": func(slots int) []byte {
		var text []byte
		for i := 0; len(text) < 8*slots; i++ {
			text = slices.Concat(text, slot(0x25, byte(i%6), 2, int32(i)), plusImm(byte(i%6), 3), slot(0x05, 0, 1, 0), plusImm(byte((i+1)%6), 5))
		}
		return append(text, exitSlot...)
	},
	"sequence of loops": func(slots int) []byte {
		text := mov(6, 1)
		for len(text) < 8*slots {
			text = slices.Concat(text, mov(4, 6), movImm(3, 0), slot(0x71, 4<<4|5, 0, 0), plus(0, 5), plusImm(4, 1), plusImm(3, 1), slot(0xa5, 3, -5, 16))
		}
		return append(text, exitSlot...)
	},
	"sequence of loops with branches": func(slots int) []byte {
		text := mov(6, 1)
		for len(text) < 8*slots {
			text = slices.Concat(text, mov(4, 6), movImm(3, 0), slot(0x71, 4<<4|5, 0, 0), slot(0x25, 5, 1, 9), plus(0, 5), plusImm(4, 1), plusImm(3, 1),
				slot(0xa5, 3, -6, 16))
		}
		return append(text, exitSlot...)
	},
	"nests":             func(slots int) []byte { return nests(slots, false) },
	"nests of pointers": func(slots int) []byte { return nests(slots, true) },
}

// nests are loops in loops, three deep, one nest after the other.
func nests(slots int, pointers bool) []byte {
	text := mov(6, 1)
	for len(text) < 8*slots {
		inner := slices.Concat(slot(0x71, 6<<4|5, 0, 0), plus(0, 5), plusImm(3, 1), slot(0xa5, 3, -4, 4))
		if pointers {
			inner = slices.Concat(mov(8, 6), plus(8, 3), slot(0x71, 8<<4|5, 0, 0), plus(0, 5), plusImm(3, 1), slot(0xa5, 3, -6, 4))
		}
		for i, r := range []byte{4, 9} {
			start := []byte{3, 4}[i]
			body := slices.Concat(movImm(start, 0), inner, plusImm(r, 1))
			inner = append(body, slot(0xa5, r, -int16(len(body)/8)-1, 4)...)
		}
		text = slices.Concat(text, movImm(9, 0), inner)
	}
	return append(text, exitSlot...)
}

// compiler is an engine whose cost is looked at, up to so many slots, with a plan or without.
type compiler struct {
	engine  string
	planned bool
	most    int
}

// image is a program as the compiler gets it.
func (c compiler) image(t *testing.T, text []byte) (abi.Format, []byte) {
	if !c.planned {
		return abi.TextOnly, text
	}
	p, err := image.FromText("linear", text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := planner.By(p, 0)
	if err != nil {
		t.Fatalf("%d slots have no plan: %v", len(text)/8, err)
	}
	p.Plan = r.Bytes
	data, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	return abi.Packed, data
}

// TestLinear counts what compiling costs on the device: at most 1.3 times as much for each slot as for a small program,
// up to the largest that fits; with plans, up to one that the host plans in no time.
func TestLinear(t *testing.T) {
	target, err := unicorn.Open(t.Context(), unicorn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	for name, shape := range shapes {
		for _, c := range []compiler{{"jit", false, 4000}, {"jit-compact", false, 4000}, {"jit-plan", false, 4000}, {"jit-plan", true, 250}} {
			var smallest float64
			for _, slots := range []int{50, 100, 250, 1500, 4000} {
				if slots > c.most {
					break
				}
				text := shape(slots)
				format, data := c.image(t, text)
				s, err := target.Run(t.Context(), emu.Job{Engine: c.engine, Format: format, Image: data, LoadOnly: true})
				if err != nil {
					t.Fatal(err)
				}
				if s.Compile == nil || s.Fault.Status != abi.OK {
					if slots < 2000 {
						t.Errorf("%s, %v: %d slots: %v", name, c, slots, s.Fault)
					}
					break
				}
				each := float64(s.Compile.Instructions) / float64(len(text)/8)
				if smallest == 0 {
					smallest = each
				}
				t.Logf("%-32s %-12s plan %-5v %5d slots: %6.0f instructions a slot", name, c.engine, c.planned, len(text)/8, each)
				if each > 1.3*smallest {
					t.Errorf("%s, %v: %d slots take %.0f instructions each, a small program %.0f", name, c, slots, each, smallest)
				}
			}
		}
	}
}
