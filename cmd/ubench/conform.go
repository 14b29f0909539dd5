// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"slices"
	"strconv"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/internal/conformance"
	"github.com/ubench-dev/ubench/report"
)

// conformEvery is the share of the conformance table a report runs, one program in so many: as much as
// takes a few seconds. All of it is a test of internal/conformance.
const conformEvery = 23

// conformance runs part of the table of single instructions on the engines of a target that have all
// of RFC 9669.
func (e *env) conformance(ctx context.Context, target emu.Target) (*report.Table, error) {
	engines := slices.DeleteFunc([]string{"vm", "jit"}, func(name string) bool {
		return !slices.Contains(target.Info().Engines, name)
	})
	if len(engines) == 0 {
		return nil, nil
	}
	type count struct {
		cases int
		wrong []string // by engine: the first program that is wrong
	}
	var groups []string
	counts, all := map[string]*count{}, conformance.All()
	for i := 0; i < len(all); i += conformEvery {
		p := &all[i]
		e.progress.step(i, len(all), "single instructions")
		c := counts[p.Group]
		if c == nil {
			c = &count{wrong: make([]string, len(engines))}
			counts[p.Group], groups = c, append(groups, p.Group)
		}
		c.cases += p.Count()
		for k, engine := range engines {
			sample, err := target.Run(ctx, p.Job(engine))
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			complaint := p.Check(sample)
			if err != nil {
				complaint = oneLine(err)
			}
			if complaint != "" && c.wrong[k] == "" {
				c.wrong[k] = p.Name + ": " + complaint
			}
		}
	}
	t := &report.Table{
		Title:  "Each instruction at its boundaries on " + target.Info().Target,
		Header: append([]string{"group", "cases"}, engines...),
		Left:   append([]bool{true, false}, slices.Repeat([]bool{true}, len(engines))...),
		Notes: []string{"one program in " + strconv.Itoa(conformEvery) +
			" of the table in internal/conformance; UBENCH_CONFORMANCE=all go test ./internal/conformance runs all of it, and asks Linux as well"},
	}
	for _, g := range groups {
		row := report.Row{Cells: []string{g, strconv.Itoa(counts[g].cases)}}
		for _, wrong := range counts[g].wrong {
			cell := "pass"
			if wrong != "" {
				cell, row.Bad = wrong, true
			}
			row.Cells = append(row.Cells, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}
