// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/bench"
)

// Reference is the engine that ratios are quoted against.
const Reference = "native-O2"

// group is the samples of one benchmark on one target, in their order.
type group struct {
	benchmark, target, core string
	samples                 []bench.Sample
}

// groups splits samples by benchmark and target, in the order of first appearance.
func groups(samples []bench.Sample) []*group {
	var gs []*group
	for _, s := range samples {
		i := slices.IndexFunc(gs, func(g *group) bool { return g.benchmark == s.Benchmark && g.target == s.Target })
		if i < 0 {
			i = len(gs)
			gs = append(gs, &group{benchmark: s.Benchmark, target: s.Target, core: s.Core})
		}
		gs[i].samples = append(gs[i].samples, s)
	}
	return gs
}

// find is the good sample of an engine at a size, nil if there is none.
func (g *group) find(engine string, size int) *bench.Sample {
	for i := range g.samples {
		if s := &g.samples[i]; s.Engine == engine && s.Size == size && s.OK && s.Phases.Execute != nil {
			return s
		}
	}
	return nil
}

// sizes lists the sizes measured, ascending.
func (g *group) sizes() []int {
	var sizes []int
	for _, s := range g.samples {
		sizes = append(sizes, s.Size)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// place names the target of a group.
func (g *group) place() string { return Place(g.target, g.core) }

// Place is the name of a target with its core, which some names say already.
func Place(target, core string) string {
	if core == "" || strings.HasSuffix(target, core) {
		return target
	}
	return fmt.Sprintf("%s (%s)", target, core)
}

// engines lists the engines in the order of first appearance.
func engines(samples []bench.Sample) []string {
	var names []string
	for _, s := range samples {
		if !slices.Contains(names, s.Engine) {
			names = append(names, s.Engine)
		}
	}
	return names
}

// hasCycles tells whether any sample has them.
func hasCycles(samples []bench.Sample) bool {
	return slices.ContainsFunc(samples, func(s bench.Sample) bool {
		return s.Phases.Execute != nil && !s.Phases.Execute.Cycles.IsZero()
	})
}

// cyclesLabel says what the cycles of the samples are, or "".
func cyclesLabel(samples []bench.Sample) string {
	var labels []string
	for _, s := range samples {
		if s.CyclesLabel != "" && !slices.Contains(labels, s.CyclesLabel) {
			labels = append(labels, s.CyclesLabel)
		}
	}
	return strings.Join(labels, "; ")
}

// cost is what plots and means compare: cycles where a sample has them, else instructions.
func cost(c bench.Counts, cycles bool) float64 {
	if cycles {
		return float64(c.Cycles.Or0())
	}
	return float64(c.Instructions.Or0())
}

// geomean is the geometric mean of positive numbers; ok is false if there is none.
func geomean(xs []float64) (mean float64, ok bool) {
	sum, n := 0.0, 0
	for _, x := range xs {
		if x > 0 && !math.IsInf(x, 0) {
			sum += math.Log(x)
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return math.Exp(sum / float64(n)), true
}
