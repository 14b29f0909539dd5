// SPDX-License-Identifier: GPL-2.0-or-later

package vm_test

import (
	"fmt"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
)

func open(t *testing.T) emu.Target {
	t.Helper()
	target, err := unicorn.Open(t.Context(), unicorn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	return target
}

func run(t *testing.T, target emu.Target, engine string, job emu.Job) emu.Outcome {
	t.Helper()
	job.Engine = engine
	s, err := target.Run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// both runs a job in both forms, which must come to the same end, at the same slot and with the same budget.
func both(t *testing.T, target emu.Target, what string, job emu.Job) emu.Outcome {
	t.Helper()
	job.WantContext = true
	threaded, portable := run(t, target, "vm", job), run(t, target, "vm-portable", job)
	if threaded.Fault != portable.Fault || threaded.Result != portable.Result ||
		string(threaded.Context) != string(portable.Context) {
		t.Errorf("%s: %v, r0 %#x, context %x\nvm-portable: %v, r0 %#x, context %x", what,
			threaded.Fault, threaded.Result, threaded.Context, portable.Fault, portable.Result, portable.Context)
	}
	return threaded
}

// loops end in every kind of superinstruction that jumps, in plain jumps, and in calls.
var loops = map[string][]byte{
	"add64_k jlt64_x": text(insn(0xb7, 0, 0, 0, 0), insn(0xb7, 3, 0, 0, 7), insn(0x07, 0, 0, 0, 1), insn(0xad, 0, 3, -2, 0), insn(0x95, 0, 0, 0, 0)),
	"the jump alone": text(insn(0xb7, 0, 0, 0, 0), insn(0xb7, 3, 0, 0, 7), insn(0x05, 0, 0, 1, 0), insn(0x07, 0, 0, 0, 1),
		insn(0xad, 0, 3, -2, 0), insn(0x95, 0, 0, 0, 0)),
	"ja":    text(insn(0xb7, 0, 0, 0, 0), insn(0x07, 0, 0, 0, 1), insn(0x35, 0, 0, 1, 7), insn(0x05, 0, 0, -3, 0), insn(0x95, 0, 0, 0, 0)),
	"gotol": text(insn(0xb7, 0, 0, 0, 0), insn(0x07, 0, 0, 0, 1), insn(0x35, 0, 0, 1, 7), insn(0x06, 0, 0, 0, -3), insn(0x95, 0, 0, 0, 0)),
	"call": text(insn(0xb7, 6, 0, 0, 0), insn(0x85, 0, 1, 0, 3), insn(0x07, 6, 0, 0, 1), insn(0xa5, 6, 0, -3, 3), insn(0x95, 0, 0, 0, 0),
		insn(0xb7, 0, 0, 0, 9), insn(0x95, 0, 0, 0, 0)),
	"recursion": text(insn(0x85, 0, 1, 0, 1), insn(0x95, 0, 0, 0, 0), insn(0x07, 1, 0, 0, 1), insn(0x85, 0, 1, 0, -2), insn(0x95, 0, 0, 0, 0)),
}

// A budget ends where it did, with the status and slot it had, wherever in a superinstruction that is.
func TestBudgets(t *testing.T) {
	target := open(t)
	for name, p := range loops {
		stopped := 0
		for budget := uint32(1); budget < 14; budget++ {
			s := both(t, target, fmt.Sprintf("%s, budget %d", name, budget), emu.Job{Format: abi.TextOnly, Image: p, Budget: budget})
			if s.Fault.Status == abi.StatusBudget {
				stopped++
			}
		}
		if stopped == 0 {
			t.Errorf("%s: no budget was too small", name)
		}
	}
}

// Every instruction of a superinstruction can be jumped to, and then does what it says alone; every fault names its own slot.
func TestJumpsIntoSuperinstructions(t *testing.T) {
	target := open(t)
	sequences := map[string][][]byte{
		"add64_x":     {insn(0xbf, 3, 4, 0, 0), insn(0x0f, 3, 5, 0, 0)},
		"add itself":  {insn(0xbf, 3, 4, 0, 0), insn(0x0f, 3, 3, 0, 0)},
		"add64_k":     {insn(0xbf, 3, 4, 0, 0), insn(0x07, 3, 0, 0, -5)},
		"add large":   {insn(0xbf, 3, 4, 0, 0), insn(0x07, 3, 0, 0, 0x7654321)},
		"lsh64_k":     {insn(0xbf, 3, 4, 0, 0), insn(0x67, 3, 0, 0, 31)},
		"zero extend": {insn(0xbf, 3, 4, 0, 0), insn(0x67, 3, 0, 0, 32), insn(0x77, 3, 0, 0, 32)},
		"scale":       {insn(0xbf, 3, 4, 0, 0), insn(0x67, 3, 0, 0, 32), insn(0x77, 3, 0, 0, 29)},
		"right by 0":  {insn(0xbf, 3, 4, 0, 0), insn(0x67, 3, 0, 0, 32), insn(0x77, 3, 0, 0, 0)},
		"right by 63": {insn(0xbf, 3, 4, 0, 0), insn(0x67, 3, 0, 0, 32), insn(0x77, 3, 0, 0, 63)},
		"left by 33":  {insn(0xbf, 3, 4, 0, 0), insn(0x67, 3, 0, 0, 33), insn(0x77, 3, 0, 0, 33)},
		"other dst":   {insn(0xbf, 3, 4, 0, 0), insn(0x0f, 5, 3, 0, 0)},
		"add32_x":     {insn(0xbc, 3, 4, 0, 0), insn(0x0c, 3, 5, 0, 0)},
		"lsh32_k":     {insn(0xbc, 3, 4, 0, 0), insn(0x64, 3, 0, 0, 33)},
		"rsh32_k":     {insn(0xbc, 3, 4, 0, 0), insn(0x74, 3, 0, 0, 7)},
	}
	for _, size := range []byte{0x71, 0x69, 0x61, 0x79} {
		for _, offset := range []int16{0, 1, -1} {
			sequences[fmt.Sprintf("load %#x at %d", size, offset)] = [][]byte{insn(0xbf, 3, 1, 0, 0), insn(0x0f, 3, 6, 0, 0), insn(size, 3, 3, offset, 0)}
			sequences[fmt.Sprintf("load %#x into another at %d", size, offset)] = [][]byte{insn(0xbf, 3, 1, 0, 0), insn(0x0f, 3, 6, 0, 0), insn(size, 4, 3, offset, 0)}
		}
	}
	for name, sequence := range sequences {
		for into := range len(sequence) {
			for index := range int32(18) { // of the load; from 16 on outside the context
				p := text(
					insn(0x18, 4, 0, 0, 0x76543210), insn(0, 0, 0, 0, -0x1234568),
					insn(0x18, 5, 0, 0, -2), insn(0, 0, 0, 0, 0x77),
					insn(0xb7, 6, 0, 0, index), insn(0xbf, 3, 1, 0, 0), insn(0x0f, 3, 6, 0, 0),
					insn(0x05, 0, 0, int16(into), 0),
				)
				p = append(p, text(sequence...)...)
				p = append(p, text(insn(0xbf, 0, 3, 0, 0), insn(0xaf, 0, 4, 0, 0), insn(0x95, 0, 0, 0, 0))...)
				both(t, target, fmt.Sprintf("%s, into %d, index %d", name, into, index),
					emu.Job{Format: abi.TextOnly, Image: p, Context: []byte("0123456789abcdef")})
			}
		}
	}
}

// inTurn accesses memory at r6, r7 and r8 in turn, 1000 times: 8 bytes each are read and written.
func inTurn(t *testing.T, r7, r8 []byte) emu.Job {
	t.Helper()
	p := text(insn(0xbf, 6, 1, 0, 0), r7, insn(0, 0, 0, 0, 0), r8, insn(0x07, 8, 0, 0, -64), insn(0xb7, 0, 0, 0, 0))
	if r7[0] != 0x18 {
		p = text(insn(0xbf, 6, 1, 0, 0), r7, r8, insn(0x07, 8, 0, 0, 0), insn(0xb7, 0, 0, 0, 0))
	}
	for base := byte(6); base <= 8; base++ {
		p = append(p, text(insn(0x61, 2, base, 0, 0), insn(0x63, base, 2, 4, 0))...)
	}
	p = append(p, text(insn(0x07, 0, 0, 0, 1), insn(0xa5, 0, 0, -8, 1000), insn(0x95, 0, 0, 0, 0))...)
	program, err := image.FromText("in turn", p)
	if err != nil {
		t.Fatal(err)
	}
	if r7[0] == 0x18 {
		program.Data = make([]byte, 64)
		program.Addresses = []image.Address{{Slot: 1, Section: image.Data}}
	}
	encoded, err := program.Encode(abi.ExtendedHeader)
	if err != nil {
		t.Fatal(err)
	}
	return emu.Job{Format: abi.ExtendedHeader, Image: encoded, Context: make([]byte, 64)}
}

// Accesses to the context, to data and to the stack in turn cost little more than to one region.
func TestRegionsInTurn(t *testing.T) {
	target := open(t)
	one := inTurn(t, insn(0xbf, 7, 1, 0, 0), insn(0xbf, 8, 1, 0, 0))
	three := inTurn(t, insn(0x18, 7, 0, 0, 0), insn(0xbf, 8, 10, 0, 0))
	cost := map[string][2]float64{}
	for _, engine := range []string{"vm", "vm-portable"} {
		var c [2]float64
		for i, job := range []emu.Job{one, three} {
			s := run(t, target, engine, job)
			if s.Fault.Status != abi.OK || s.Result != 1000 {
				t.Fatalf("%s: %v, r0 %d", engine, s.Fault, s.Result)
			}
			c[i] = float64(s.Execute.Instructions) / 6000
		}
		cost[engine] = c
		t.Logf("%-12s %.1f instructions an access and its share of the loop, %.1f in turn", engine, c[0], c[1])
	}
	if c := cost["vm"]; c[1] > 1.7*c[0] {
		t.Errorf("in turn an access costs %.1f instructions, else %.1f", c[1], c[0])
	}
}
