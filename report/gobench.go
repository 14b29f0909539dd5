// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/ubench-dev/ubench/bench"
)

// WriteGoBench writes samples as Go benchmark lines, which benchstat and CI actions read:
//
//	target: unicorn
//	core: cortex-m4
//	BenchmarkFletcher16/size=640/engine=vm 1 147432 instructions 230.4 instructions/byte …
//
// Samples that are not good are comments, so that they never enter a mean; so is why there are not all.
func WriteGoBench(w io.Writer, r *Results) error {
	var b strings.Builder
	target := ""
	for _, s := range r.Samples {
		if s.Target != target {
			target = s.Target
			fmt.Fprintf(&b, "target: %s\ncore: %s\n", s.Target, s.Core)
			if s.CyclesLabel != "" {
				fmt.Fprintf(&b, "cycles: %s\n", s.CyclesLabel)
			}
		}
		name := goBenchName(s)
		if !s.OK || s.Phases.Execute == nil {
			fmt.Fprintf(&b, "# %s failed: %s\n", name, s.Error)
			continue
		}
		fmt.Fprintf(&b, "%s 1", name)
		value := func(n bench.Number, unit string) {
			if !n.IsZero() {
				fmt.Fprintf(&b, " %s %s", n, unit)
			}
		}
		value(s.Phases.Execute.Instructions, "instructions")
		if n, ok := s.Phases.Execute.Instructions.Get(); ok && s.Size > 0 && s.SizeUnit == "" {
			fmt.Fprintf(&b, " %.2f instructions/byte", float64(n)/float64(s.Size))
		}
		value(s.Phases.Execute.Cycles, "cycles")
		for _, p := range bench.PhaseNames[:3] {
			if c := s.Phases.Phase(p); c != nil {
				value(c.Instructions, p+"-instructions")
				value(c.Cycles, p+"-cycles")
			}
		}
		value(s.ImageBytes, "image-bytes")
		value(s.CodeBytes, "code-bytes")
		value(s.RAMBytes, "ram-bytes")
		value(s.StackBytes, "stack-bytes")
		b.WriteByte('\n')
	}
	if r.Incomplete != "" {
		fmt.Fprintf(&b, "%s%s\n", goBenchIncomplete, r.Incomplete)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// goBenchIncomplete begins the line about a file that is.
const goBenchIncomplete = "# incomplete: "

// goBenchName is the name of a sample's line. Go wants an upper-case letter after Benchmark.
func goBenchName(s bench.Sample) string {
	name := "Benchmark"
	if s.Benchmark != "" {
		name += strings.ToUpper(s.Benchmark[:1]) + strings.ReplaceAll(s.Benchmark[1:], " ", "-")
	}
	if s.Size > 0 {
		name += fmt.Sprintf("/size=%d", s.Size)
	}
	return name + "/engine=" + s.Engine
}
