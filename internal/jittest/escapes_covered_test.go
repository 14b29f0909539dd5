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
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/campaign"
	"github.com/ubench-dev/ubench/internal/testenv"
	"github.com/ubench-dev/ubench/planner"
)

// covered makes a program of several accesses at one register, between which there is what may, or may not, be between accesses that
// one check is made for: other accesses, stores, what moves the register, ways around some of it, exits.
func covered(random *rand.Rand) []byte {
	kinds := touches()
	touch := func() []byte {
		k := kinds[random.IntN(len(kinds))]
		for (k.write || k.atomic) && random.IntN(4) > 0 {
			k = kinds[random.IntN(len(kinds))]
		}
		return slices.Concat(k.code(int16(random.IntN(20)-6)), slot(0xaf, 0x09, 0, 0))
	}
	compute := func() []byte {
		return [][]byte{slot(0x0f, 0x59, 0, 0), slot(0xac, 0x05, 0, 0), slot(0x67, 9, 0, 1), mov(8, 9)}[random.IntN(4)]
	}
	move := func() []byte {
		return [][]byte{plusImm(4, 1), plusImm(4, -3), mov(4, 1), plus(4, 3), mov(4, 6), slot(0x79, 0x44, 0, 0)}[random.IntN(6)]
	}
	var piece func(depth int) []byte
	piece = func(depth int) []byte {
		switch n := random.IntN(16); {
		case n < 7:
			return touch()
		case n < 8:
			return slices.Concat(slot(0x71, 0x60, int16(random.IntN(12)-2), 0), plus(9, 0))
		case n < 9:
			return slot(0x7b, 0x9a, -8, 0)
		case n < 10:
			return move()
		case n < 12 || depth > 2:
			return compute()
		case n < 13:
			return slices.Concat(slot(0x55, 7, 2, int32(random.IntN(3))), mov(0, 9), exitSlot)
		}
		var body []byte
		for range 1 + random.IntN(3) {
			if random.IntN(3) > 0 {
				body = append(body, compute()...)
			} else {
				body = append(body, piece(depth+1)...)
			}
		}
		jump := compareImm(comparisons[random.IntN(len(comparisons))], random.IntN(2) == 0, 7, int32(random.IntN(4)), int16(len(body)/8))
		if random.IntN(4) == 0 { // two ways lead to one place
			more := slices.Concat(piece(depth+1), compute())
			return slices.Concat(compareImm(0x10, true, 7, 1, int16((len(more)+len(jump)+len(body))/8)), more, jump, body)
		}
		return slices.Concat(jump, body)
	}
	text := slices.Concat(slot(0x79, 0x13, 0, 0), slot(0x79, 0x17, 8, 0), mov(6, 1), movImm(5, 7), movImm(9, 0), movImm(0, 0), mov(4, 1), plus(4, 3))
	if random.IntN(6) == 0 {
		text = slices.Concat(text, slot(0x79, 0x18, 0, 0), plus(6, 8))
	}
	if random.IntN(4) == 0 { // the same in a loop
		text = slices.Concat(text, movImm(2, 3))
		body := slices.Concat(piece(0), piece(0), piece(0), piece(0), plusImm(2, -1))
		return slices.Concat(text, body, slot(0x55, 2, int16(-len(body)/8-1), 0), mov(0, 9), exitSlot)
	}
	for range 4 + random.IntN(8) {
		text = append(text, piece(0)...)
	}
	return slices.Concat(text, mov(0, 9), exitSlot)
}

// atomicsInARow has more checks that wait for a place of their own than there is room for, each of an atomic operation: once the
// compiler made room for none.
func atomicsInARow() (text []byte) {
	text = slices.Concat(slot(0x79, 0x13, 0, 0), movImm(5, 7), movImm(9, 0), movImm(0, 0), mov(4, 1), plus(4, 3))
	for i := range int16(30) {
		text = slices.Concat(text, slot(0xc3, 0x54, 4*(i%3), 0x01))
	}
	return slices.Concat(text, mov(0, 9), exitSlot)
}

// TestCovered runs programs of covered with a plan and without. UBENCH_COVERED says how many.
func TestCovered(t *testing.T) {
	desk, err := host.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = desk.Close() })
	m4 := watch(t, unicorn.CortexM4, "netduinoplus2")
	outcomes := map[string]int{}
	random := rand.New(rand.NewPCG(7, 7))
	for i := range testenv.Many(t, "UBENCH_COVERED", 120, 200) {
		text := covered(random)
		if i == 0 {
			text = atomicsInARow()
		}
		planned, err := planner.Attach(&image.Program{Text: text}).Encode(abi.Packed)
		if err != nil {
			t.Fatalf("program %d: %v\ntext %x", i, err, text)
		}
		length := 16 + random.IntN(24)
		for range 6 {
			from := []int{0, length - 8, length - 16, length}[random.IntN(4)] + random.IntN(9) - 4
			job := emu.Job{
				Context: contextOf(length, uint64(int64(from)), uint64(random.IntN(4))), Engine: "vm", Format: abi.TextOnly, Image: text,
				WantContext: true, WantOutput: true, Budget: escapeBudget,
				Granted: []emu.Region{{Bytes: make([]byte, 16), Writable: true}},
			}
			want, err := desk.Run(t.Context(), job)
			if err != nil {
				t.Fatal(err)
			}
			outcomes[want.Fault.Status.Name()]++
			for _, with := range []string{"without a plan", "with a plan"} {
				job.Engine = "jit-plan"
				if with == "with a plan" {
					job.Format, job.Image = abi.Packed, planned
				}
				got, err := m4.job(t.Context(), job)
				difference := fmt.Sprint(err)
				if err == nil {
					difference = campaign.Difference(want, got)
				}
				if difference != "" {
					t.Fatalf("program %d %s: %s\ntext %x\ncontext %x", i, with, difference, text, job.Context)
				}
			}
		}
	}
	t.Log(outcomes)
	if stopped := outcomes["e-read"] + outcomes["e-write"]; stopped < outcomes["ok"]/4 {
		t.Errorf("%v: they do not try hard enough", outcomes)
	}
}
