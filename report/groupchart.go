// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// groupChart has groups of horizontal bars, one bar for each name that has a value, on a linear axis
// that begins at 0. A tick on a bar marks what another source says.
type groupChart struct {
	title, x string
	notes    []string
	names    []string // of the bars, in the order of the legend
	looks    map[string]look
	groups   []barGroup
	beside   []barGroup // those of the other columns: all have one scale
	tick     string     // what a tick on a bar is, for the legend; "" if there are none
	bare     bool       // a column beside another one: room is left for the legend, there is none
}

type barGroup struct {
	name   string
	bars   map[string]float64
	ticks  map[string]float64
	strong bool // a summary: set off from the rest
}

// Distances in points.
const (
	barPitch  = 7.5
	barHeight = 6
	barGap    = 9 // between groups
)

// bars are those of a group, in the order of the legend.
func (c *groupChart) bars(g barGroup) (names []string) {
	for _, n := range c.names {
		if g.bars[n] > 0 || g.ticks[n] > 0 {
			names = append(names, n)
		}
	}
	return names
}

// length is how much of the y axis the groups take.
func (c *groupChart) length() float64 {
	n := 0.0
	for _, g := range c.groups {
		n += float64(len(c.bars(g)))*barPitch + barGap
	}
	return n
}

func (c *groupChart) height() vg.Length { return vg.Points(c.length() + 115) }

// most is the largest value.
func (c *groupChart) most() float64 {
	high := 0.0
	for _, g := range slices.Concat(c.beside, c.groups) {
		for _, n := range c.names {
			high = max(high, g.bars[n], g.ticks[n])
		}
	}
	return high
}

func (c *groupChart) draw(dc draw.Canvas) {
	dc = drawNotes(dc, c.notes)
	squares := map[string]look{}
	for n, l := range c.looks {
		l.glyph = polygon{sides: 4, turn: 0.125}
		squares[n] = l
	}
	legend := c.names
	if c.bare {
		legend = nil
	}
	if c.tick != "" {
		squares[c.tick] = look{color: black, glyph: tickGlyph{}}
		if !c.bare {
			legend = append(slices.Clone(legend), c.tick)
		}
	}
	if dc = drawLegend(dc, legend, squares, c.title); c.bare {
		dc = draw.Crop(dc, 0, 0, 0, -vg.Points(textSize*1.5))
	}
	label := text(textSize, black)
	label.YAlign = draw.YCenter
	margin := vg.Length(0)
	for _, g := range slices.Concat(c.beside, c.groups) {
		margin = max(margin, label.Width(g.name)*1.05)
	}
	high := c.most() * 1.12
	p := newPlot(c.x)
	p.X.Min, p.X.Max = 0, high
	p.Y.Min, p.Y.Max = 0, 1
	p.HideY()
	ticks := niceTicks(high)
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	area := draw.Crop(dc, margin+vg.Points(4), 0, 0, 0)
	p.Draw(area)
	data := p.DataCanvas(area)
	x, _ := p.Transforms(&data)
	for _, t := range ticks {
		data.StrokeLine2(draw.LineStyle{Color: lightGrey, Width: vg.Points(0.4)}, x(t.Value), data.Min.Y, x(t.Value), data.Max.Y)
	}
	y := data.Max.Y
	for _, g := range c.groups {
		bars := c.bars(g)
		bottom := y - vg.Points(float64(len(bars))*barPitch+barGap)
		if g.strong {
			dc.StrokeLine2(draw.LineStyle{Color: grey, Width: vg.Points(0.5)}, dc.Min.X, y, data.Max.X, y)
		}
		dc.FillText(label, vg.Point{X: dc.Min.X, Y: (y + bottom) / 2}, g.name)
		y -= vg.Points(barGap / 2)
		for _, n := range bars {
			c.drawBar(data, x, y-vg.Points(barHeight), g.bars[n], g.ticks[n], c.looks[n])
			y -= vg.Points(barPitch)
		}
		y = bottom
	}
}

func (c *groupChart) drawBar(data draw.Canvas, x func(float64) vg.Length, bottom vg.Length, value, tick float64, l look) {
	top, end := bottom+vg.Points(barHeight), x(value)
	data.FillPolygon(l.color, []vg.Point{{X: x(0), Y: bottom}, {X: end, Y: bottom}, {X: end, Y: top}, {X: x(0), Y: top}})
	number, at := "", end+vg.Points(2.5)
	style := text(smallSize, l.ink())
	style.YAlign = draw.YCenter
	if value > 0 {
		number = count(uint64(value + 0.5))
	}
	if tick > 0 {
		mark := draw.LineStyle{Color: style.Color, Width: vg.Points(1.2)}
		if tick < value {
			mark.Color = whitePaper
		}
		data.StrokeLine2(mark, x(tick), bottom, x(tick), top)
		if width := style.Width(number); x(tick) > at-vg.Points(3) && x(tick) < at+width+vg.Points(3) {
			at = x(tick) + vg.Points(2.5)
		}
	}
	data.FillText(style, vg.Point{X: at, Y: (bottom + top) / 2}, number)
}

// tickGlyph is a tick as it is on a bar.
type tickGlyph struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (tickGlyph) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	half := vg.Points(barHeight / 2)
	c.StrokeLine2(draw.LineStyle{Color: style.Color, Width: vg.Points(1.2)}, at.X, at.Y-half, at.X, at.Y+half)
}

// split divides a chart into two columns of about equal length; the first has the legend.
func (c *groupChart) split() (left, right *groupChart) {
	half, n := *c, 0
	for n < len(c.groups) {
		if half.groups = c.groups[:n]; half.length() >= c.length()/2 {
			break
		}
		n++
	}
	rest := half
	half.beside, rest.groups, rest.beside = c.groups[n:], c.groups[n:], half.groups
	rest.title, rest.notes, rest.bare = "", make([]string, len(c.notes)), true
	return &half, &rest
}
