// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"gonum.org/v1/plot/plotter"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/results"
)

// The paper's names of engines, and the engine of ours whose look they take.
var paperEngines = []struct{ paper, shown, look string }{
	{"native", "native", "native-O2"},
	{"jit", "µBPF JIT", "jit"},
	{"femto-containers", "Femto-Containers", "femto"},
	{"rbpf", "rbpf", "rbpf"},
}

// paperChart is Fletcher-16 as the paper published it: the phase names are those of its data.
func paperChart(f *Figure, title string, engines []string, phase func(engine string) string) *lineChart {
	c := &lineChart{
		title: title, x: "input, bytes (log scale)", y: "microseconds to execute (log scale)",
		notes: []string{"published: " + results.Paper},
	}
	rows := results.Rows("published/mubpf-fletcher16.csv")
	for _, e := range paperEngines {
		if !slices.Contains(engines, e.paper) {
			continue
		}
		s := series{name: e.shown, look: looks[e.look]}
		for _, r := range rows {
			if r["engine"] != e.paper || r["phase"] != phase(e.paper) {
				continue
			}
			x, y := number(r["size_bytes"]), number(r["microseconds"])
			s.points = append(s.points, plotter.XY{X: x, Y: y})
			f.add(e.shown, r["size_bytes"], r["phase"], y, "µs", results.Paper)
			if !slices.Contains(c.xs, x) {
				c.xs = append(c.xs, x)
			}
		}
		c.series = append(c.series, s)
	}
	return c
}

// number reads a number of the data in results, which a test keeps clean.
func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return v
}

// TimeFigure is Fletcher-16 against its input: what the paper published beside what was measured.
// It is nil if the samples do not have two sizes.
func TimeFigure(samples []bench.Sample) *Figure {
	g := only(samples, "fletcher16")
	if g == nil {
		return nil
	}
	ours, ok := g.chart().(*lineChart)
	if !ok {
		return nil
	}
	f := &Figure{
		Name: "a-fletcher16", Command: "ubench run fletcher16 --sizes 20..2560",
		Title: "Fletcher-16: execution against input",
		Caption: "Left: the paper's times on its board. Right: this firmware on " + g.place() +
			". Times and counts do not compare; their distances do: all axes are logarithmic, and a decade is as long in both panels.",
		width: 2 * chartWidth, height: chartHeight,
	}
	f.drawing = twins{
		paperChart(f, "Published: Fletcher-16 on the paper's board", []string{"native", "jit", "femto-containers", "rbpf"}, func(string) string { return "execute" }),
		ours,
	}
	f.addSamples(g, func(s *bench.Sample) *bench.Counts { return s.Phases.Execute }, "execute")
	for _, r := range results.Rows("peers.csv") {
		f.add(r["engine"], r["size_bytes"], "execute", number(r["instructions"]), "instructions", results.Peers)
	}
	return f
}

// addSamples records a metric of the good samples of a group.
func (f *Figure) addSamples(g *group, pick func(*bench.Sample) *bench.Counts, metric string) {
	for i := range g.samples {
		s := &g.samples[i]
		c := pick(s)
		if !s.OK || c == nil {
			continue
		}
		point, source := strconv.Itoa(s.Size), Measured+", "+s.Target
		f.add(s.Engine, point, metric, float64(c.Instructions.Or0()), "instructions", source)
		if n, ok := c.Cycles.Get(); ok {
			f.add(s.Engine, point, metric, float64(n), "cycles", source+", "+s.CyclesLabel)
		}
	}
}

// only is the first group of a benchmark, nil if there is none.
func only(samples []bench.Sample, benchmark string) *group {
	for _, g := range groups(samples) {
		if g.benchmark == benchmark {
			return g
		}
	}
	return nil
}

// SetupFigure shows a JIT that is used once: its phases stacked, against the totals of interpreters.
// It is nil without samples of the engine jit.
func SetupFigure(samples []bench.Sample) *Figure {
	g := only(samples, "fletcher16")
	if g == nil {
		return nil
	}
	cycles := hasCycles(g.samples)
	unit := "instructions"
	notes := []string{"instructions: counted exactly"}
	if cycles {
		unit, notes = "cycles", []string{"cycles: " + cyclesLabel(g.samples)}
	}
	chart := &stackChart{
		title: "Measured: Fletcher-16 on " + g.place(), y: unit + ", load to result", x: "input, bytes",
		notes: notes,
		parts: bench.PhaseNames,
	}
	for _, size := range g.sizes() {
		s := g.find("jit", size)
		if s == nil || size == 0 {
			continue
		}
		bar := stack{name: strconv.Itoa(size), x: float64(size)}
		for _, phase := range bench.PhaseNames {
			v := 0.0
			if c := s.Phases.Phase(phase); c != nil {
				v = cost(*c, cycles)
			}
			bar.values = append(bar.values, v)
		}
		chart.bars = append(chart.bars, bar)
	}
	if len(chart.bars) < 2 {
		return nil
	}
	f := &Figure{
		Name: "c-jit-once", Command: "ubench run fletcher16 --sizes 20..2560 --json",
		Title:   "A JIT without amortisation",
		Caption: "Load, verify, compile and execute once, and the totals of interpreters; dotted: where they meet, between two sizes by interpolation.",
		width:   2 * chartWidth, height: chartHeight,
	}
	for _, e := range []string{"vm", "femto"} {
		l := series{name: e + " total", look: looks[e]}
		for _, b := range chart.bars {
			if s := g.find(e, int(b.x)); s != nil {
				l.points = append(l.points, plotter.XY{X: b.x, Y: cost(s.Phases.Total(), cycles)})
			}
		}
		if len(l.points) < 2 {
			continue
		}
		if n, ok := chart.compareWith(e, l); ok {
			f.Caption += fmt.Sprintf(" The jit costs less than %s from %.0f bytes on.", e, n)
			f.add("jit against "+e, "", "break-even", n, "bytes", Measured+", "+g.target)
		} else if cheaper(chart, l) {
			f.Caption += fmt.Sprintf(" The jit costs less than %s at every size measured.", e)
		}
	}
	f.drawing = panels{publishedSetup(f), chart}
	for _, phase := range bench.PhaseNames {
		f.addSamples(g, func(s *bench.Sample) *bench.Counts { return s.Phases.Phase(phase) }, phase)
	}
	return f
}

// publishedSetup is what the paper published of its JIT used once: what its total has beyond compile
// and execute is load and verify.
func publishedSetup(f *Figure) *stackChart {
	c := &stackChart{
		title: "Published: Fletcher-16 on the paper's board", x: "input, bytes", y: "microseconds, load to result",
		notes: []string{"published: " + results.Paper},
		parts: []string{"load, verify", "compile", "execute"},
	}
	times := map[[3]string]float64{}
	var sizes []string
	for _, r := range results.Rows("published/mubpf-fletcher16.csv") {
		times[[3]string{r["engine"], r["size_bytes"], r["phase"]}] = number(r["microseconds"])
		if !slices.Contains(sizes, r["size_bytes"]) {
			sizes = append(sizes, r["size_bytes"])
		}
		if r["phase"] != "execute" {
			f.add(r["engine"], r["size_bytes"], r["phase"], number(r["microseconds"]), "µs", results.Paper)
		}
	}
	femto := series{name: "Femto-Containers", look: looks["femto"]}
	for _, size := range sizes {
		jit := func(phase string) float64 { return times[[3]string{"jit", size, phase}] }
		rest := jit("total") - jit("compile") - jit("execute")
		c.bars = append(c.bars, stack{name: size, x: number(size), values: []float64{rest, jit("compile"), jit("execute")}})
		femto.points = append(femto.points, plotter.XY{X: number(size), Y: times[[3]string{"femto-containers", size, "total"}]})
	}
	if n, ok := c.compareWith("Femto-Containers", femto); ok {
		f.add("µBPF JIT against Femto-Containers", "", "break-even", n, "bytes", "interpolated from "+results.Paper)
	}
	return c
}

// compareWith adds a line of totals, and marks the size from which the bars are below it.
func (c *stackChart) compareWith(name string, l series) (n float64, ok bool) {
	c.lines = append(c.lines, l)
	n, ok = breakEven(c, l)
	if ok {
		c.marks = append(c.marks, mark{x: n, line: len(c.lines) - 1, text: fmt.Sprintf("jit overtakes %s\nat %.0f bytes", name, n)})
	}
	return n, ok
}

// breakEven is the size from which the jit's total is below a line's, by interpolation between
// sizes; ok is false if they do not cross.
func breakEven(c *stackChart, l series) (n float64, ok bool) {
	lead := func(p plotter.XY) float64 {
		for _, b := range c.bars {
			if b.x == p.X {
				return b.total() - p.Y
			}
		}
		return 0
	}
	for i := 1; i < len(l.points); i++ {
		a, b := lead(l.points[i-1]), lead(l.points[i])
		if a > 0 && b <= 0 {
			return l.points[i-1].X + (l.points[i].X-l.points[i-1].X)*a/(a-b), true
		}
	}
	return 0, false
}

func cheaper(c *stackChart, l series) bool {
	return len(l.points) > 0 && len(c.bars) > 0 && cmp.Less(c.bars[0].total(), l.points[0].Y)
}
