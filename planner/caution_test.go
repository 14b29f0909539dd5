// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"os"
	"testing"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/judge"
)

// analysed makes builders of plans of an object's program.
func analysed(t *testing.T, name string, object []byte) func() *builder {
	t.Helper()
	p, err := image.LoadObject(name, object, "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := Analyse(p)
	if err != nil {
		t.Fatal(err)
	}
	j, err := judge.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	return func() *builder { return newBuilder(a, p, j) }
}

// What a program is tried with whose plans come to no end: plans with less in them. This one is bignum as clang-19 makes it with -Os -mllvm
// -unroll-threshold=150 -mllvm -indvars-widen-indvars=false -mllvm -pre-RA-sched=source; it had no plan with all in it once.
func TestPlansWithLessInThem(t *testing.T) {
	data, err := os.ReadFile("testdata/bignum-os.o")
	if err != nil {
		t.Fatal(err)
	}
	builders := analysed(t, "bignum", data)
	for c := free; c <= noRecords; c++ {
		b := builders()
		b.caution = c
		r, err := b.attempts()
		if err != nil {
			t.Errorf("caution %d: %v", c, err)
			continue
		}
		apart, defers, loops := 0, 0, 0
		for _, i := range r.Plan.Insns {
			if i.Apart {
				apart++
			}
			if i.Defer {
				defers++
			}
			if i.Loop != nil {
				loops++
			}
		}
		if (apart > 0) != (c < noApart) || (defers > 0) != (c < noDefer) || (loops > 0) != (c < noRecords) {
			t.Errorf("caution %d: %d moves apart, %d results left to their readers, %d records", c, apart, defers, loops)
		}
	}
}
