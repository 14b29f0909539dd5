// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/firmware"
	"github.com/ubench-dev/ubench/report"
)

func mapsCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "maps",
		Usage:     "measure what maps cost: lookups, updates, ring buffers, beside the same in C",
		ArgsUsage: "[flags]",
		Description: `For each type of map, and for maps that are a tenth, half and wholly full: one lookup, one update, and so on, without the
loop around it, on each engine. C is the same source, compiled with gcc -O2 and counted on Unicorn's core of the same name.
What is in maps of a program is shown by ubench exec, in maps of a device by ubench device map.

Examples:
  ubench maps
  ubench maps --engines C,jit-plan --target unicorn:cortex-m3
  ubench maps --plot maps.svg
  ubench maps --json > maps.json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engines", Usage: "`LIST` of C, helper, vm, jit, jit-plan (default: all the target has)"},
			&cli.StringFlag{Name: "target", Value: defaultTarget, Usage: "`TARGET` to measure on; see ubench list"},
			&cli.StringFlag{Name: "format", Value: "table", Usage: "print `FORMAT`: table, json or csv"},
			&cli.BoolFlag{Name: "json", Usage: "the same as --format json"},
			&cli.BoolFlag{Name: "csv", Usage: "the same as --format csv"},
			&cli.StringFlag{Name: "plot", Usage: "draw the figure into `FILE`.svg, .png or .pdf"},
		},
		Action: func(c *cli.Context) error { return e.mapCosts(c) },
	}
}

func (e *env) mapCosts(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("unexpected argument %q; what is in maps is shown by ubench exec and ubench device map", c.Args().First())
	}
	format, err := outputFormat(c, "table", "json", "csv")
	if err != nil {
		return err
	}
	plot := c.String("plot")
	if plot != "" {
		if err := checkPlot(plot); err != nil {
			return err
		}
	}
	known := slices.Clone(bench.MapEngines)
	known[slices.Index(known, bench.MapsHelper)] = "helper" // no comma in a list
	var names, engines []string
	if c.IsSet("engines") {
		if names, err = parseList("engines", c.String("engines")); err != nil {
			return err
		}
	}
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return unknown("engine", name, known)
		}
		engines = append(engines, bench.MapEngines[i])
	}
	target, err := e.targets.open(c.Context, c.String("target"))
	if err != nil {
		return err
	}
	defer target.Close()
	info := target.Info()
	if _, err := firmware.ELF(info.Board); err != nil {
		return usagef("target %s counts nothing: choose another (see ubench list)", info.Target)
	}
	for _, name := range engines {
		if name != bench.MapsInC && name != bench.MapsHelper && !slices.Contains(info.Engines, name) {
			return fmt.Errorf("%s has no engine %s: its engines are in ubench list", info.Target, name)
		}
	}
	costs, err := bench.MeasureMaps(c.Context, target, bench.MapUses(), engines, e.progress.step)
	if err != nil {
		return err
	}
	e.progress.clear()
	if plot != "" {
		if err := report.MapsFigure(costs).Save(plot); err != nil {
			return err
		}
	}
	switch format {
	case "json":
		return e.printJSON(costs)
	case "csv":
		return report.WriteMapsCSV(e.stdout, costs)
	}
	return e.writeTables(report.MapTables(costs))
}
