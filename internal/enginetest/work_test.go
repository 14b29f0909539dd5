// SPDX-License-Identifier: GPL-2.0-or-later

package enginetest_test

import (
	"bytes"
	"testing"

	"github.com/cilium/ebpf/asm"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/internal/enginetest"
)

// TestHelpersPay gives helpers budgets of just as many units of 16 bytes as their arguments cost, and one less.
func TestHelpersPay(t *testing.T) {
	call := func(id int32) asm.Instruction { return asm.BuiltinFunc(id).Call() }
	copied := func(n int32) []asm.Instruction { // within the context
		return []asm.Instruction{asm.Mov.Reg(asm.R2, asm.R1), asm.Mov.Imm(asm.R3, n), call(0x02)}
	}
	long := func(n int) []byte { return append(bytes.Repeat([]byte{'x'}, n), 0) }
	length := []asm.Instruction{call(0x52)}
	printed := []asm.Instruction{call(0x01)}
	cases := []struct {
		name    string
		context []byte
		text    []asm.Instruction
		units   uint32
	}{
		{"strlen of 15", long(15), length, 0},
		{"strlen of 16", long(16), length, 1},
		{"strlen of 31", long(31), length, 1},
		{"strlen of 32", long(32), length, 2},
		{"strlen of 4000", long(4000), length, 250},
		{"strlen of 4000, 3 times", long(4000), append(append(length, length...), length...), 750},
		{"strlen of the first of two strings", append(long(20), long(4000)...), length, 1},
		{"memcpy of 15", long(15), copied(15), 0},
		{"memcpy of 1000", long(1000), copied(1000), 62},
		{"printf", long(40), printed, 2},
		{"printf with widths", append([]byte("%100d %90d"), 0), printed, 11},
		{"printf of a string", append([]byte("%s"), 0), append([]asm.Instruction{asm.Mov.Reg(asm.R2, asm.R1)}, printed...), 0},
		{"hd44780_print", long(64), []asm.Instruction{asm.Mov.Reg(asm.R2, asm.R1), call(0x82)}, 4},
	}
	m := machine(t)
	for _, c := range cases {
		program := enginetest.Program{Text: text(t, append(c.text, exit)...), Context: c.context, Helpers: true}
		for _, e := range engines {
			run := func(units uint32) abi.Status {
				program.Budget = units
				r, err := m.Run(e.engine, program)
				if err != nil {
					t.Fatal(err)
				}
				return r.Fault.Status
			}
			if got := run(c.units); got != abi.OK {
				t.Errorf("%s: %s with %d units: %s", e.name, c.name, c.units, got.Name())
			}
			if c.units == 0 {
				continue
			}
			if got := run(c.units - 1); got != abi.StatusBudget {
				t.Errorf("%s: %s with %d units: %s, want e-budget", e.name, c.name, c.units-1, got.Name())
			}
		}
	}
	// A string without an end is no string, however much is left; one that goes on further than is paid for may be one.
	endless := enginetest.Program{Text: text(t, call(0x52), exit), Context: long(99)[:99], Helpers: true}
	for budget, want := range map[uint32]string{1000: "e-helper-arg", 6: "e-helper-arg", 5: "e-budget", 0: "e-budget"} {
		for _, e := range engines {
			endless.Budget = budget
			if r, err := m.Run(e.engine, endless); err != nil || r.Fault.Status.Name() != want {
				t.Errorf("%s: no end, budget %d: %v, %v, want %s", e.name, budget, r.Fault, err, want)
			}
		}
	}
}
