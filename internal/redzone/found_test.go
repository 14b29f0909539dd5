// SPDX-License-Identifier: GPL-2.0-or-later

package redzone_test

import (
	"encoding/hex"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/redzone"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/alloc"
)

// found are programs that were wrong with plans by some heuristic of register allocation.
var found = []struct {
	what, text, context string
	budget              uint32
}{
	{"a check that is made at once did not end what the check before it covers, so that a later access stopped the program first",
		"bf16000000000000bfa700000000000018000000ff0f0000000000000c7f7107b705000001ffffffbf52000000000000bf58000000000000670800003f0000005c3500000000000077020000010000001f820000000000001c230000000000008969010000000000bca41000000000006100f8ff000000009701000001f0ffffbf03000000000000bf050000000000006705000003000000c70300003e0000004c530000000000000f320000000000005704000001000000c3360000a1000000b701000002000000bf65000000000000b703000005000000070100000100000063450000000000005501fdff0c00000007000000000000000700000000000000070000000000000007000000000000000700000000000000070000000000000007000000000000000700000000000000070000000000000007000000000000000700000000000000af10000000000000af20000000000000af30000000000000af40000000000000af50000000000000af60000000000000af70000000000000af80000000000000af90000000000000950000000000000095000000000000009500000000000000",
		"c808db", 1000},
}

func TestFound(t *testing.T) {
	for _, f := range found {
		text, err := hex.DecodeString(f.text)
		if err != nil {
			t.Fatal(err)
		}
		context, err := hex.DecodeString(f.context)
		if err != nil {
			t.Fatal(err)
		}
		p := progen.Program{Text: text, Context: context, Budget: f.budget}
		linked, err := p.Linked()
		if err != nil {
			t.Fatal(err)
		}
		m := machine(t, unicorn.CortexM4)
		for h := range alloc.Heuristics {
			plan, err := planner.By(linked, h)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := m.Compare(p, redzone.Options{OnePass: true, Plan: plan.Bytes}); err != nil || r.Difference != "" {
				t.Errorf("heuristic %d: %v, %s; earlier: %s", h, err, r.Difference, f.what)
			}
		}
	}
}
