// SPDX-License-Identifier: GPL-2.0-or-later

package planner_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/testenv"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/plan"
)

// programs are all there are.
func programs(t *testing.T) (list []*image.Program) {
	t.Helper()
	for _, b := range benchmarks.All() {
		p, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	for _, e := range examples.All() {
		p, err := image.LoadObject(e.Name, e.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// A plan is the same each time, and what is written is read again.
func TestPlansAreWritten(t *testing.T) {
	for _, p := range programs(t) {
		functions := plan.Functions(p.Text, nil)
		var first []byte
		for range 2 {
			x, err := planner.Of(p)
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				break
			}
			data := x.Bytes
			if first != nil && !bytes.Equal(first, data) {
				t.Errorf("%s: two plans differ", p.Name)
			}
			first = data
			again, err := plan.Decode(data, p.Text, functions, len(p.Maps))
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
			} else if again.String() != x.Plan.String() {
				t.Errorf("%s: wrote\n%s\nread\n%s", p.Name, x.Plan, again)
			}
		}
	}
}

// FuzzOf makes plans of any program: it has one, or an error says why not, and what it has is followed and read again.
func FuzzOf(f *testing.F) {
	for n := range 24 {
		f.Add(progen.Seed(3, n), n%4 > 0, n%2 > 0)
	}
	f.Fuzz(func(t *testing.T, seed []byte, calls, extended bool) {
		plannable(t, progen.Generate(seed, progen.Features{Calls: calls, Extended: extended, Counted: true}))
	})
}

// TestOfGenerated makes plans of generated programs. UBENCH_PLANNER says of how many.
func TestOfGenerated(t *testing.T) {
	programs := testenv.Number(t, "UBENCH_PLANNER", 150)
	none := 0
	for n := range programs {
		if !plannable(t, progen.Numbered(11, n)) {
			none++
		}
	}
	t.Logf("%d programs, %d without a plan", programs, none)
	if none > programs/2 {
		t.Errorf("%d of %d have no plan", none, programs)
	}
}

// plannable tells whether a program has a plan.
func plannable(t *testing.T, p progen.Program) bool {
	linked, err := p.Linked()
	if err != nil {
		return false
	}
	x, err := planner.Of(linked)
	if err != nil {
		return false
	}
	again, err := plan.Decode(x.Bytes, p.Text, plan.Functions(p.Text, nil), len(p.Maps))
	if err != nil || again.String() != x.Plan.String() || !x.Verdict.Followed {
		t.Errorf("%v, %s\ntext %x", err, x.Verdict.Reason, p.Text)
	}
	return true
}

// A program whose first plans come to no end has one with less in it: bignum as clang-19 makes it with -Os -mllvm
// -unroll-threshold=150 -mllvm -indvars-widen-indvars=false -mllvm -pre-RA-sched=source.
func TestPlanWithLessInIt(t *testing.T) {
	data, err := os.ReadFile("testdata/bignum-os.o")
	if err != nil {
		t.Fatal(err)
	}
	p, err := image.LoadObject("bignum", data, "")
	if err != nil {
		t.Fatal(err)
	}
	x, err := planner.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range x.Plan.Insns {
		if i.Apart {
			t.Error("the plan has all that plans can have: this program tests nothing any more")
		}
	}
}
