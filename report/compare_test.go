// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/bench"
)

func TestCompareSaysWhatCyclesAre(t *testing.T) {
	results := func(cycles uint64, label string) *Results {
		return &Results{Samples: []bench.Sample{{Benchmark: "b", Engine: "vm", Target: "unicorn", OK: true, CyclesLabel: label,
			Phases: bench.Phases{Execute: &bench.Counts{Instructions: bench.Known(1), Cycles: bench.Known(cycles)}}}}}
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

// What would be green though it says nothing: each is told, and none is "no change".
func TestCompareThatSaysNothing(t *testing.T) {
	sample := func(change func(*bench.Sample)) *Results {
		s := bench.Sample{
			Benchmark: "b", Engine: "jit", Target: "unicorn", OK: true, CodeBytes: bench.Known(100), StackBytes: bench.Known(0),
			Phases: bench.Phases{
				Compile: &bench.Counts{Instructions: bench.Known(5)},
				Execute: &bench.Counts{Instructions: bench.Known(1), Cycles: bench.Known(2)},
			},
		}
		change(&s)
		return &Results{Samples: []bench.Sample{s}}
	}
	same := func(*bench.Sample) {}
	for _, c := range []struct {
		name             string
		old, now         *Results
		compared, worse  int
		verdict, missing string
	}{
		{"the same", sample(same), sample(same), 5, 0, "no change: 5 metrics equal", ""},
		{"no point in common", sample(same), sample(func(s *bench.Sample) { s.Engine = "vm" }), 0, 0, "nothing was compared", ""},
		{"failed", sample(same), sample(func(s *bench.Sample) { s.OK = false }), 0, 1, "nothing was compared", ""},
		{"failed in both", sample(func(s *bench.Sample) { s.OK = false }), sample(func(s *bench.Sample) { s.OK = false }), 0, 1, "nothing", ""},
		{"failed before", sample(func(s *bench.Sample) { s.OK = false }), sample(same), 0, 0, "nothing was compared", ""},
		{"no cycles", sample(same), sample(func(s *bench.Sample) { s.Phases.Execute.Cycles = bench.Number{} }), 4, 0, "1 missing", "cycles of b jit unicorn in the new file"},
		{"no phase", sample(func(s *bench.Sample) { s.Phases.Compile = nil }), sample(same), 4, 0, "1 missing", "compile-instructions of b jit unicorn in the old file"},
		{"stack from none", sample(same), sample(func(s *bench.Sample) { s.StackBytes = bench.Known(400) }), 5, 1, "1 regression", ""},
		{"stack is unknown", sample(func(s *bench.Sample) { s.StackBytes = bench.Number{} }), sample(same), 4, 0, "1 missing", "stack-bytes"},
	} {
		// As the files say it, and as they are read again.
		for range 2 {
			diff, err := Compare(c.old, c.now, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff.Compared() != c.compared || diff.Regressions() != c.worse || !strings.Contains(diff.Verdict(), c.verdict) ||
				!strings.Contains(strings.Join(diff.notes(), "\n"), c.missing) {
				t.Errorf("%s: %d compared, %d worse: %s; %q", c.name, diff.Compared(), diff.Regressions(), diff.Verdict(), diff.notes())
			}
			var text bytes.Buffer
			if err := diff.Table().WriteText(&text, false); err != nil {
				t.Fatal(err)
			}
			if header := strings.Contains(text.String(), "metric"); header != (len(diff.Changes) > 0) && !diff.Identical() {
				t.Errorf("%s: %d changes, a header above them: %v", c.name, len(diff.Changes), header)
			}
			if c.name != "the same" && diff.Identical() {
				t.Errorf("%s: identical", c.name)
			}
			for _, r := range []**Results{&c.old, &c.now} {
				var b bytes.Buffer
				if err := (*r).WriteJSON(&b); err != nil {
					t.Fatal(err)
				}
				if *r, err = Read("file", strings.NewReader("\ufeff"+b.String())); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	incomplete := sample(same)
	incomplete.Incomplete = "interrupted"
	if diff, err := Compare(sample(same), incomplete, nil); err != nil || diff.Identical() || diff.Incomplete[0] != "the new file is incomplete: interrupted" {
		t.Errorf("%v, %v", diff.Incomplete, err)
	}
}
