// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"bytes"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/judge"
)

// A search makes a plan cost less, with a cut where a state machine copies values there and back again, and the same one each time.
func TestSearch(t *testing.T) {
	bench, ok := benchmarks.Lookup("slip")
	if !ok {
		t.Fatal("there is no slip")
	}
	p, err := image.LoadObject(bench.Name, bench.Object, bench.Name)
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
	var found []*Result
	for range 2 {
		b := newBuilder(a, p, j)
		r, err := b.attempts()
		if err != nil {
			t.Fatal(err)
		}
		before := b.cost(r)
		r = b.improve(r)
		if after := b.cost(r); after > before*0.95 || len(b.cuts) == 0 || !r.Verdict.Followed {
			t.Errorf("the plan costs %.0f, before %.0f, with %d cuts; followed: %v", after, before, len(b.cuts), r.Verdict.Followed)
		}
		found = append(found, r)
	}
	if !bytes.Equal(found[0].Bytes, found[1].Bytes) {
		t.Error("another plan the second time")
	}
}
