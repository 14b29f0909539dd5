// SPDX-License-Identifier: GPL-2.0-or-later

package plan

import (
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
)

// Deferrable tells whether the plan has a bit for the instruction that says whether its result is computed where
// it is read: moves, sums, differences with a constant, shifts by one, products, disjunctions, loads of words of the frame.
func Deferrable(i *cfg.Insn) bool {
	switch i.Class {
	case cfg.Constant, cfg.FunctionAddress:
		return true
	case cfg.Move:
		return i.Extend == 0
	case cfg.Load: // of a word of the frame, which may be a variable
		return i.Src == cfg.R10 && !i.Signed && i.Size >= 4
	case cfg.ALU:
		switch i.Op {
		case cfg.Add:
			return true
		case cfg.Mul, cfg.Or:
			return i.Register
		case cfg.Sub, cfg.Lsh, cfg.Rsh, cfg.Arsh:
			return !i.Register
		}
	}
	return false
}

// HasHigh tells whether the plan has a bit for the instruction that says whether the high half of its result is
// needed: 64-bit arithmetic, loads that fill it, calls of helpers.
func HasHigh(i *cfg.Insn) bool {
	switch i.Class {
	case cfg.Constant, cfg.FunctionAddress, cfg.Move, cfg.ALU:
		return i.Wide
	case cfg.Load:
		return i.Wide || i.Signed
	case cfg.Atomic:
		_, fetches := i.Fetches()
		return i.Wide && fetches
	}
	return i.Class == cfg.Helper
}

// Functions lists the slots functions start at, ascending, as the verifier does; `also` are those that data points at.
func Functions(text []byte, also []int) []int {
	starts := append([]int{0}, also...)
	each(text, func(i cfg.Insn) {
		if i.Class == cfg.Call || i.Class == cfg.FunctionAddress {
			starts = append(starts, i.Target)
		}
	})
	slices.Sort(starts)
	return slices.Compact(starts)
}

// FrameSlots lists the slots that have a frame, ascending: where jumps lead, where functions begin, and joins.
func FrameSlots(text []byte, functions, joins []int) []int {
	slots := slices.Concat(functions, joins)
	jumps(text, func(i cfg.Insn) {
		if i.Class == cfg.Jump || i.Class == cfg.Branch {
			slots = append(slots, i.Target)
		}
	})
	slices.Sort(slots)
	return slices.Compact(slots)
}

// HasCalls tells whether some function of the program is called, so that a plan has to say how.
func HasCalls(text []byte) bool {
	calls := false
	jumps(text, func(i cfg.Insn) { calls = calls || i.Class == cfg.Call || i.Class == cfg.CallX })
	return calls
}

// jumps goes through jumps and calls, and decodes nothing else.
func jumps(text []byte, do func(cfg.Insn)) {
	for slot := 0; (slot+1)*8 <= len(text); slot++ {
		switch text[8*slot] & 7 {
		case 0: // lddw
			slot++
		case 5, 6:
			do(cfg.Decode(text, slot))
		}
	}
}

func each(text []byte, do func(cfg.Insn)) {
	for slot := 0; (slot+1)*8 <= len(text); {
		i := cfg.Decode(text, slot)
		do(i)
		slot += i.Slots
	}
}
