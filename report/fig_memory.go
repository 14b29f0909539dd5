// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"slices"
	"strconv"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/results"
)

// rbpfEngines are baseline/rbpf, and it with one optimisation each.
var rbpfEngines = []string{"rbpf", "rbpf-decode", "rbpf-cache"}

// VariantsFigure is the cheaper decode and the region cache against rbpf's default: what the paper
// published beside what was measured, both per byte of Fletcher-16. It is nil without samples.
func VariantsFigure(samples []bench.Sample) *Figure {
	var chosen []bench.Sample
	for _, s := range samples {
		if slices.Contains(rbpfEngines, s.Engine) {
			chosen = append(chosen, s)
		}
	}
	g := only(chosen, "fletcher16")
	if g == nil {
		return nil
	}
	f := &Figure{
		Name: "d-rbpf-variants", Command: "ubench run fletcher16 --sizes 80..2560 --engines rbpf,rbpf-decode,rbpf-cache",
		Title: "Optimisations of rbpf",
		Caption: "Left: the paper's rbpf as it is and with two other decoders. Right: baseline/rbpf as it is, with a cheaper decode, " +
			"and with a cache of the region found last.",
		width: 2 * chartWidth, height: chartHeight,
	}
	published := &lineChart{
		linearY: true, title: "Published: Fletcher-16 on the paper's board", x: "input, bytes (log scale)", y: "microseconds to execute, per byte of input",
		notes: []string{"published: " + results.Paper},
	}
	for _, e := range []struct {
		paper, shown string
		look         look
	}{
		{"rbpf", "rbpf", looks["rbpf"]},
		{"rbpf-slow-decode", "slow decode", look{grey, draw.CrossGlyph{}, dashed}},
		{"rbpf-fast-decode", "fast decode", looks["rbpf-decode"]},
	} {
		s := series{name: e.shown, look: e.look}
		for _, r := range results.Rows("published/mubpf-fletcher16.csv") {
			if r["engine"] != e.paper || r["phase"] != "execute" {
				continue
			}
			x, y := number(r["size_bytes"]), number(r["microseconds"])
			s.points = append(s.points, plotter.XY{X: x, Y: y / x})
			f.add(e.paper, r["size_bytes"], "execute", y, "µs", results.Paper)
			published.tick(x)
		}
		published.series = append(published.series, s)
	}
	cycles := hasCycles(g.samples)
	unit, note := metric(cycles, cyclesLabel(g.samples))
	ours := &lineChart{
		linearY: true, title: "Measured: Fletcher-16 on " + g.place(), x: "input, bytes (log scale)", y: unit + " to execute, per byte of input",
		notes: []string{note},
	}
	for n, e := range engines(g.samples) {
		s := series{name: e, look: lookOf(e, n)}
		for _, size := range g.sizes() {
			if got := g.find(e, size); got != nil && size > 0 {
				s.points = append(s.points, plotter.XY{X: float64(size), Y: cost(*got.Phases.Execute, cycles) / float64(size)})
				ours.tick(float64(size))
			}
		}
		if len(s.points) > 0 {
			ours.series = append(ours.series, s)
		}
	}
	if len(ours.xs) < 2 {
		return nil
	}
	f.addSamples(g, func(s *bench.Sample) *bench.Counts { return s.Phases.Execute }, "execute")
	f.drawing = panels{published, ours}
	return f
}

// metric is the unit of costs and how it is come by.
func metric(cycles bool, label string) (unit, note string) {
	if cycles {
		return "cycles", "cycles: " + label
	}
	return "instructions", "instructions: counted exactly"
}

// tick makes sure that the x axis has a tick.
func (c *lineChart) tick(x float64) {
	if i, found := slices.BinarySearch(c.xs, x); !found {
		c.xs = slices.Insert(c.xs, i, x)
	}
}

// MemoryFigure is what memory checks of rbpf cost as regions become more, with and without a cache:
// the paper's beside baseline/rbpf. label says what the cycles are. It is nil without measurements.
func MemoryFigure(accesses []bench.Access, target, label string) *Figure {
	accesses = ofEngines(accesses, "rbpf", "rbpf-cache")
	if len(accesses) == 0 {
		return nil
	}
	f := &Figure{
		Name:  "d-memory-checks",
		Title: "Memory checks of rbpf as regions become more",
		Caption: "Solid: data in the last of the regions. Dashed: the stack, which is the first one tried. Left: the paper's rbpf, " +
			"a whole program. Right: baseline/rbpf, a load in a loop of three instructions.",
		width: 2 * chartWidth, height: chartHeight,
	}
	published := &lineChart{
		linearX: true, linearY: true, title: "Published: the paper's board", x: "regions the program may use", y: "milliseconds to run a program",
		notes: []string{"published: " + results.Paper},
	}
	for _, l := range []struct{ section, cache, name, engine string }{
		{"data", "off", "rbpf, data", "rbpf"},
		{"data", "on", "with cache, data", "rbpf-cache"},
		{"stack", "off", "rbpf, stack", "rbpf"},
		{"stack", "on", "with cache, stack", "rbpf-cache"},
	} {
		s := series{name: l.name, look: accessLook(l.engine, l.section == "stack")}
		for _, r := range results.Rows("published/mubpf-memory-check-cache.csv") {
			if r["accessed_section"] != l.section || r["region_lookup_cache"] != l.cache {
				continue
			}
			x := number(r["allowed_regions"])
			s.points = append(s.points, plotter.XY{X: x, Y: number(r["microseconds"]) / 1000})
			f.add(l.name, r["allowed_regions"], "run", number(r["microseconds"]), "µs", results.Paper)
			published.tick(x)
		}
		published.series = append(published.series, s)
	}
	f.drawing = panels{published, f.accessChart(accesses, target, label)}
	return f
}

// EnginesMemoryFigure is the same load on every engine. It is nil without measurements.
func EnginesMemoryFigure(accesses []bench.Access, target, label string) *Figure {
	accesses = ofEngines(accesses, "vm", "jit", "jit-plan", "jit-unchecked", "femto", "rbpf")
	if len(accesses) == 0 {
		return nil
	}
	f := &Figure{
		Name:    "d-memory-engines",
		Title:   "Memory checks of all engines as regions become more",
		Caption: "A load in a loop of three instructions. Solid: from the last of the granted regions. Dashed: from the stack.",
		width:   chartWidth, height: chartHeight * 1.15,
	}
	f.drawing = f.accessChart(accesses, target, label)
	return f
}

func ofEngines(accesses []bench.Access, engines ...string) []bench.Access {
	return slices.DeleteFunc(slices.Clone(accesses), func(a bench.Access) bool { return !slices.Contains(engines, a.Engine) })
}

// accessLook is dashed for the stack.
func accessLook(engine string, stack bool) look {
	l := lookOf(engine, 0)
	l.dash = solid
	if stack {
		l.dash = dashed
	}
	return l
}

// accessChart has a line for each engine and place of the data.
func (f *Figure) accessChart(accesses []bench.Access, target, label string) *lineChart {
	unit, note := metric(accesses[0].Cost.Cycles > 0, label)
	c := &lineChart{
		linearX: true, linearY: true, title: "Measured on " + target, x: "regions the program may use",
		y: unit + " for one load, with its loop", notes: []string{note},
	}
	for _, a := range accesses {
		name, where := a.Engine+", data", "last region"
		if a.Stack {
			name, where = a.Engine+", stack", "stack"
		}
		i := slices.IndexFunc(c.series, func(s series) bool { return s.name == name })
		if i < 0 {
			i = len(c.series)
			c.series = append(c.series, series{name: name, look: accessLook(a.Engine, a.Stack)})
		}
		cost, cycles := a.Per()
		if cycles > 0 {
			cost = cycles
		}
		c.series[i].points = append(c.series[i].points, plotter.XY{X: float64(a.Regions), Y: cost})
		c.tick(float64(a.Regions))
		f.add(a.Engine, strconv.Itoa(a.Regions), "load from "+where, cost, unit, Measured+", "+target)
	}
	return c
}
