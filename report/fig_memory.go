// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"slices"
	"strconv"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"ubench/bench"
	"ubench/results"
)

// MemoryFigure shows what memory checks cost as regions become more: the paper's rbpf with and
// without its cache, and the engines here. It is nil without
// measurements. label says what the cycles are.
func MemoryFigure(accesses []bench.Access, target, label string) *Figure {
	if len(accesses) == 0 {
		return nil
	}
	f := &Figure{
		Name:  "d-memory-checks",
		Title: "Memory checks as regions become more",
		Caption: "Left: the paper's rbpf, a whole program, with and without a cache of the last region found. " +
			"Right: one load and its loop in each engine, from the last of the granted regions (solid) and from the stack (dashed).",
		width: 2 * chartWidth, height: chartHeight,
	}
	left := &lineChart{
		linear: true, title: "Published", x: "allowed regions", y: "milliseconds",
		notes: []string{"published: " + results.Paper},
	}
	lines := []struct {
		section, cache string
		look           look
	}{
		{"data", "off", looks["rbpf"]},
		{"data", "on", look{skyBlue, polygon{sides: 4}, solid}},
		{"stack", "off", look{purple, draw.RingGlyph{}, dashed}},
		{"stack", "on", look{skyBlue, draw.RingGlyph{}, dashed}},
	}
	for _, l := range lines {
		s := series{name: fmt.Sprintf("%s, cache %s", l.section, l.cache), look: l.look}
		for _, r := range results.Rows("published/mubpf-memory-check-cache.csv") {
			if r["accessed_section"] != l.section || r["region_lookup_cache"] != l.cache {
				continue
			}
			x := number(r["allowed_regions"])
			s.points = append(s.points, plotter.XY{X: x, Y: number(r["microseconds"]) / 1000})
			f.add(s.name, r["allowed_regions"], "run", number(r["microseconds"]), "µs", results.Paper)
			if !slices.Contains(left.xs, x) {
				left.xs = append(left.xs, x)
			}
		}
		left.series = append(left.series, s)
	}
	unit, note := "instructions", "instructions: counted exactly"
	if accesses[0].Cost.Cycles > 0 {
		unit, note = "cycles", "cycles: "+label
	}
	right := &lineChart{
		linear: true, title: "Measured on " + target, x: "regions granted",
		y: unit + " for a load in a loop of three instructions",
	}
	right.notes = []string{note}
	for _, a := range accesses {
		name, l := a.Engine, lookOf(a.Engine, 0)
		where := "last region"
		if a.Stack {
			name, l.dash = a.Engine+", stack", dashed
			where = "stack"
		}
		i := slices.IndexFunc(right.series, func(s series) bool { return s.name == name })
		if i < 0 {
			i = len(right.series)
			right.series = append(right.series, series{name: name, look: l})
		}
		x := float64(a.Regions)
		cost, cycles := a.Per()
		if cycles > 0 {
			cost = cycles
		}
		right.series[i].points = append(right.series[i].points, plotter.XY{X: x, Y: cost})
		if !slices.Contains(right.xs, x) {
			right.xs = append(right.xs, x)
		}
		f.add(a.Engine, strconv.Itoa(a.Regions), "load from "+where, cost, unit, Measured+", "+target)
	}
	slices.Sort(right.xs)
	f.drawing = panels{left, right}
	return f
}
