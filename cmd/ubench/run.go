// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/report"
)

const defaultTarget = "unicorn"

func runCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "measure benchmarks on the engines of a target",
		ArgsUsage: "BENCHMARK… [flags]",
		Description: `Counts of emulated targets are exact: two runs give the same numbers. Every answer is checked
against an oracle; a wrong one is reported and its numbers are not shown.

Examples:
  ubench run fletcher16 --sizes 80..2560
  ubench run fletcher16 --sizes 80..2560 --target unicorn,qemu:netduinoplus2
  ubench run fletcher16 --engines jit --target unicorn,unicorn+flash-speed
  ubench run fletcher16 --engines native,vm --sizes 0..64:+16,640 --plot time.svg
  ubench run --all --json > results.json
  ubench run --all --shard 1/4 --json > 1.json    # and 2/4 to 4/4 elsewhere; then ubench merge
  ubench run fletcher16 --format bench > new.txt && benchstat old.txt new.txt
  ubench run fletcher16 --program my-fletcher.o`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "sizes", Usage: "input `SIZES` in bytes: 80,160 · 80..2560 (doubling) · 0..64:+8 (steps), also mixed (default: the benchmark's own)"},
			&cli.StringFlag{Name: "engines", Usage: "`LIST` of engines; native stands for all native ones (default: all the target has)"},
			targetFlag,
			noCyclesFlag, flashSpeedFlag, waitStatesFlag,
			&cli.IntFlag{Name: "repeat", Value: 1, Usage: "measure every point `N` times; counts that differ are an error"},
			&cli.BoolFlag{Name: "all", Usage: "run all benchmarks, and show geometric means"},
			&cli.StringFlag{Name: "format", Value: "table", Usage: "print `FORMAT`: table, json, csv or bench (Go benchmark lines)"},
			&cli.BoolFlag{Name: "json", Usage: "the same as --format json"},
			&cli.BoolFlag{Name: "csv", Usage: "the same as --format csv"},
			&cli.StringFlag{Name: "plot", Usage: "draw cost against size into `FILE`.svg, .png or .pdf"},
			&cli.BoolFlag{Name: "reproducible", Usage: "leave the time of measuring out of the JSON"},
			shardFlag,
			&cli.StringFlag{Name: "program", Usage: "run the program in `FILE` (object, hex or raw) in place of the benchmark's own, on its inputs"},
			&cli.StringFlag{Name: "entry", Usage: "function of --program to start at, by `NAME`"},
			&cli.Int64Flag{Name: "budget", Usage: fmt.Sprintf("stop a program after `N` backward jumps and calls (default: %d)", emu.DefaultBudget)},
		},
		Action: func(c *cli.Context) error { return e.runBenchmarks(c) },
	}
}

func (e *env) runBenchmarks(c *cli.Context) error {
	plan, err := e.runPlan(c)
	if err != nil {
		return err
	}
	format, err := outputFormat(c, "table", "json", "csv", "bench")
	if err != nil {
		return err
	}
	if plan.Shard, err = shard(c, format); err != nil {
		return err
	}
	plot := c.String("plot")
	if plot != "" {
		if plan.Shard != nil {
			return usagef("--shard measures a part: plot what ubench merge puts together")
		}
		if err := checkPlot(plot); err != nil {
			return err
		}
	}
	specs, err := targetSpecs(c)
	if err != nil {
		return err
	}
	samples, err := e.measure(c.Context, plan, specs)
	if len(samples) == 0 && err != nil {
		return err
	}
	e.progress.clear()
	results := report.Results{Samples: samples, Incomplete: incomplete(c.Context, err), Shard: plan.Shard}
	if werr := e.writeSamples(c, format, results, len(plan.Benchmarks) > 1); werr != nil {
		return werr
	}
	if plot != "" {
		if perr := report.PlotRun(plot, samples); perr != nil {
			return fmt.Errorf("plot %s: %w", plot, perr)
		}
		if isTerminal(e.stderr) {
			fmt.Fprintf(e.stderr, "ubench run: wrote %s\n", plot)
		}
	}
	if err != nil {
		return err
	}
	return e.complain(samples)
}

// incomplete is why samples are not all there were to be.
func incomplete(ctx context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return "interrupted"
	case err != nil:
		return oneLine(err)
	}
	return ""
}

// runPlan reads the plan from arguments and flags.
func (e *env) runPlan(c *cli.Context) (*bench.Plan, error) {
	plan := &bench.Plan{Repeat: c.Int("repeat")}
	if plan.Repeat < 1 || plan.Repeat > 1000 {
		return nil, usagef("--repeat %d: choose 1 to 1000", plan.Repeat)
	}
	var names []string
	for _, b := range e.benchmarks {
		names = append(names, b.Name)
	}
	switch {
	case c.Bool("all") && c.Args().Present():
		return nil, usagef("--all runs all benchmarks: leave out %q", c.Args().First())
	case c.Bool("all"):
		plan.Benchmarks = e.benchmarks
	case !c.Args().Present():
		return nil, usagef("name a benchmark, or --all (benchmarks: %s)", strings.Join(names, ", "))
	}
	for n, name := range c.Args().Slice() {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, unknown("benchmark", name, names)
		}
		if slices.Contains(c.Args().Slice()[:n], name) {
			return nil, usagef("benchmark %q is named twice", name)
		}
		plan.Benchmarks = append(plan.Benchmarks, e.benchmarks[i])
	}
	var err error
	if c.IsSet("sizes") {
		if plan.Sizes, err = bench.ParseSizes(c.String("sizes")); err != nil {
			return nil, usagef("%v", err)
		}
	}
	if c.IsSet("engines") {
		if plan.Engines, err = parseList("engines", c.String("engines")); err != nil {
			return nil, err
		}
	}
	if plan.Budget, err = parseBudget(c); err != nil {
		return nil, err
	}
	if file := c.String("program"); file != "" {
		if len(plan.Benchmarks) != 1 {
			return nil, usagef("--program stands in for one benchmark: name just that one")
		}
		if plan.Program, err = readProgram(nil, file, c.String("entry")); err != nil {
			return nil, err
		}
	} else if c.IsSet("entry") {
		return nil, usagef("--entry names a function of --program: name that too")
	}
	return plan, nil
}

// parseList splits a comma-separated list of names.
func parseList(flag, text string) ([]string, error) {
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			return nil, usagef("--%s %q: an empty name", flag, text)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func parseBudget(c *cli.Context) (uint32, error) {
	n := c.Int64("budget")
	if c.IsSet("budget") && (n < 1 || n > math.MaxUint32) {
		return 0, usagef("--budget %d: choose 1 to %d", n, uint32(math.MaxUint32))
	}
	return uint32(n), nil
}

// outputFormat is the one of --format, --json and --csv that was given; they must not contradict.
func outputFormat(c *cli.Context, choices ...string) (string, error) {
	format := c.String("format")
	if !slices.Contains(choices, format) {
		return "", unknown("format", format, choices)
	}
	given := c.IsSet("format")
	for _, short := range []string{"json", "csv"} {
		if !c.Bool(short) {
			continue
		}
		if given && format != short {
			return "", usagef("--%s contradicts the format %s: choose one", short, format)
		}
		format, given = short, true
	}
	return format, nil
}

// checkPlot finds mistakes in a plot's file name before anything is measured.
func checkPlot(name string) error {
	if err := report.CheckPlotName(name); err != nil {
		return usagef("%v", err)
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return fmt.Errorf("plot %s: there is no folder %s: create it first", name, filepath.Dir(name))
	}
	return nil
}

// targetFlag names targets, for targetSpecs.
var targetFlag = &cli.StringSliceFlag{Name: "target",
	Usage: "`TARGET`, or several with commas or by repeating the flag (default: " + defaultTarget + "); see ubench list"}

// targetSpecs lists the targets asked for.
func targetSpecs(c *cli.Context) ([]string, error) {
	specs := []string{defaultTarget}
	if c.IsSet("target") {
		var err error
		if specs, err = parseList("target", strings.Join(c.StringSlice("target"), ",")); err != nil {
			return nil, err
		}
	}
	return withModel(c, specs)
}

// measure runs the plan on each target in turn.
func (e *env) measure(ctx context.Context, plan *bench.Plan, specs []string) ([]bench.Sample, error) {
	var all []bench.Sample
	for _, spec := range specs {
		samples, err := e.measureOn(ctx, *plan, spec)
		all = append(all, samples...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func (e *env) measureOn(ctx context.Context, plan bench.Plan, spec string) (samples []bench.Sample, err error) {
	e.progress.step(0, 0, "starting "+spec)
	target, err := e.targets.open(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := target.Close(); cerr != nil && err == nil {
			err = fmt.Errorf("target %s: %w", spec, cerr)
		}
	}()
	info := target.Info()
	plan.Engines = expandEngines(plan.Engines, info.Engines)
	if name, ok := bench.CheckEngines(info, plan.Engines); !ok {
		return nil, fmt.Errorf("target %s: %w", spec, unknown("engine", name, info.Engines))
	}
	samples, err = plan.Run(ctx, target, e.progress.step)
	if mistake := (*bench.PlanError)(nil); errors.As(err, &mistake) {
		return nil, usagef("%v", err)
	}
	return samples, err
}

// expandEngines replaces "native" by the native engines there are.
func expandEngines(names, offered []string) []string {
	var engines []string
	for _, name := range names {
		if name != "native" {
			engines = append(engines, name)
			continue
		}
		for _, o := range offered {
			if bench.IsNative(o) {
				engines = append(engines, o)
			}
		}
	}
	return engines
}

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
