// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"cmp"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg/draw"

	"ubench/results"
)

// formatLooks is how program formats are drawn. Code of the jit and native code have the colours of
// their engines.
var formatLooks = map[string]look{
	"elf-object":       {grey, polygon{sides: 24}, solid},
	"elf-stripped":     {grey, draw.RingGlyph{}, solid},
	"text-only":        {skyBlue, polygon{sides: 4, turn: 0.125}, solid},
	"femto-containers": looks["femto"],
	"extended-header":  {purple, polygon{sides: 3, turn: 0.75}, solid},
	"packed":           {blue, polygon{sides: 3, turn: 0.25}, solid},
	"jit-thumb2":       looks["jit"],
	"native-thumb2":    {black, draw.CrossGlyph{}, solid},
}

// formatOrder is the order of legends.
var formatOrder = []string{
	"elf-object", "elf-stripped", "text-only", "femto-containers", "extended-header", "packed", "jit-thumb2", "native-thumb2",
}

// SizeFigure is program sizes by format, published and measured. It is nil without sizes.
func SizeFigure(sizes []Size) *Figure {
	f := &Figure{
		Name:    "b-program-size",
		Title:   "Program size by format",
		Caption: "The paper's ten programs. Left: as published, from its own sources and compiler. Right: this repository's programs of the same names.",
	}
	var published []Size
	for _, r := range results.Rows("published/mubpf-program-sizes.csv") {
		format := r["format"]
		if strings.HasPrefix(format, "jit-") {
			format = "jit-thumb2"
		}
		published = append(published, Size{Program: sizeName(r["program"]), Format: format, Bytes: int(number(r["bytes"]))})
		f.add(format, sizeName(r["program"]), "size", number(r["bytes"]), "bytes", results.Paper)
	}
	var ours []Size
	for _, s := range sizes {
		s.Program = sizeName(s.Program)
		if slices.ContainsFunc(published, func(p Size) bool { return p.Program == s.Program }) && s.Bytes > 0 {
			ours = append(ours, s)
			f.add(s.Format, s.Program, "size", float64(s.Bytes), "bytes", Measured)
		}
	}
	if len(ours) == 0 {
		return nil
	}
	left, right := sizeDots("Published", published), sizeDots("Measured", ours)
	left.notes = []string{"published: " + results.Paper}
	right.notes = []string{"formats a program cannot have are left out"}
	f.drawing = panels{left, right}
	f.width, f.height = 2*chartWidth, max(left.height(), right.height())
	return f
}

// sizeName is a program's name in both data sets: the paper writes sensor-processing.
func sizeName(name string) string {
	return strings.ReplaceAll(name, "fletcher16_320B", "fletcher16, 320 B")
}

// sizeDots has a row for each program and the geometric mean over those that have the format.
func sizeDots(title string, sizes []Size) *dotChart {
	d := &dotChart{title: title, x: "bytes (log scale)", looks: formatLooks}
	all := map[string][]float64{}
	for _, s := range sizes {
		name := strings.ReplaceAll(s.Program, "-", "_")
		i := slices.IndexFunc(d.rows, func(r dotRow) bool { return r.name == name })
		if i < 0 {
			i = len(d.rows)
			d.rows = append(d.rows, dotRow{name: name, values: map[string]float64{}})
		}
		d.rows[i].values[s.Format] = float64(s.Bytes)
		all[s.Format] = append(all[s.Format], float64(s.Bytes))
	}
	mean := dotRow{name: "geometric mean", values: map[string]float64{}, strong: true}
	for format, vs := range all {
		if m, ok := geomean(vs); ok && len(vs) == len(d.rows) {
			mean.values[format] = m
		}
		d.names = append(d.names, format)
	}
	d.rows = append(d.rows, mean)
	slices.SortFunc(d.names, func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(formatOrder, a), slices.Index(formatOrder, b)), cmp.Compare(a, b))
	})
	return d
}
