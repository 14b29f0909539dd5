// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"testing"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu/targets"
)

// What maps cost at most, in instructions of a Cortex-M4: called from C, and as a helper, which checks what it is given. A lookup
// in a hash map of 1,000 entries of 4 + 8 bytes takes at most 60, as a helper with its call. Every engine gives the result that
// the oracle knows, and one that computes lookups in arrays needs less than the helper.
func TestCosts(t *testing.T) {
	target, err := targets.Open(t.Context(), "unicorn")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	r, err := bench.MeasureMaps(t.Context(), target, bench.MapUses(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Costs); n != len(bench.MapUses())*len(bench.MapEngines) {
		t.Errorf("%d costs", n)
	}
	// A little above what they take; of a lookup with reading the value. 60 for lookups in hash maps was asked for.
	most := map[string]float64{"reserve, write and submit of 8 bytes": 120, "write and output of 8 bytes": 120, "array lookup": 35, "array update": 60, "hash lookup": 60, "hash update": 140, "hash insert and delete": 300, "LRU hash lookup": 120,
		"LRU hash update": 180, "LRU hash update, dropping the oldest": 300, "queue push and pop": 160, "hash lookup of an absent key": 60}
	seen := map[string]bool{}
	helper := map[string]float64{}
	for _, c := range r.Costs {
		what := c.Map + " " + c.What
		if c.Record > 0 {
			what = c.String()
		}
		switch limit := most[what]; {
		case c.Instructions <= 0:
			t.Errorf("%s on %s takes %.1f instructions", c, c.Engine, c.Instructions)
		case c.Engine == bench.MapsInC && limit > 0:
			if seen[what] = true; c.Instructions > limit {
				t.Errorf("%s takes %.1f instructions in C, and %.0f is its limit", c, c.Instructions, limit)
			}
		case c.Engine == bench.MapsHelper:
			helper[c.String()] = c.Instructions
			if c.Map == "hash" && c.What == "lookup" && c.Instructions > 60 {
				t.Errorf("the helper of a %s takes %.1f instructions, at most 60 were asked for", c, c.Instructions)
			}
		case c.Engine == "jit-plan" && what == "array lookup" && c.Instructions >= helper[c.String()]:
			t.Errorf("%s on %s takes %.1f instructions, and its helper %.1f", c, c.Engine, c.Instructions, helper[c.String()])
		}
	}
	if len(seen) != len(most) {
		t.Errorf("bounded are %d uses of %d", len(seen), len(most))
	}
}
