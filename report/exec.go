// SPDX-License-Identifier: GPL-2.0-or-later

package report

import "github.com/ubench-dev/ubench/bench"

// ExecRow is a run of one program: a sample, and what its input is called.
type ExecRow struct {
	Input  string
	Sample bench.Sample
}

// ExecTable is a table of runs of one program, in their order.
func ExecTable(name string, rows []ExecRow) *Table {
	t := &Table{
		Title:  name,
		Header: []string{"memory", "engine", "target", "r0", "instructions", "cycles", "set-up"},
		Left:   []bool{true, true, true},
	}
	last := ""
	var samples []bench.Sample
	for i, r := range rows {
		s := r.Sample
		samples = append(samples, s)
		cells := []string{"", s.Engine, s.Target}
		if i == 0 || r.Input != last {
			cells[0] = r.Input
		}
		row := Row{Cells: cells, Break: i > 0 && r.Input != last}
		if last = r.Input; !s.OK {
			row.Note, row.Bad = s.Error, true
		} else {
			var c bench.Counts
			if s.Phases.Execute != nil {
				c = *s.Phases.Execute
			}
			row.Cells = append(cells, s.Result, known(c.Instructions), known(c.Cycles), known(s.Phases.Setup().Instructions))
		}
		t.Rows = append(t.Rows, row)
	}
	t.Notes = append(t.Notes, setupNote)
	if hasCycles(samples) {
		t.Notes = append(t.Notes, "cycles: "+cyclesLabel(samples))
	}
	return t
}
