// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/bench"
)

// RunTables are the tables of measured samples: one for each benchmark and target.
func RunTables(samples []bench.Sample) []*Table {
	var tables []*Table
	for _, g := range groups(samples) {
		tables = append(tables, g.table())
	}
	return tables
}

func (g *group) table() *Table {
	cycles := hasCycles(g.samples)
	sized := slices.ContainsFunc(g.samples, func(s bench.Sample) bool { return s.Size > 0 })
	t := &Table{Title: g.benchmark + " on " + g.place()}
	column := func(name string, left bool) {
		t.Header = append(t.Header, name)
		t.Left = append(t.Left, left)
	}
	if sized {
		column("size", false)
	}
	column("engine", true)
	column("instructions", false)
	if sized {
		column(g.per(), false)
	}
	column("× "+Reference, false)
	if cycles {
		column("cycles", false)
		if sized {
			column(g.per(), false)
		}
		column("× "+Reference, false)
	}
	column("set-up", false)

	for _, size := range g.sizes() {
		native := g.find(Reference, size)
		first := true
		for i := range g.samples {
			s := &g.samples[i]
			if s.Size != size {
				continue
			}
			var cells []string
			if sized {
				cells = append(cells, "")
				if first {
					cells[0] = strconv.Itoa(size)
				}
			}
			cells = append(cells, s.Engine)
			row := Row{Break: first && len(t.Rows) > 0}
			if s.OK {
				cells = append(cells, g.numbers(s, native, sized, cycles)...)
			} else {
				row.Note, row.Bad = s.Error, true
			}
			row.Cells = cells
			t.Rows = append(t.Rows, row)
			first = false
		}
	}
	t.Notes = append(t.Notes, setupNote)
	if cycles {
		t.Notes = append(t.Notes, "cycles: "+cyclesLabel(g.samples))
	}
	return t
}

// setupNote is below tables with these columns.
const setupNote = "instructions: executed, counted exactly · set-up: instructions to load, verify and compile, once per program"

// numbers are the cells of a good sample after the engine's name.
func (g *group) numbers(s, native *bench.Sample, sized, cycles bool) []string {
	execute := bench.Counts{}
	if s.Phases.Execute != nil {
		execute = *s.Phases.Execute
	}
	cells := []string{known(execute.Instructions)}
	rest := func(pick func(bench.Counts) bench.Number) {
		value := float64(pick(execute).Or0())
		if sized {
			cells = append(cells, quotient(value, float64(s.Size), 1))
		}
		reference := 0.0
		if native != nil {
			reference = float64(pick(*native.Phases.Execute).Or0())
		}
		cells = append(cells, quotient(value, reference, 2))
	}
	rest(func(c bench.Counts) bench.Number { return c.Instructions })
	if cycles {
		cells = append(cells, known(execute.Cycles))
		rest(func(c bench.Counts) bench.Number { return c.Cycles })
	}
	if bench.RunsKernels(s.Engine) {
		return append(cells, "")
	}
	return append(cells, known(s.Phases.Setup().Instructions))
}

// per names the column of costs per unit of size.
func (g *group) per() string {
	if unit := g.samples[0].SizeUnit; unit != "" {
		return "per " + strings.TrimSuffix(unit, "s")
	}
	return "per byte"
}

// known formats a count, as a gap if the target does not count.
func known(n bench.Number) string {
	if value, ok := n.Get(); ok {
		return count(value)
	}
	return gap
}

// SummaryTables compare benchmarks: for each target, the cost of every engine to native -O2 at each
// benchmark's largest size, and the geometric mean over the benchmarks an engine ran.
func SummaryTables(samples []bench.Sample) []*Table {
	var targets []string
	for _, s := range samples {
		if !slices.Contains(targets, s.Target) {
			targets = append(targets, s.Target)
		}
	}
	var tables []*Table
	for _, target := range targets {
		var mine []bench.Sample
		for _, s := range samples {
			if s.Target == target {
				mine = append(mine, s)
			}
		}
		tables = append(tables, summary(mine))
	}
	return tables
}

func summary(samples []bench.Sample) *Table {
	cycles := hasCycles(samples)
	metric := "instructions"
	if cycles {
		metric = "cycles"
	}
	gs := groups(samples)
	t := &Table{
		Title:  fmt.Sprintf("%s to %s, at each benchmark's largest size, on %s", metric, Reference, gs[0].place()),
		Header: []string{"benchmark", "size"},
		Left:   []bool{true},
	}
	names := engines(samples)
	t.Header = append(t.Header, names...)
	ratios := make([][]float64, len(names))
	for _, g := range gs {
		sizes := g.sizes()
		size := sizes[len(sizes)-1]
		row := t.add(g.benchmark, "")
		if size > 0 {
			row.Cells[1] = strconv.Itoa(size)
		}
		native := g.find(Reference, size)
		for i, e := range names {
			s := g.find(e, size)
			if s == nil || native == nil {
				row.Cells = append(row.Cells, gap)
				continue
			}
			a, b := cost(*s.Phases.Execute, cycles), cost(*native.Phases.Execute, cycles)
			row.Cells = append(row.Cells, quotient(a, b, 2))
			if b > 0 {
				ratios[i] = append(ratios[i], a/b)
			}
		}
	}
	mean := t.add("geometric mean", "")
	mean.Break = true
	incomplete := false
	for i := range names {
		m, ok := geomean(ratios[i])
		switch {
		case !ok:
			mean.Cells = append(mean.Cells, gap)
		case len(ratios[i]) < len(gs):
			mean.Cells = append(mean.Cells, quotient(m, 1, 2)+"*")
			incomplete = true
		default:
			mean.Cells = append(mean.Cells, quotient(m, 1, 2))
		}
	}
	if incomplete {
		t.Notes = append(t.Notes, "* over the benchmarks this engine ran")
	}
	if cycles {
		t.Notes = append(t.Notes, "cycles: "+cyclesLabel(samples))
	} else {
		t.Notes = append(t.Notes, "instructions: executed, counted exactly")
	}
	return t
}
