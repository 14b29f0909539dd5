// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/ubench-dev/ubench/bench"
)

// dotChart has one row per thing measured and one dot per engine, on a logarithmic axis, or a linear
// one that begins at 0.
type dotChart struct {
	linear   bool
	title, x string
	notes    []string
	rows     []dotRow
	names    []string // of the dots, in the order of the legend
	looks    map[string]look
}

type dotRow struct {
	name   string
	values map[string]float64
	strong bool // a summary: set off from the rest
}

// kernelFigure is a figure of kernelDots, of some engines only, with its values, and its rows for what else there is to say. It is
// nil unless one engine, without which it says nothing, was measured.
func kernelFigure(samples []bench.Sample, engines []string, needed string) (*Figure, []dotRow) {
	d := kernelDots(slices.DeleteFunc(slices.Clone(samples), func(s bench.Sample) bool { return !slices.Contains(engines, s.Engine) }))
	if d == nil || !slices.Contains(d.names, needed) {
		return nil, nil
	}
	f := &Figure{width: chartWidth * 3 / 2, height: d.height(), drawing: d}
	for _, r := range d.rows {
		for _, n := range d.names {
			if v, ok := r.values[n]; ok {
				f.add(n, r.name, d.x, v, "ratio", Measured+", "+samples[0].Target)
			}
		}
	}
	return f, d.rows
}

// kernelDots shows what each engine costs against native -O2, per benchmark at its largest size.
// Without native -O2 it shows the cost itself. It is nil if there is nothing to show.
func kernelDots(samples []bench.Sample) *dotChart {
	cycles := hasCycles(samples)
	metric, note := "instructions", "instructions: counted exactly"
	if cycles {
		metric, note = "cycles", "cycles: "+cyclesLabel(samples)
	}
	d := &dotChart{looks: map[string]look{}, notes: []string{note}}
	relative := slices.ContainsFunc(samples, func(s bench.Sample) bool { return s.Engine == Reference && s.OK })
	gs := groups(samples)
	all := map[string][]float64{}
	for _, g := range gs {
		sizes := g.sizes()
		size := sizes[len(sizes)-1]
		native := g.find(Reference, size)
		if relative && native == nil {
			continue
		}
		row := dotRow{name: g.benchmark, values: map[string]float64{}}
		if len(gs) > 1 && gs[0].target != gs[len(gs)-1].target {
			row.name += " on " + g.target
		}
		for n, e := range engines(samples) {
			s := g.find(e, size)
			if s == nil || relative && e == Reference {
				continue
			}
			v := cost(*s.Phases.Execute, cycles)
			if relative {
				v /= cost(*native.Phases.Execute, cycles)
			}
			if !(v > 0) || math.IsInf(v, 0) {
				continue
			}
			row.values[e] = v
			all[e] = append(all[e], v)
			if _, ok := d.looks[e]; !ok {
				d.looks[e] = lookOf(e, n)
				d.names = append(d.names, e)
			}
		}
		if len(row.values) > 0 {
			d.rows = append(d.rows, row)
		}
	}
	if len(d.rows) == 0 {
		return nil
	}
	d.title = "Cost of execution on " + gs[0].place()
	d.x = metric + " (log scale)"
	if relative {
		d.x = metric + " relative to " + Reference + " (log scale)"
		if len(d.rows) > 1 {
			mean := dotRow{name: "geometric mean", values: map[string]float64{}, strong: true}
			for e, vs := range all {
				if m, ok := geomean(vs); ok {
					mean.values[e] = m
				}
			}
			d.rows = append(d.rows, mean)
		}
	}
	return d
}

const rowHeight = 12 // points

func (d *dotChart) height() vg.Length {
	return vg.Points(float64(len(d.rows))*rowHeight + 100)
}

func (d *dotChart) draw(dc draw.Canvas) {
	dc = drawNotes(dc, d.notes)
	dc = drawLegend(dc, d.names, d.looks, d.title)
	label := text(textSize, black)
	label.YAlign = draw.YCenter
	margin := vg.Length(0)
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range d.rows {
		margin = max(margin, label.Width(r.name)*1.1)
		for _, v := range r.values {
			low, high = min(low, v), max(high, v)
		}
	}
	p := newPlot(d.x)
	var ticks []plot.Tick
	if d.linear {
		low, high = 0, high*1.02
		ticks = niceTicks(high)
	} else {
		low, high = low*0.85, high*1.15
		ticks = decadeTicks(low, high)
		p.X.Scale = plot.LogScale{}
	}
	p.X.Min, p.X.Max = low, high
	p.Y.Min, p.Y.Max = -0.5, float64(len(d.rows))-0.5
	p.HideY()
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	area := draw.Crop(dc, margin+vg.Points(4), 0, 0, 0)
	p.Draw(area)
	data := p.DataCanvas(area)
	x, y := p.Transforms(&data)
	for _, t := range ticks {
		if t.Label != "" {
			data.StrokeLine2(draw.LineStyle{Color: lightGrey, Width: vg.Points(0.4)}, x(t.Value), data.Min.Y, x(t.Value), data.Max.Y)
		}
	}
	for i, r := range d.rows {
		at := y(float64(len(d.rows) - 1 - i))
		if r.strong {
			above := at + vg.Points(rowHeight/2)
			dc.StrokeLine2(draw.LineStyle{Color: grey, Width: vg.Points(0.5)}, dc.Min.X, above, data.Max.X, above)
		}
		dc.FillText(label, vg.Point{X: dc.Min.X, Y: at}, r.name)
		data.StrokeLine2(draw.LineStyle{Color: lightGrey, Width: vg.Points(0.4)}, data.Min.X, at, data.Max.X, at)
		for _, n := range d.names {
			if v, ok := r.values[n]; ok {
				data.DrawGlyph(d.looks[n].point(), vg.Point{X: x(v), Y: at})
			}
		}
	}
}

// drawLegend draws the title, and the names with their glyphs in rows below it; it returns the
// canvas underneath.
func drawLegend(dc draw.Canvas, names []string, looks map[string]look, title string) draw.Canvas {
	dc = drawTitle(dc, title, "")
	y := dc.Max.Y - vg.Points(textSize)
	x := dc.Min.X
	for _, n := range names {
		style := text(textSize, looks[n].ink())
		width := style.Width(n) + vg.Points(20)
		if x+width > dc.Max.X && x > dc.Min.X {
			x, y = dc.Min.X, y-vg.Points(textSize*1.5)
		}
		dc.DrawGlyph(looks[n].point(), vg.Point{X: x + vg.Points(3), Y: y + vg.Points(textSize*0.35)})
		dc.FillText(style, vg.Point{X: x + vg.Points(9), Y: y}, n)
		x += width
	}
	return draw.Crop(dc, 0, 0, 0, y-vg.Points(6)-dc.Max.Y)
}
