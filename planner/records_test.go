// SPDX-License-Identifier: GPL-2.0-or-later

package planner_test

import (
	"testing"

	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/judge"
)

// What becomes of accesses, by kinds of loops: the device proves them, a test before the loop decides them, or they are
// checked each time. A plan that loses what it had costs speed, which nothing else would tell.
func TestAccessesNeedNoCheck(t *testing.T) {
	for _, k := range []struct {
		name, why              string
		proved, tested, checks int // at least, at least, at most
	}{
		{"slip", "an index below a length that was read, across many blocks", 2, 0, 0},
		{"heapsort", "a length that is divided by the size of an item", 14, 0, 4},
		{"life", "a sum of bounded indices; a loop that counts in steps up to a constant", 25, 2, 0},
		{"pid", "a loop that is entered amid its slots, and has an exit among them", 5, 2, 0},
		{"movavg", "the same, of two blocks", 19, 2, 0},
		{"kalman", "a pointer that walks beside a counter of 64 bits", 3, 2, 0},
		{"matmul", "addresses of two indices, one of which moves by a variable", 1, 2, 1},
		{"bignum", "what the host can prove and the device cannot", 2, 4, 3},
		{"base64", "a pointer in a word of the frame, several accesses a turn", 8, 7, 6},
		{"nmea", "places that cost a loop its record make less code", 3, 5, 15},
		{"lz4", "loops amid a loop that has no counter", 2, 4, 5},
		{"cbor", "a struct on the caller's stack, by pointer, two calls deep", 19, 0, 4},
	} {
		t.Run(k.name, func(t *testing.T) {
			for _, p := range programs(t) {
				if p.Name != k.name {
					continue
				}
				r, err := planner.Of(p)
				if err != nil {
					t.Fatal(err)
				}
				var n [16]int
				for _, note := range r.Verdict.Notes {
					n[note&15]++
				}
				if n[judge.Proved] < k.proved || n[judge.InLoop] < k.tested || n[judge.Checked]+n[judge.Covered] > k.checks {
					t.Errorf("%s: %d are proved, %d tested before the loop, %d checked", k.why, n[judge.Proved], n[judge.InLoop], n[judge.Checked]+n[judge.Covered])
				}
			}
		})
	}
}
