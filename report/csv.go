// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/bench"
)

// csvHeader names the columns after the members of a result file. Phases that did not run, and
// cycles a target does not have, are empty.
var csvHeader = func() []string {
	h := []string{"benchmark", "size", "size_unit", "engine", "target", "core", "ok", "result"}
	for _, p := range bench.PhaseNames {
		h = append(h, p+"_instructions", p+"_cycles")
	}
	return append(h, "image_bytes", "code_bytes", "ram_bytes", "stack_bytes", "cycles_label", "error")
}()

// WriteCSV writes samples, one per line. If they are incomplete a last line without a benchmark says why.
func WriteCSV(w io.Writer, r *Results) error {
	samples := r.Samples
	if r.Incomplete != "" {
		samples = append(slices.Clone(samples), bench.Sample{Error: r.Incomplete})
	}
	rows := [][]string{csvHeader}
	for _, s := range samples {
		row := []string{s.Benchmark, strconv.Itoa(s.Size), s.SizeUnit, s.Engine, s.Target, s.Core, strconv.FormatBool(s.OK), s.Result}
		for _, p := range bench.PhaseNames {
			var n bench.Counts
			if c := s.Phases.Phase(p); c != nil {
				n = *c
			}
			row = append(row, n.Instructions.String(), n.Cycles.String())
		}
		for _, n := range []bench.Number{s.ImageBytes, s.CodeBytes, s.RAMBytes, s.StackBytes} {
			row = append(row, n.String())
		}
		rows = append(rows, append(row, s.CyclesLabel, s.Error))
	}
	return writeRows(w, rows)
}

// writeRows writes cells that spreadsheets take for what they are.
func writeRows(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = neutral(cell)
		}
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// formulas are what cells begin with that spreadsheets compute or run.
const formulas = "=+-@\t\r"

// neutral is a cell that spreadsheets take for text: one that begins like a formula gets an apostrophe, and so does
// one that begins with an apostrophe, so that it can be taken off again.
func neutral(cell string) string {
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	if cell != "" && (strings.ContainsRune(formulas, rune(cell[0])) || cell[0] == '\'') {
		return "'" + cell
	}
	return cell
}
