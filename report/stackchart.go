// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// stackChart has a stacked bar for each size of an input that doubles, and lines to compare with.
// The y axis is linear, so that parts can be compared by length; it ends a little above the highest
// bar, and lines may leave it.
type stackChart struct {
	title, x, y string
	notes       []string
	parts       []string // names of the parts of a bar, from the bottom
	bars        []stack
	lines       []series
	marks       []mark
}

type stack struct {
	name   string
	x      float64
	values []float64
}

func (s stack) total() float64 {
	sum := 0.0
	for _, v := range s.values {
		sum += v
	}
	return sum
}

// mark is a note at a place on a line.
type mark struct {
	x    float64
	line int
	text string
}

// tints are shades of the jit's colour, one for each part: light to dark.
var tints = []color.RGBA{rgb(0xf9dcc8), rgb(0xf0b48c), rgb(0xe2844a), rgb(0xa84a00)}

// tint is the shade of the j-th of n parts: the last one is the darkest.
func tint(j, n int) color.RGBA { return tints[max(len(tints)-n+j, 0)] }

// position is where a size lies between the bars, which stand at 0, 1, 2…: piecewise linear.
func (c *stackChart) position(x float64) float64 {
	for i := 1; i < len(c.bars); i++ {
		if a, b := c.bars[i-1].x, c.bars[i].x; x <= b {
			return float64(i-1) + (x-a)/(b-a)
		}
	}
	return float64(len(c.bars) - 1)
}

func (c *stackChart) draw(dc draw.Canvas) {
	dc = drawTitle(drawNotes(dc, c.notes), c.title, c.y)
	label := text(textSize, black)
	label.YAlign = draw.YCenter
	margin := vg.Length(0)
	names := append([]string{}, c.parts...)
	for _, l := range c.lines {
		names = append(names, l.name)
	}
	for _, n := range names {
		margin = max(margin, label.Width(n))
	}
	top := 0.0
	for _, b := range c.bars {
		top = max(top, b.total())
	}
	top *= 1.4 // room for the marks
	p := newPlot(c.x)
	p.X.Min, p.X.Max = -0.5, float64(len(c.bars))-0.5
	p.Y.Min, p.Y.Max = 0, top
	var ticks []plot.Tick
	for i, b := range c.bars {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: b.name})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	yticks := niceTicks(top)
	p.Y.Tick.Marker = plot.ConstantTicks(yticks)
	p.Add(gridLines{yticks})
	area := draw.Crop(dc, 0, -(margin + vg.Points(18)), 0, 0)
	p.Draw(area)
	data := p.DataCanvas(area)
	x, y := p.Transforms(&data)

	half := (x(1) - x(0)) * 0.32
	for i, b := range c.bars {
		at, base := x(float64(i)), 0.0
		for j, v := range b.values {
			data.FillPolygon(tint(j, len(b.values)), []vg.Point{
				{X: at - half, Y: y(base)}, {X: at + half, Y: y(base)}, {X: at + half, Y: y(base + v)}, {X: at - half, Y: y(base + v)},
			})
			base += v
		}
	}
	for _, l := range c.lines {
		var path []vg.Point
		for _, pt := range l.points {
			path = append(path, vg.Point{X: x(c.position(pt.X)), Y: y(pt.Y)})
		}
		data.StrokeLines(l.look.line(), data.ClipLinesXY(path)...)
		for _, pt := range path {
			data.DrawGlyph(l.look.point(), pt) // clipped to the data area
		}
	}
	c.drawMarks(data, x, y)
	c.drawNames(dc, area, data, y, label)
}

// drawMarks points out the places where a line crosses the bars.
func (c *stackChart) drawMarks(data draw.Canvas, x, y func(float64) vg.Length) {
	for i, m := range c.marks {
		style := text(smallSize, c.lines[m.line].look.ink())
		at := x(c.position(m.x))
		high := data.Max.Y - vg.Length(i)*vg.Points(smallSize*3)
		data.StrokeLine2(draw.LineStyle{Color: style.Color, Width: vg.Points(0.5), Dashes: dotted}, at, y(0), at, high)
		style.XAlign = draw.XRight // lines come from the lower left, so this side is free
		for k, line := range strings.Split(m.text, "\n") {
			data.FillText(style, vg.Point{X: at - vg.Points(3), Y: high - vg.Points(smallSize*float64(k+1)*1.1)}, line)
		}
	}
}

// drawNames labels the parts beside the last bar, and the lines where they end or leave the chart.
func (c *stackChart) drawNames(dc, area, data draw.Canvas, y func(float64) vg.Length, label draw.TextStyle) {
	last := c.bars[len(c.bars)-1]
	var names []string
	var wanted []vg.Length
	var inks []color.Color
	base := 0.0
	for j, v := range last.values {
		names, inks = append(names, c.parts[j]), append(inks, look{color: tint(j, len(last.values))}.ink())
		wanted = append(wanted, y(base+v/2))
		base += v
	}
	for _, l := range c.lines {
		end := min(y(l.points[len(l.points)-1].Y), data.Max.Y)
		names, wanted, inks = append(names, l.name), append(wanted, end), append(inks, l.look.ink())
	}
	at := spread(wanted, label.Height("X")*1.25, data.Min.Y, data.Max.Y)
	for i, n := range names {
		label.Color = inks[i]
		dc.StrokeLine2(draw.LineStyle{Color: inks[i], Width: vg.Points(0.4)}, area.Max.X+vg.Points(2), wanted[i], area.Max.X+vg.Points(12), at[i])
		dc.FillText(label, vg.Point{X: area.Max.X + vg.Points(14), Y: at[i]}, n)
	}
}
