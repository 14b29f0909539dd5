// SPDX-License-Identifier: GPL-2.0-or-later

//go:build !sanitize

package jittest

import (
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

// TestOnepassCost counts what the compiler in one pass takes on the device, over all benchmarks, and says it with -v. A change
// that makes it take more has to say so here. Plans are what the host makes today; without one the program is
// looked at from its end, and everything is checked.
func TestOnepassCost(t *testing.T) {
	target, err := unicorn.Open(t.Context(), unicorn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	for _, c := range []struct {
		name string
		plan bool
		most int64 // instructions a slot
	}{{"with a plan", true, 1720}, {"without", false, 1420}} {
		var instructions, slots int64
		worst, of := int64(0), ""
		for _, b := range benchmarks.All() {
			p, err := image.LoadObject(b.Name, b.Object, b.Name)
			if err != nil {
				t.Fatal(err)
			}
			if c.plan {
				p = planner.Attach(p)
			}
			data, err := p.Encode(abi.Packed)
			if err != nil {
				t.Fatal(err)
			}
			s, err := target.Run(t.Context(), emu.Job{Engine: "jit-plan", Format: abi.Packed, Image: data, LoadOnly: true})
			if err != nil || s.Fault.Status != abi.OK {
				t.Fatal(b.Name, err, s.Fault)
			}
			n := int64(len(p.Text) / 8)
			instructions, slots = instructions+int64(s.Compile.Instructions), slots+n
			if each := int64(s.Compile.Instructions) / n; each > worst {
				worst, of = each, b.Name
			}
		}
		t.Logf("%s: %d instructions a slot, of %d; most in %s: %d", c.name, instructions/slots, slots, of, worst)
		if instructions/slots > c.most {
			t.Errorf("%s: %d instructions a slot, at most %d are expected", c.name, instructions/slots, c.most)
		}
	}
}
