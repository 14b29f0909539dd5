// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/results"
)

// barChart has a horizontal bar per row, with its value written at the end.
type barChart struct {
	title, x string
	notes    []string
	bars     []bar
}

type bar struct {
	name  string
	value float64
	look  look
	text  string // beside the bar
}

func (c *barChart) draw(dc draw.Canvas) {
	dc = drawTitle(drawNotes(dc, c.notes), c.title, c.x)
	label := text(textSize, black)
	label.YAlign = draw.YCenter
	names, values, top := vg.Length(0), vg.Length(0), 0.0
	for _, b := range c.bars {
		names = max(names, label.Width(b.name)*1.1)
		values = max(values, label.Width(b.text)*1.1)
		top = max(top, b.value)
	}
	if !(top > 0) || math.IsInf(top, 0) {
		return
	}
	left := dc.Min.X + names + vg.Points(6)
	width := dc.Max.X - left - values - vg.Points(6)
	height := min((dc.Max.Y-dc.Min.Y)/vg.Length(len(c.bars)), vg.Points(18))
	for i, b := range c.bars {
		y := dc.Max.Y - height*(vg.Length(i)+0.5)
		end := left + width*vg.Length(b.value/top)
		dc.FillText(label, vg.Point{X: dc.Min.X, Y: y}, b.name)
		dc.FillPolygon(b.look.color, []vg.Point{
			{X: left, Y: y - height*0.35}, {X: end, Y: y - height*0.35}, {X: end, Y: y + height*0.35}, {X: left, Y: y + height*0.35},
		})
		dc.FillText(label, vg.Point{X: end + vg.Points(4), Y: y}, b.text)
	}
}

// ROMFigure is where the bytes of a firmware go: code and tables by component, and RAM. It is nil
// without components.
func ROMFigure(rom []bench.Component, ram []bench.Component, board string) *Figure {
	if len(rom) == 0 {
		return nil
	}
	f := &Figure{
		Name:    "e-rom-and-ram",
		Title:   "ROM and RAM",
		Caption: "From the symbols of the firmware for " + board + ", which carries all engines; a product carries one.",
		width:   2 * chartWidth, height: chartHeight,
	}
	chart := func(title, unit, metric string, parts []bench.Component) *barChart {
		c := &barChart{title: title, x: unit}
		for _, p := range parts {
			engine, _, _ := strings.Cut(p.Name, ", ")
			l, ok := looks[engine]
			if !ok {
				l = look{color: rgb(0x9a9a9a)}
			}
			c.bars = append(c.bars, bar{p.Name, float64(p.Bytes), l, count(uint64(p.Bytes))})
			f.add(p.Name, board, metric, float64(p.Bytes), "bytes", Measured)
		}
		return c
	}
	left := chart("ROM of the firmware for "+board, "bytes of code and tables, by component", "ROM", rom)
	right := chart("RAM of the firmware for "+board, "bytes, by purpose", "RAM", ram)
	left.notes = []string{"compiled with -O2, most of the compilers with -Os (firmware.mk); native: the benchmarks' kernels"}
	right.notes = []string{"per program: kept for the largest benchmark, without stack and context; peak: of all"}
	f.drawing = panels{left, right}
	f.add("the paper's system", "", "ROM", 0.28*1024*1024, "bytes", results.Paper)
	f.add("the paper's system", "", "RAM", 45*1024, "bytes", results.Paper)
	return f
}

// ComponentTable is the bytes of a firmware's components, code and tables apart.
func ComponentTable(name string, parts []bench.Component) *Table {
	t := &Table{Title: name + ", bytes", Header: []string{"component", "code", "tables", "total"}, Left: []bool{true}}
	total := bench.Component{Name: "all"}
	row := func(c bench.Component) *Row {
		return t.add(c.Name, count(uint64(c.Bytes-c.Tables)), count(uint64(c.Tables)), count(uint64(c.Bytes)))
	}
	for _, c := range parts {
		row(c)
		total.Bytes += c.Bytes
		total.Tables += c.Tables
	}
	row(total).Break = true
	return t
}
