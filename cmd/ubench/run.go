// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/report"
)

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
  ubench run fletcher16 --engines jit --target unicorn,unicorn+code=sram
  ubench run fletcher16 --engines native,vm --sizes 0..64:+16,640 --plot time.svg
  ubench run --all --json > results.json
  ubench run --all --shard 1/4 --json > 1.json    # and 2/4 to 4/4 elsewhere; then ubench merge
  ubench run fletcher16 --format bench > new.txt && benchstat old.txt new.txt
  ubench run fletcher16 --program my-fletcher.o`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "sizes", Usage: "`SIZES` of the input, in the unit that ubench list names: 80,160 · 80..2560 (doubling) · 0..64:+8 (steps), also mixed (default: the benchmark's own)"},
			&cli.StringFlag{Name: "engines", Usage: "`LIST` of engines; native stands for all native ones (default: all the target has)"},
			targetFlag,
			codeFlag, noCyclesFlag, flashSpeedFlag, waitStatesFlag,
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
