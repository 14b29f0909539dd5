// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/report"
)

// writeSamples prints samples in a format; several benchmarks get a summary.
func (e *env) writeSamples(c *cli.Context, format string, r report.Results, summary bool) error {
	samples := r.Samples
	switch format {
	case "json":
		return e.writeJSON(c, r)
	case "csv":
		return report.WriteCSV(e.stdout, &r)
	case "bench":
		return report.WriteGoBench(e.stdout, &r)
	}
	tables := report.RunTables(samples)
	if summary {
		tables = append(tables, report.SummaryTables(samples)...)
	}
	return e.writeTables(tables)
}

// writeJSON prints a result file.
func (e *env) writeJSON(c *cli.Context, r report.Results) error {
	r.Version = versionText()
	if !c.Bool("reproducible") {
		r.Created = time.Now().UTC().Format(time.RFC3339)
	}
	return r.WriteJSON(e.stdout)
}

// writeTables prints tables with an empty line between them.
func (e *env) writeTables(tables []*report.Table) error {
	for i, t := range tables {
		if i > 0 {
			if _, err := fmt.Fprintln(e.stdout); err != nil {
				return err
			}
		}
		if err := t.WriteText(e.stdout, colour(e.stdout)); err != nil {
			return err
		}
	}
	return nil
}

// maxComplaints bounds the lines about samples that are not good.
const maxComplaints = 10

// complain says which samples are not good; it returns errSilent if there is one.
func (e *env) complain(samples []bench.Sample) error {
	bad := 0
	for _, s := range samples {
		if s.OK {
			continue
		}
		if bad++; bad > maxComplaints {
			continue
		}
		what := s.Benchmark
		if s.Size > 0 {
			what += fmt.Sprintf(", %d %s", s.Size, cmp.Or(s.SizeUnit, "bytes"))
		}
		fmt.Fprintf(e.stderr, "ubench run: %s, %s on %s: %s\n", what, s.Engine, s.Target, s.Error)
	}
	if bad > maxComplaints {
		fmt.Fprintf(e.stderr, "ubench run: and %d more samples that failed; --json lists them all\n", bad-maxComplaints)
	}
	if bad > 0 {
		return errSilent
	}
	return nil
}

func (e *env) printJSON(v any) error {
	out := json.NewEncoder(e.stdout)
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

func (e *env) writeSizes(c *cli.Context, format string, sizes []bench.Size) error {
	switch format {
	case "json":
		return e.writeJSON(c, report.Results{Sizes: sizes})
	case "csv":
		return report.WriteSizesCSV(e.stdout, sizes)
	}
	return e.writeTables(report.SizeTables(sizes))
}

// said tells what was done to a program.
func (e *env) said(c *cli.Context, name, done string) error {
	if c.Bool("json") {
		return e.printJSON(map[string]string{"name": name, "done": done})
	}
	_, err := fmt.Fprintf(e.stdout, "%s: %s\n", name, done)
	return err
}
