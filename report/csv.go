// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"ubench/bench"
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

// WriteCSV writes samples, one per line.
func WriteCSV(w io.Writer, samples []bench.Sample) error {
	c := csv.NewWriter(w)
	if err := c.Write(csvHeader); err != nil {
		return err
	}
	for _, s := range samples {
		row := []string{s.Benchmark, strconv.Itoa(s.Size), s.SizeUnit, s.Engine, s.Target, s.Core, strconv.FormatBool(s.OK), s.Result}
		for _, p := range bench.PhaseNames {
			instructions, cycles := "", ""
			if n := s.Phases.Phase(p); n != nil {
				instructions = strconv.FormatUint(n.Instructions, 10)
				if n.Cycles > 0 {
					cycles = strconv.FormatUint(n.Cycles, 10)
				}
			}
			row = append(row, instructions, cycles)
		}
		for _, n := range []int{s.ImageBytes, s.CodeBytes, s.RAMBytes, s.StackBytes} {
			row = append(row, strconv.Itoa(n))
		}
		if err := c.Write(append(row, s.CyclesLabel, s.Error)); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
