// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"bytes"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
)

// A search makes a plan cost less, with a live range split where a state machine copies values there and back again, and the same one each time.
func TestSearch(t *testing.T) {
	bench, ok := benchmarks.Lookup("slip")
	if !ok {
		t.Fatal("there is no slip")
	}
	builders := analysed(t, bench.Name, bench.Object)
	var found []*Result
	for range 2 {
		b := builders()
		r, err := b.attempts()
		if err != nil {
			t.Fatal(err)
		}
		before := b.cost(r)
		r = b.improve(r)
		if after := b.cost(r); after > before*0.95 || len(b.splits) == 0 || !r.Verdict.Followed {
			t.Errorf("the plan costs %.0f, before %.0f, with %d live ranges split; followed: %v", after, before, len(b.splits), r.Verdict.Followed)
		}
		found = append(found, r)
	}
	if !bytes.Equal(found[0].Bytes, found[1].Bytes) {
		t.Error("another plan the second time")
	}
}
