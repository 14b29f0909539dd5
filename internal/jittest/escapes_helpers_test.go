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
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// helperCall is a call of a helper, r9 being the context.
type helperCall struct {
	name   string // of the helper, as the firmware has it
	id     int32
	code   []byte // sets arguments
	stops  bool   // because it is given what is not the program's
	offset int64  // where from the context, if known >= 0
}

// Contexts of helperContext bytes: numbers to keep, memory for helpers, a format, a string.
const (
	helperContext = 96
	formatAt      = 56
	stringAt      = 80
)

func contextForHelpers() []byte {
	b := contextOf(helperContext, 0x1111111122222222, 0x3333333344444444, 0x5555555566666666, 0x77777777_88888888, 9, 0xfffffff6)
	copy(b[formatAt:], "%d %u %x %d|%d\n\x00")
	copy(b[stringAt:], "a string\x00")
	return b
}

// at is the context and so many bytes in a register.
func at(r byte, n int32) []byte { return slices.Concat(mov(r, 9), plusImm(r, n)) }

func fromContext(r byte, n int16) []byte { return slot(0x79, 0x90|r, n, 0) }

// helperCalls takes 0 to 5 arguments: constants, loaded numbers, pointers, and ones that change places before the call.
func helperCalls() []helperCall {
	turned := slices.Concat(at(2, 40), at(3, 48), movImm(1, 8), mov(0, 1), mov(1, 2), mov(2, 3), mov(3, 0))
	return []helperCall{
		{"ztimer_now", 0x60, nil, false, 0},
		{"strlen", 0x52, at(1, stringAt), false, 0},
		{"strlen", 0x52, at(1, helperContext-1), false, 0},
		{"strlen", 0x52, at(1, helperContext), true, helperContext},
		{"strlen", 0x52, movImm(1, 0), true, -1},
		{"strlen", 0x52, slices.Concat(slot(0x7a, 10, -16, 0x616161), mov(1, 10), plusImm(1, -16)), false, 0},
		{"store_local", 0x10, slices.Concat(movImm(1, 3), fromContext(2, 8)), false, 0},
		{"store_local", 0x10, slices.Concat(movImm(2, 3), movImm(1, 4), mov(0, 2), mov(2, 1), mov(1, 0)), false, 0},
		{"fetch_local", 0x12, slices.Concat(movImm(1, 3), mov(2, 10), plusImm(2, -8)), false, 0},
		{"fetch_local", 0x12, slices.Concat(movImm(1, 3), mov(2, 10)), true, -1},
		{"memcpy", 0x02, slices.Concat(at(1, 40), at(2, 0), movImm(3, 8)), false, 0},
		{"memcpy", 0x02, turned, false, 0},
		{"memcpy", 0x02, slices.Concat(at(1, 40), at(2, helperContext-7), movImm(3, 8)), true, helperContext - 7},
		{"memcpy", 0x02, slices.Concat(at(2, 40), at(1, helperContext-7), movImm(3, 8)), true, helperContext - 7},
		{"memcpy", 0x02, slices.Concat(mov(1, 10), plusImm(1, -32), at(2, 0), movImm(3, 32)), false, 0},
		{"printf", 0x01, slices.Concat(at(1, formatAt), movImm(2, 2), movImm(3, -3), fromContext(4, 8), fromContext(5, 40)), false, 0},
		{"printf", 0x01, slices.Concat(at(1, formatAt), fromContext(5, 0), mov(4, 5), movImm(3, 70000), mov(2, 4)), false, 0},
		{"printf", 0x01, slices.Concat(at(5, formatAt), movImm(4, 1), movImm(3, 2), movImm(2, 3), mov(1, 4), mov(0, 5), mov(5, 1), mov(4, 2), mov(1, 0)), false, 0},
		{"printf", 0x01, slices.Concat(at(1, helperContext-1), movImm(2, 2), movImm(3, 3), movImm(4, 4), mov(5, 10)), false, 0},
		{"printf", 0x01, slices.Concat(at(1, -1), movImm(2, 2), movImm(3, 3), movImm(4, 4), mov(5, 10)), true, -1},
	}
}

// helperProgram calls a helper in a function so many local calls deep; each function keeps so many numbers over its call
// and adds them to the result, and the last one what the argument registers hold, before the call and after it.
func helperProgram(c helperCall, deep, kept int, busy bool) (text []byte, slotOfCall int) {
	numbers := func() (before, after []byte) {
		for i := range kept {
			before = append(before, fromContext(byte(6+i), int16(8*i))...)
			after = append(after, plus(0, byte(6+i))...)
		}
		return before, after
	}
	text = mov(9, 1)
	before, after := numbers()
	for range deep {
		rest := slices.Concat(after, exitSlot)
		text = slices.Concat(text, before, mov(1, 9), slot(0x85, 0x10, 0, int32(len(rest)/8)), rest, mov(9, 1))
	}
	text = slices.Concat(text, before)
	var others []byte
	if busy {
		for r := byte(1); r < 6; r++ {
			text = append(text, fromContext(r, int16(8*(r-1)))...)
			others = append(others, plus(0, r)...)
		}
		for r := byte(1); r < 6; r++ { // keeps them in registers, or where there is room
			text = slices.Concat(text, slot(0x67, r, 0, 1), plus(r, r%5+1), slot(0x7b, 0xa|r<<4, -24-8*int16(r), 0))
		}
	}
	text = slices.Concat(text, c.code)
	slotOfCall = len(text) / 8
	return slices.Concat(text, slot(0x85, 0, 0, c.id), others, after, exitSlot), slotOfCall
}

// helpers are calls of helpers that do as they should, or stop the program: with the slot of the call.
func helpers() (all []escape) {
	_, areas := memoryOf()
	for _, c := range helperCalls() {
		for deep := range 5 {
			for kept := range 4 {
				for _, busy := range []bool{false, true} {
					text, at := helperProgram(c, deep, kept, busy)
					e := escape{
						name: fmt.Sprintf("%s, %d deep, %d numbers kept, busy: %v", c.name, deep, kept, busy), text: text,
						job: emu.Job{Context: contextForHelpers()},
					}
					if c.stops && c.offset > 0 {
						e.known, e.want = true, abi.Fault{Status: statusHelperArg, PC: uint32(at), Addr: areas[0].start + uint32(c.offset)}
					}
					all = append(all, e)
				}
			}
		}
	}
	random := rand.New(rand.NewPCG(5, 1)) // stores of r10, arithmetic on it, in all of these
	for i := range all {
		if !all[i].known && random.IntN(6) == 0 {
			all[i].text = slices.Concat(slot(0x7b, 0xaa, -8, 0), slot(0x79, 0xa3, -8, 0), slot(0x1f, 0xa3, 0, 0), plus(1, 3), all[i].text)
		}
	}
	return all
}

const statusHelperArg abi.Status = -87

// TestStackOfHelpersIsAligned stops where helpers begin: sp must be a multiple of 8 then, as their compiler takes for
// granted, however deep calls are and whatever is kept over them.
func TestStackOfHelpersIsAligned(t *testing.T) {
	w := watch(t, unicorn.CortexM4, "netduinoplus2")
	stops, odd := 0, 0
	w.onPause = func() {
		stops++
		if w.machine.Reg(unicorn.SP)%8 != 0 {
			odd++
		}
	}
	for _, c := range helperCalls() {
		w.machine.Pause(w.address("helper_" + c.name))
		for deep := range 5 {
			for kept := range 4 {
				for _, busy := range []bool{false, true} {
					text, _ := helperProgram(c, deep, kept, busy)
					job := emu.Job{Engine: "jit", Format: abi.TextOnly, Image: text, Context: contextForHelpers(), Budget: 100}
					before := stops
					if _, err := w.client.Run(t.Context(), job); err != nil {
						t.Fatal(err)
					}
					if stops != before+1 || odd > 0 {
						t.Fatalf("%s, %d deep, %d numbers kept, busy %v: called %d times, %d with sp not aligned\ntext %x",
							c.name, deep, kept, busy, stops-before, odd, text)
					}
				}
			}
		}
	}
	t.Logf("%d calls", stops)
}
