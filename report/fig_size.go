// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/results"
)

// formatLooks is how program formats are drawn. Code of the jit and native code have the colours of
// their engines.
var formatLooks = map[string]look{
	elfObject:             {grey, polygon{sides: 24}, solid},
	bench.SizeELFStripped: {rgb(0xb0b0b0), draw.RingGlyph{}, solid},
	"text-only":           {skyBlue, polygon{sides: 4, turn: 0.125}, solid},
	femto:                 looks["femto"],
	"extended-header":     {purple, polygon{sides: 3, turn: 0.75}, solid},
	"packed":              {blue, polygon{sides: 3, turn: 0.25}, solid},
	bench.SizeJIT:         looks["jit"],
	bench.SizeNative:      looks["native-O2"],
}

// SizeFigure is program sizes by format, one compile each, beside what is published of programs of
// the same names. It is nil without sizes.
func SizeFigure(sizes []Size) *Figure {
	f := &Figure{
		Name: "b-program-size", Command: "ubench size examples",
		Title:   "Program size by format",
		Caption: "All formats of a program from one compile. Formats a program cannot have are left out.",
	}
	published := newSizeSet(PublishedSizes())
	set := newSizeSet(slices.DeleteFunc(slices.Clone(sizes), func(s Size) bool { return s.Best || s.Bytes == 0 }))
	if len(set.programs) == 0 {
		return nil
	}
	slices.SortStableFunc(set.programs, func(a, b string) int { return published.rank(a) - published.rank(b) })
	c := &groupChart{title: f.Title, x: "bytes", looks: formatLooks, notes: []string{"", ""}}
	var both []string
	for _, program := range set.programs {
		g := barGroup{name: program, bars: map[string]float64{}, ticks: map[string]float64{}}
		for _, format := range bench.SizeFormats {
			ours, theirs := set.bytes[sizeKey{program, format}].Bytes, published.bytes[sizeKey{program, format}].Bytes
			if ours > 0 {
				f.add(format, program, "size", float64(ours), "bytes", Measured)
				g.bars[format] = float64(ours)
			}
			if theirs > 0 {
				f.add(format, program, "size", float64(theirs), "bytes", results.Paper)
			}
			if theirs > 0 && ours > 0 { // else there is no bar for a tick to be on
				g.ticks[format] = float64(theirs)
			}
			if ours > 0 && !slices.Contains(c.names, format) {
				c.names = append(c.names, format)
			}
		}
		if len(g.ticks) > 0 {
			both = append(both, program)
		}
		c.groups = append(c.groups, g)
	}
	slices.SortFunc(c.names, func(a, b string) int { return slices.Index(bench.SizeFormats, a) - slices.Index(bench.SizeFormats, b) })
	c.notes[0] = "formats a program cannot have are left out"
	if len(both) > 0 {
		c.tick = "as published"
		c.notes[1] = "as published: from its own sources and compiler, " + results.Paper
	}
	if len(both) > 1 {
		mean := barGroup{name: "geometric mean of these", bars: map[string]float64{}, ticks: map[string]float64{}, strong: true}
		if len(both) < len(set.programs) {
			mean.name = "mean of the paper's"
		}
		for _, format := range c.names {
			if mean.bars[format] = set.mean(both, format, ""); mean.bars[format] > 0 {
				mean.ticks[format] = published.mean(both, format, "")
			}
		}
		c.groups = slices.Insert(c.groups, len(both), mean)
	}
	f.drawing, f.width, f.height = c, chartWidth, c.height()
	if len(c.groups) > 4 {
		left, right := c.split()
		f.drawing, f.width, f.height = panels{left, right}, 2*chartWidth, max(left.height(), right.height())
	}
	return f
}
