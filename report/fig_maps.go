// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/ubench-dev/ubench/bench"
)

// mapLooks are how maps in C are drawn, and engines as everywhere.
var mapLooks = map[string]look{
	bench.MapsInC:    {black, polygon{sides: 24}, solid},
	bench.MapsHelper: {grey, polygon{sides: 24}, solid},
	"vm":             looks["vm"],
	"jit":            looks["jit"],
	"jit-plan":       {orange, polygon{sides: 4, turn: 0.125}, solid},
}

// MapsFigure is what uses of maps cost on each engine, beside C, and what goes through a ring buffer. It is nil without
// measurements.
func MapsFigure(r *bench.MapCosts) *Figure {
	if r == nil || len(r.Costs) == 0 {
		return nil
	}
	f := &Figure{Name: "k-maps", Title: "What maps cost", Command: "ubench maps"}
	uses := &groupChart{title: "One use of a map, " + Place(r.Target, r.Core), x: "instructions", looks: mapLooks, notes: []string{"keys of 4 bytes, values of 8; lookups read the value"}}
	ring := &groupChart{title: "Ring buffer: throughput", x: "bytes of records in 1,000 instructions", looks: mapLooks, notes: []string{"C: the same source, gcc -O2, without checks; by helper: with them"}}
	for _, c := range r.Costs {
		chart, value := uses, c.Instructions
		source := Measured + ", " + r.Target
		f.add(c.Engine, c.String(), "one use", c.Instructions, "instructions", source)
		if c.Cycles > 0 {
			f.add(c.Engine, c.String(), "one use", c.Cycles, "cycles", source+", "+r.CyclesLabel)
		}
		if records, bytes := c.Per1000(); bytes > 0 {
			chart, value = ring, bytes
			f.add(c.Engine, c.String(), "in 1,000 instructions", records, "records", source)
			f.add(c.Engine, c.String(), "in 1,000 instructions", bytes, "bytes", source)
		}
		chart.put(c.String(), c.Engine, value)
	}
	f.Caption = "Lookups, updates and the rest by type of map and by how many entries of 1,000 are in it, without the loop around them. C calls the same functions from " +
		"code compiled with gcc -O2, which checks nothing; the helper checks handle, key and value, as it does for programs. jit and jit-plan compute addresses of arrays themselves. C is counted on Unicorn, whatever the target is."
	left, right := uses.split()
	f.drawing, f.width, f.height = panels{left, right, ring}, 3*chartWidth, max(left.height(), right.height(), ring.height())
	return f
}

// put adds a bar, and what it needs of group and legend.
func (c *groupChart) put(group, name string, value float64) {
	if !slices.Contains(c.names, name) {
		c.names = append(c.names, name)
	}
	i := slices.IndexFunc(c.groups, func(g barGroup) bool { return g.name == group })
	if i < 0 {
		i = len(c.groups)
		c.groups = append(c.groups, barGroup{name: group, bars: map[string]float64{}})
	}
	c.groups[i].bars[name] = value
}

// MapTables are the numbers of the figure.
func MapTables(r *bench.MapCosts) []*Table {
	uses := &Table{Title: "Instructions for one use of a map, " + Place(r.Target, r.Core), Header: []string{""}, Left: []bool{true}}
	ring := &Table{Title: "Records that 1,000 instructions put into a ring buffer, and their bytes", Header: []string{""}, Left: []bool{true}}
	rows := map[string]int{}
	cells := func(t *Table, c bench.MapCost, text string) {
		column := slices.Index(t.Header, c.Engine)
		if column < 0 {
			column = len(t.Header)
			t.Header = append(t.Header, c.Engine)
		}
		key := t.Title + c.String()
		if _, ok := rows[key]; !ok {
			rows[key] = len(t.Rows)
			t.add(c.String())
		}
		row := &t.Rows[rows[key]]
		for len(row.Cells) <= column {
			row.Cells = append(row.Cells, gap)
		}
		row.Cells[column] = text
	}
	for _, c := range r.Costs {
		cells(uses, c, strconv.FormatFloat(c.Instructions, 'f', 0, 64))
		if records, bytes := c.Per1000(); bytes > 0 {
			cells(ring, c, fmt.Sprintf("%.1f (%s)", records, count(uint64(bytes+0.5))))
		}
	}
	uses.Notes = []string{"keys of 4 bytes, values of 8; lookups read the value; the loop around is not counted",
		"C: the same source with gcc -O2, which checks nothing, counted on Unicorn; by helper: it checks handle and pointers, as for programs"}
	if len(ring.Rows) == 0 {
		return []*Table{uses}
	}
	return []*Table{uses, ring}
}

// WriteMapsCSV writes what maps cost, a use and an engine to a line.
func WriteMapsCSV(w io.Writer, r *bench.MapCosts) error {
	rows := [][]string{{"map", "use", "fill", "record_bytes", "engine", "target", "instructions", "cycles"}}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	for _, c := range r.Costs {
		cycles := ""
		if c.Cycles > 0 {
			cycles = number(c.Cycles)
		}
		rows = append(rows, []string{c.Map, c.What, strconv.Itoa(c.Fill), strconv.Itoa(c.Record), c.Engine, r.Target, number(c.Instructions), cycles})
	}
	return writeRows(w, rows)
}
