// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

// withPlan is a program with its plan, which it must have.
func withPlan(t *testing.T, p *image.Program) *image.Program {
	t.Helper()
	planned := planner.Attach(p)
	if planned.Plan == nil {
		t.Fatal("no plan")
	}
	return planned
}

// packed is its image.
func packed(t *testing.T, p *image.Program) []byte {
	t.Helper()
	data, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A device follows plans: with one a program does the same in fewer instructions. One that is wrong costs time and nothing else. Code is
// kept with the plan that it was made by.
func TestPlans(t *testing.T) {
	d := Boot(t, "netduinoplus2", 0)
	b, _ := benchmarks.Lookup("fletcher16")
	program, err := image.LoadObject(b.Name, b.Object, b.Name)
	if err != nil {
		t.Fatal(err)
	}
	planned := withPlan(t, program)
	wrong := *planned
	wrong.Plan = bytes.Clone(planned.Plan)
	for i := range wrong.Plan {
		wrong.Plan[i] ^= 0x5a
	}
	input := b.Input(640)
	run := func(p *image.Program) (r device.Result) {
		n := d.Started(t, device.Config{Name: "planned", Format: abi.Packed, Entry: p.EntryIndex(abi.Packed), Engine: device.JITPlan,
			Context: uint32(len(input))}, packed(t, p))
		for range 2 { // the first one may come amid a tick
			if r, err = d.Call(t.Context(), n, input); err != nil || r.Fault.Status != abi.OK {
				t.Fatal(r.Fault, err)
			}
		}
		if err := d.Unload(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := d.info(t).Compiled
	follows, plain, refuses := run(planned), run(program), run(&wrong)
	if compiled := d.info(t).Compiled - before; compiled != 3 {
		t.Errorf("compiled %d times, want 3: with a plan, without, with another", compiled)
	}
	if again := run(planned); d.info(t).Compiled-before != 3 || again.R0 != follows.R0 {
		t.Errorf("its code is not found again, or gives %#x, %#x before", again.R0, follows.R0)
	}
	if follows.R0 != plain.R0 || refuses.R0 != plain.R0 || !slices.Equal(follows.Context, plain.Context) {
		t.Errorf("with a plan %#x, without %#x, with a wrong one %#x", follows.R0, plain.R0, refuses.R0)
	}
	if follows.Instructions*10 > plain.Instructions*8 || refuses.Instructions < plain.Instructions*9/10 {
		t.Errorf("instructions with a plan %d, without %d, with a wrong one %d", follows.Instructions, plain.Instructions, refuses.Instructions)
	}
	t.Logf("instructions with a plan %d, without %d", follows.Instructions, plain.Instructions)
}
