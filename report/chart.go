// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// series is one line of a chart. Missing points are absent from it: the line has a gap there.
type series struct {
	name   string
	look   look
	points plotter.XYs
}

// lineChart is a chart of logarithmic axes, or linear ones from 0, with a label at the end of each line.
type lineChart struct {
	linearX     bool
	linearY     bool
	span        bool // the y axis is linear and spans the data, in per cent
	title, x, y string
	notes       []string  // small print below
	xs          []float64 // where the x axis has its ticks; a line is broken where it skips one
	xNames      []string  // of the ticks; nil: their values
	steps       []step    // annotated, from the left
	series      []series

	// What twins set: the range of the x axis, how many decades the y axis has, and room kept free.
	xLow, xHigh float64 // 0: those of xs
	decades     float64 // 0: as the data are
	margin      vg.Length
	inset       sides
}

// step is a note at a place of the x axis.
type step struct {
	x    float64
	text string
	look look
}

// Size of a chart, suited to a column of text.
const (
	chartWidth  = 120 * vg.Millimeter
	chartHeight = 85 * vg.Millimeter
)

// plot builds the axes and lines.
func (c *lineChart) plot() *plot.Plot {
	p := newPlot(c.x)
	if !c.linearX {
		p.X.Scale = plot.LogScale{}
	}
	if !c.linearY && !c.span {
		p.Y.Scale = plot.LogScale{}
	}
	p.X.Tick.Marker = plot.ConstantTicks(valueTicks(c.xs))
	var low, high = math.Inf(1), math.Inf(-1)
	for _, s := range c.series {
		for _, pt := range s.points {
			low, high = min(low, pt.Y), max(high, pt.Y)
		}
	}
	ticks := niceTicks(high * 1.1)
	if c.span {
		low, high, ticks = spanTicks(low, high)
		high += (high - low) * float64(len(c.steps)) * 0.07 // their notes
	} else if c.linearY {
		low, high = 0, high*1.1
	} else {
		low, high = min(low, math.Pow(10, math.Floor(math.Log10(low)+0.1))), high*1.15
		if c.decades > 0 {
			high = low * math.Pow(10, c.decades)
		}
		ticks = decadeTicks(low, high)
	}
	for i := range p.X.Tick.Marker.Ticks(0, 0) {
		if ticks := p.X.Tick.Marker.(plot.ConstantTicks); c.xNames != nil && ticks[i].Label != "" {
			ticks[i].Label = c.xNames[i]
		}
	}
	p.X.Min, p.X.Max = c.xs[0], c.xs[len(c.xs)-1]
	if c.xHigh > 0 {
		p.X.Min, p.X.Max = c.xLow, c.xHigh
	}
	p.Y.Min, p.Y.Max = low, high
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Add(gridLines{ticks})
	for _, s := range c.series {
		for _, run := range c.runs(s.points) {
			line := &plotter.Line{XYs: run, LineStyle: s.look.line()}
			p.Add(line)
		}
		p.Add(&plotter.Scatter{XYs: s.points, GlyphStyle: s.look.point()})
	}
	return p
}

// runs splits points into stretches without a gap: consecutive ticks of the x axis.
func (c *lineChart) runs(points plotter.XYs) []plotter.XYs {
	var runs []plotter.XYs
	last := -2
	for _, pt := range points {
		at := slices.Index(c.xs, pt.X)
		if at != last+1 || len(runs) == 0 {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], pt)
		last = at
	}
	return runs
}

// draw draws the chart, its notes and the labels at the line ends.
func (c *lineChart) draw(dc draw.Canvas) {
	label := text(textSize, black)
	label.YAlign = draw.YCenter
	dc = drawTitle(drawNotes(dc, c.notes), c.title, c.y)
	p, area, data := c.frame(dc)
	p.Draw(area)
	trX, trY := p.Transforms(&data)

	for i, s := range c.steps {
		style := text(smallSize, s.look.ink())
		at, y := trX(s.x), data.Max.Y-vg.Length(i)*vg.Points(smallSize*1.3)
		data.StrokeLine2(draw.LineStyle{Color: style.Color, Width: vg.Points(0.4), Dashes: dotted}, at, data.Min.Y, at, y)
		if at+style.Width(s.text) > data.Max.X {
			style.XAlign = draw.XRight
			at -= vg.Points(6)
		}
		data.FillText(style, vg.Point{X: at + vg.Points(3), Y: y - vg.Points(smallSize)}, s.text)
	}

	ends := make([]vg.Length, len(c.series))
	for i, s := range c.series {
		ends[i] = trY(s.points[len(s.points)-1].Y)
	}
	at := spread(ends, label.Height("X")*1.25, data.Min.Y, data.Max.Y)
	x := area.Max.X + vg.Points(labelGap)
	for i, s := range c.series {
		end := s.points[len(s.points)-1]
		leader := draw.LineStyle{Color: s.look.color, Width: vg.Points(0.4)}
		dc.StrokeLines(leader, []vg.Point{
			{X: trX(end.X) + vg.Points(4), Y: ends[i]},
			{X: x - vg.Points(8), Y: at[i]},
			{X: x - vg.Points(2), Y: at[i]},
		})
		label.Color = s.look.ink()
		dc.FillText(label, vg.Point{X: x, Y: at[i]}, s.name)
	}
}

// drawNotes writes small print at the bottom and returns the canvas above it.
func drawNotes(dc draw.Canvas, notes []string) draw.Canvas {
	if len(notes) == 0 {
		return dc
	}
	style := text(smallSize, grey)
	height := vg.Points(smallSize * 1.35)
	for i, n := range notes {
		y := dc.Min.Y + vg.Length(len(notes)-1-i)*height + vg.Points(2)
		dc.FillText(style, vg.Point{X: dc.Min.X, Y: y}, n)
	}
	return draw.Crop(dc, 0, 0, vg.Length(len(notes))*height+vg.Points(4), 0)
}

// gridLines are thin horizontal lines at the labelled ticks.
type gridLines struct{ ticks []plot.Tick }

func (g gridLines) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	for _, t := range g.ticks {
		if t.Label != "" && t.Value >= p.Y.Min && t.Value <= p.Y.Max {
			c.StrokeLine2(draw.LineStyle{Color: lightGrey, Width: vg.Points(0.4)}, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
		}
	}
}

// valueTicks label the values themselves, as many as have room.
func valueTicks(values []float64) []plot.Tick {
	ticks := make([]plot.Tick, len(values))
	every := (len(values) + 7) / 8
	for i, v := range values {
		ticks[i].Value = v
		if (len(values)-1-i)%every == 0 {
			ticks[i].Label = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return ticks
}

// spanTicks are about five round percentages, and the range they and the data span.
func spanTicks(low, high float64) (from, to float64, ticks []plot.Tick) {
	if high-low < 0.1 {
		low, high = low-0.05, high+0.05
	}
	each := math.Pow(10, math.Floor(math.Log10((high-low)/5)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*each >= (high-low)/6 {
			each *= m
			break
		}
	}
	first, last := math.Floor(low/each), math.Ceil(high/each)
	for n := first; n <= last; n++ {
		ticks = append(ticks, plot.Tick{Value: n * each, Label: strconv.FormatFloat(n*each, 'g', 4, 64)})
	}
	return first * each, last * each, ticks
}

// decadeTicks label powers of ten, with unlabelled ticks between.
func decadeTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	narrow := high/low < 150
	for decade := math.Pow(10, math.Floor(math.Log10(low)+1e-9)); decade <= high; decade *= 10 {
		for m := 1.0; m < 10; m++ {
			v := m * decade
			if v < low*(1-1e-9) || v > high {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 || narrow && (m == 2 || m == 5) {
				t.Label = short(v)
			}
			ticks = append(ticks, t)
		}
	}
	if numbered(ticks) >= 2 {
		return ticks
	}
	// Less than a step between two of the usual numbers: those of all ticks, or of a linear axis.
	for i := range ticks {
		ticks[i].Label = short(ticks[i].Value)
	}
	if numbered(ticks) >= 2 {
		return ticks
	}
	ticks = nil
	each := math.Pow(10, math.Floor(math.Log10(high-low)))
	for each > (high-low)/3 {
		each /= 2
	}
	for n := math.Ceil(low / each); n*each <= high; n++ {
		ticks = append(ticks, plot.Tick{Value: n * each, Label: strconv.FormatFloat(n*each, 'g', 6, 64)})
	}
	return ticks
}

// numbered counts ticks with a label.
func numbered(ticks []plot.Tick) int {
	n := 0
	for _, t := range ticks {
		if t.Label != "" {
			n++
		}
	}
	return n
}

// PlotFormats are the file name extensions plots can have.
var PlotFormats = []string{".svg", ".png", ".pdf"}

// CheckPlotName tells whether the extension of a file is one plots can have.
func CheckPlotName(name string) error {
	if ext := filepath.Ext(name); !slices.Contains(PlotFormats, strings.ToLower(ext)) {
		return fmt.Errorf("plot %q: unknown extension %q, choose one of %s", name, ext, strings.Join(PlotFormats, ", "))
	}
	return nil
}

// drawable is a figure without a size.
type drawable interface{ draw(dc draw.Canvas) }

// save writes a figure of a width and height, in the format the file's extension names.
func save(name string, width, height vg.Length, d drawable) error {
	if err := CheckPlotName(name); err != nil {
		return err
	}
	return WriteFile(name, func(w io.Writer) error {
		return render(w, strings.ToLower(filepath.Ext(name))[1:], width, height, d)
	})
}

func render(w io.Writer, format string, width, height vg.Length, d drawable) error {
	canvas, err := newCanvas(format, width, height)
	if err != nil {
		return err
	}
	dc := draw.New(canvas)
	dc.SetColor(whitePaper)
	dc.Fill(dc.Rectangle.Path())
	border := vg.Points(6)
	d.draw(draw.Crop(dc, border, -border, border, -border))
	if format != "svg" {
		_, err = canvas.WriteTo(w)
		return err
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	svg := strings.ReplaceAll(b.String(), "font-family:Liberation Sans", "font-family:Liberation Sans,Arial,Helvetica,sans-serif")
	_, err = io.WriteString(w, svg)
	return err
}

// newCanvas is a canvas of a format; pictures of pixels are sharp enough to be printed.
func newCanvas(format string, width, height vg.Length) (vg.CanvasWriterTo, error) {
	if format == "png" {
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(220))}, nil
	}
	return draw.NewFormattedCanvas(width, height, format)
}

// panels puts charts side by side.
type panels []drawable

func (ps panels) draw(dc draw.Canvas) {
	for i, p := range ps {
		p.draw(ps.at(dc, i))
	}
}

// at is the part of the canvas the i-th panel has.
func (ps panels) at(dc draw.Canvas, i int) draw.Canvas {
	gutter := vg.Points(16)
	width := (dc.Size().X - gutter*vg.Length(len(ps)-1)) / vg.Length(len(ps))
	left := vg.Length(i) * (width + gutter)
	return draw.Crop(dc, left, left+width-dc.Size().X, 0, 0)
}

// sides are lengths at the left, the right, below and above.
type sides [4]vg.Length

// labelMargin is the room the names of lines take.
func (c *lineChart) labelMargin() vg.Length {
	style, margin := text(textSize, black), c.margin
	for _, s := range c.series {
		margin = max(margin, style.Width(s.name))
	}
	return margin
}

// labelGap is between the end of a line and its name.
const labelGap = 14

// frame is the plot, the part of the canvas it has, and where in it the data are.
func (c *lineChart) frame(dc draw.Canvas) (p *plot.Plot, area, data draw.Canvas) {
	p = c.plot()
	area = draw.Crop(dc, c.inset[0], -(c.labelMargin() + vg.Points(labelGap+2) + c.inset[1]), c.inset[2], -c.inset[3])
	return p, area, p.DataCanvas(area)
}
