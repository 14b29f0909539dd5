// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// twins are two charts of logarithmic axes side by side, on both of which a decade is equally long, so that
// distances in one can be compared with distances in the other.
type twins struct{ left, right *lineChart }

func (t twins) draw(dc draw.Canvas) {
	t.align(dc)
	t.panels().draw(dc)
}

func (t twins) panels() panels { return panels{t.left, t.right} }

// align gives both charts the range, and the room, of what the other one needs beside its own.
func (t twins) align(dc draw.Canvas) {
	both := []*lineChart{t.left, t.right}
	low, high, decades, margin := math.Inf(1), 0.0, 0.0, vg.Length(0)
	for _, c := range both {
		p := c.plot()
		low, high = min(low, p.X.Min), max(high, p.X.Max)
		decades = max(decades, math.Log10(p.Y.Max/p.Y.Min))
		margin = max(margin, c.labelMargin())
	}
	for _, c := range both {
		c.xLow, c.xHigh, c.decades, c.margin, c.inset = low, high, decades, margin, sides{}
	}
	for range 8 { // how far a number juts out depends on the room, too: a few rounds and nothing moves any more
		var most sides
		var beside [2]sides
		for i, c := range both {
			panel := t.panels().at(dc, i)
			_, _, data := c.frame(panel)
			beside[i] = sides{data.Min.X - panel.Min.X, panel.Max.X - data.Max.X, data.Min.Y - panel.Min.Y, panel.Max.Y - data.Max.Y}
			for k, n := range beside[i] {
				most[k] = max(most[k], n)
			}
		}
		for i, c := range both {
			for k, n := range beside[i] {
				c.inset[k] += most[k] - n
			}
		}
	}
}
