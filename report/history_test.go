// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"math"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/bench"
)

// revision has one sample per engine and size, of so many instructions; 0 is one that failed.
func revision(name string, counts map[string][]uint64) Revision {
	r := &Results{}
	for _, engine := range []string{"vm", "jit"} {
		for i, n := range counts[engine] {
			r.Samples = append(r.Samples, bench.Sample{
				Benchmark: "b", Size: i + 1, Engine: engine, OK: n > 0, Phases: bench.Phases{Execute: &bench.Counts{Instructions: bench.Known(n)}},
			})
		}
	}
	return Revision{Name: name, Results: r}
}

func TestHistory(t *testing.T) {
	h, err := NewHistory([]Revision{
		revision("one", map[string][]uint64{"vm": {100, 100}}),
		revision("two", map[string][]uint64{"vm": {50, 200}, "jit": {10}}),              // one up, one down: no step
		revision("three", map[string][]uint64{"vm": {100, 400, 7}, "jit": {0}}),         // twice as much; a new point is no step
		revision("four", map[string][]uint64{"vm": {100, 400, 7}, "jit": {20}}),         // the jit is back: nothing to compare with
		revision("five", map[string][]uint64{"vm": {99, 400, 7}, "jit": {21, 1 << 40}}), // one instruction of 506
	}, "instructions")
	if err != nil {
		t.Fatal(err)
	}
	steps := h.Steps()
	if len(steps) != 3 || steps[0] != (Step{"vm", 2, 100}) || steps[1].Line != "jit" || math.Abs(steps[1].Percent-5) > 1e-9 || steps[2].Percent >= 0 {
		t.Errorf("steps %v", steps)
	}
	if jit := h.Change[1]; !math.IsNaN(jit[0]) || !math.IsNaN(jit[2]) || jit[3] != 0 {
		t.Errorf("the jit's line is %v, want gaps at 0 and 2", jit)
	}
	svg, err := h.Figure().SVG()
	if err != nil || strings.Contains(svg, "NaN") || !strings.Contains(svg, "three: vm +100.00 %") {
		t.Errorf("the figure: %v\n%s", err, svg)
	}
	if _, err := NewHistory([]Revision{revision("none", nil)}, "cycles"); err == nil || !strings.Contains(err.Error(), "no cycles in any") {
		t.Errorf("a history of nothing: %v", err)
	}
}
