// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"math"
	"strconv"
	"testing"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A decade is as long in one panel as in the other, on both axes, whatever the charts hold.
func TestDecadesOfTwinsAreEquallyLong(t *testing.T) {
	chart := func(name string, xs []float64, each float64) *lineChart {
		c := &lineChart{title: "t", x: "x", y: "y", notes: []string{"n"}, xs: xs}
		s := series{name: name, look: looks["vm"]}
		for _, x := range xs {
			s.points = append(s.points, plotter.XY{X: x, Y: each * x})
		}
		c.series = []series{s}
		return c
	}
	for _, c := range []twins{
		{chart("a", []float64{80, 160, 2560}, 0.1), chart("a name that is long", []float64{20, 2560}, 1000)},
		{chart("a", []float64{1, 10}, 1), chart("b", []float64{1000, 100000}, 50)},
		{chart("a", []float64{1, 2}, 1), chart("b", []float64{1, 2}, 1)},
	} {
		dc := draw.New(vgsvg.New(2*chartWidth, chartHeight))
		c.align(dc)
		var x, y [2]vg.Length
		for i, l := range []*lineChart{c.left, c.right} {
			p, _, data := l.frame(c.panels().at(dc, i))
			toX, toY := p.Transforms(&data)
			x[i], y[i] = toX(p.X.Min*10)-toX(p.X.Min), toY(p.Y.Min*10)-toY(p.Y.Min)
			for _, pt := range l.series[0].points {
				if pt.Y > p.Y.Max || pt.X > p.X.Max || pt.X < p.X.Min {
					t.Errorf("%v lies outside the axes", pt)
				}
			}
		}
		if math.Abs(float64(x[0]-x[1])) > 0.01 || math.Abs(float64(y[0]-y[1])) > 0.01 {
			t.Errorf("a decade is %v and %v wide, %v and %v high", x[0], x[1], y[0], y[1])
		}
	}
}

// An axis can be read only with two numbers on it.
func TestLogAxesHaveNumbers(t *testing.T) {
	for _, c := range [][2]float64{{1, 1000}, {1, 2}, {3, 4}, {3.1, 3.3}, {97, 103}, {0.85, 1.2}, {1.7, 2.3}, {6, 9}, {999, 1001}, {2e6, 2.1e6}, {1e-3, 1.1e-3}} {
		ticks := decadeTicks(c[0], c[1])
		seen := map[string]bool{}
		for _, tick := range ticks {
			if tick.Label == "" {
				continue
			}
			if tick.Value < c[0]*(1-1e-9) || tick.Value > c[1]*(1+1e-9) {
				t.Errorf("%v: a tick at %v", c, tick.Value)
			}
			if seen[tick.Label] {
				t.Errorf("%v: %s twice", c, tick.Label)
			}
			seen[tick.Label] = true
			if v, err := strconv.ParseFloat(tick.Label, 64); err == nil && math.Abs(v-tick.Value) > 1e-3*tick.Value {
				t.Errorf("%v: %v is called %s", c, tick.Value, tick.Label)
			}
		}
		if len(seen) < 2 || len(seen) > 12 {
			t.Errorf("%v: %d numbers", c, len(seen))
		}
	}
}
