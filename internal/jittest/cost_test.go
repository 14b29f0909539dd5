// SPDX-License-Identifier: GPL-2.0-or-later

//go:build !sanitize

package jittest

import (
	"bytes"
	"math"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
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
	}{{"with a plan", true, 1520}, {"without", false, 1260}} {
		var instructions, slots, plans int64
		worst, of := int64(0), ""
		for _, b := range benchmarks.All() {
			p, err := image.LoadObject(b.Name, b.Object, b.Name)
			if err != nil {
				t.Fatal(err)
			}
			if c.plan {
				p = withPlan(b.Name, p)
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
			instructions, slots, plans = instructions+int64(s.Compile.Instructions), slots+n, plans+int64(len(p.Plan))
			if each := int64(s.Compile.Instructions) / n; each > worst {
				worst, of = each, b.Name
			}
		}
		t.Logf("%s: %d instructions a slot, of %d; most in %s: %d; plans take %.2f bytes a slot", c.name, instructions/slots, slots, of, worst,
			float64(plans)/float64(slots))
		if instructions/slots > c.most {
			t.Errorf("%s: %d instructions a slot, at most %d are expected", c.name, instructions/slots, c.most)
		}
	}
}

// TestOnepassWithoutPlan counts what programs execute that come without a plan, beside native -O2 and the same with one, and says
// the geometric means with -v. Results are compared with the oracle's.
func TestOnepassWithoutPlan(t *testing.T) {
	target, err := unicorn.Open(t.Context(), unicorn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	const most = 2.7
	var without, with, n float64
	for _, b := range benchmarks.All() {
		size := 0
		if b.Sized {
			size = b.DefaultSizes[len(b.DefaultSizes)-1]
		}
		input := b.Input(size)
		want, _ := b.Oracle(bytes.Clone(input))
		count := func(job emu.Job) float64 {
			job.Context, job.Budget, job.Trace, job.Helpers, job.NoStack = bytes.Clone(input), emu.DefaultBudget, b.Trace, b.Helpers, true
			s, err := target.Run(t.Context(), job)
			if err != nil || s.Fault.Status != abi.OK || s.Result != want {
				t.Fatal(b.Name, job.Engine, err, s.Fault, s.Result, want)
			}
			return float64(s.Execute.Instructions)
		}
		p, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		native := count(emu.Job{Engine: "native-O2", Kernel: b.Name, Unsafe: true})
		for _, c := range []struct {
			p   *image.Program
			sum *float64
		}{{p, &without}, {withPlan(b.Name, p), &with}} {
			data, err := c.p.Encode(abi.Packed)
			if err != nil {
				t.Fatal(err)
			}
			*c.sum += math.Log(count(emu.Job{Engine: "jit-plan", Format: abi.Packed, Image: data}) / native)
		}
		n++
	}
	t.Logf("instructions to native -O2: %.2f without a plan, %.2f with one", math.Exp(without/n), math.Exp(with/n))
	if r := math.Exp(without / n); r > most {
		t.Errorf("without a plan %.2f times native -O2's instructions, at most %.2f are expected", r, most)
	}
}
