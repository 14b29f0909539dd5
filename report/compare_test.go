// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"strings"
	"testing"

	"ubench/bench"
)

func TestCompareSaysWhatCyclesAre(t *testing.T) {
	results := func(cycles uint64, label string) *Results {
		return &Results{Samples: []bench.Sample{{Benchmark: "b", Engine: "vm", Target: "unicorn", OK: true, CyclesLabel: label,
			Phases: bench.Phases{Execute: &bench.Counts{Instructions: 1, Cycles: cycles}}}}}
	}
	for _, c := range []struct{ label, want string }{
		{"modelled", "cycles: modelled"},
		{"DWT CYCCNT", "cycles: modelled in the old file, DWT CYCCNT in the new one"},
	} {
		cmp, err := Compare(results(10, "modelled"), results(11, c.label), nil)
		if err != nil {
			t.Fatal(err)
		}
		if notes := cmp.Table().Notes; len(notes) != 1 || notes[0] != c.want || !strings.Contains(cmp.Markdown(), "\n"+c.want+"\n") {
			t.Errorf("notes %q, want %q", notes, c.want)
		}
	}
}
