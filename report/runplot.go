// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/ubench-dev/ubench/bench"
)

// ErrNothingToPlot means that no sample is good.
var ErrNothingToPlot = errors.New("nothing to plot: no sample is good")

// PlotRun draws samples into a file: cost against size, one panel for each benchmark and target, or
// one dot per engine where there is but one size.
func PlotRun(name string, samples []bench.Sample) error {
	var charts panels
	for _, g := range groups(samples) {
		if c := g.chart(); c != nil {
			charts = append(charts, c)
		}
	}
	if len(charts) > 0 && len(charts) <= 4 {
		return save(name, chartWidth*vg.Length(len(charts)), chartHeight, charts)
	}
	d := kernelDots(samples)
	if d == nil {
		return ErrNothingToPlot
	}
	return save(name, chartWidth, d.height(), d)
}

// chart is cost against size, nil if there are not two sizes to draw.
func (g *group) chart() drawable {
	cycles := hasCycles(g.samples)
	c := &lineChart{
		title: fmt.Sprintf("%s on %s", g.benchmark, g.place()),
		x:     "input, " + cmp.Or(g.samples[0].SizeUnit, "bytes") + " (log scale)",
		y:     "instructions to execute (log scale)",
		notes: []string{"instructions: counted exactly"},
	}
	if cycles {
		c.y = "cycles to execute (log scale)"
		c.notes = []string{"cycles: " + cyclesLabel(g.samples)}
	}
	for _, size := range g.sizes() {
		if size > 0 { // a log scale has no zero
			c.xs = append(c.xs, float64(size))
		}
	}
	if len(c.xs) < 2 {
		return nil
	}
	for n, e := range engines(g.samples) {
		s := series{name: e, look: lookOf(e, n)}
		for _, size := range c.xs {
			if got := g.find(e, int(size)); got != nil && cost(*got.Phases.Execute, cycles) > 0 {
				s.points = append(s.points, plotter.XY{X: size, Y: cost(*got.Phases.Execute, cycles)})
			}
		}
		if len(s.points) > 0 {
			c.series = append(c.series, s)
		}
	}
	if len(c.series) == 0 {
		return nil
	}
	slices.SortStableFunc(c.series, func(a, b series) int { return looksLast(a) - looksLast(b) })
	return c
}

// looksLast draws solid lines over dashed ones.
func looksLast(s series) int {
	if s.look.dash == nil {
		return 1
	}
	return 0
}
