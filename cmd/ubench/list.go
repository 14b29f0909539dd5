// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/report"
)

// engineDocs describes the engines people meet in tables, in the order of the firmware.
var engineDocs = []struct{ Name, Doc string }{
	{"native-Os", "the benchmark's own C, compiled into the firmware with -Os"},
	{"native-O2", "the same with -O2: ratios are quoted against it"},
	{"native-O3", "the same with -O3"},
	{"vm", "interpreter: all of RFC 9669, checked memory, budget"},
	{"jit", "compiler to Thumb-2 on the device, checked memory, budget"},
	{"jit-unchecked", "jit without checks and budget: shows what safety costs, for measuring only"},
	{"jit-compact", "jit with one version of each loop: less code, compiled sooner; only when asked for"},
	{"jit-plan", "compiler in one pass, which follows the plan beside a program and checks it; only when asked for"},
	{"jit-plan-unchecked", "jit-plan without checks and budget, for measuring only; only when asked for"},
	{"femto", "interpreter in the style of Femto-Containers"},
	{"rbpf", "interpreter in the style of rbpf"},
	{"rbpf-decode", "rbpf with a cheaper decode; only when asked for"},
	{"rbpf-cache", "rbpf with a cache of the region found last; only when asked for"},
	{"vm-portable", "vm in C alone, which does not rewrite the program; only when asked for"},
	{"wasm2c", "the benchmark's C through WebAssembly, compiled ahead of time, checked, without a budget; only when asked for"},
}

func engineDoc(name string) string {
	for _, e := range engineDocs {
		if e.Name == name {
			return e.Doc
		}
	}
	return ""
}

// inventory is what ubench list prints.
type inventory struct {
	Benchmarks []inventoryBenchmark `json:"benchmarks"`
	Engines    []inventoryEngine    `json:"engines"`
	Targets    []targetStatus       `json:"targets"`
	Formats    []string             `json:"formats"`
	Helpers    []inventoryHelper    `json:"helpers"`
}

type inventoryBenchmark struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Sizes   []int  `json:"sizes,omitempty"` // measured unless others are asked for
	MinSize int    `json:"min_size"`
	MaxSize int    `json:"max_size"`
}

type inventoryEngine struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

type inventoryHelper struct {
	ID        uint16 `json:"id"`
	Name      string `json:"name"`
	Arguments int    `json:"arguments"`
}

func listCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "list benchmarks, engines, targets, image formats and helpers",
		ArgsUsage:   "[flags]",
		Description: "Examples:\n  ubench list\n  ubench list --json",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON"}},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unexpected argument %q", c.Args().First())
			}
			inv := e.inventory(c.Context)
			if c.Bool("json") {
				out := json.NewEncoder(e.stdout)
				out.SetIndent("", "  ")
				return out.Encode(inv)
			}
			return e.writeTables(inv.tables())
		},
	}
}

// inventory asks the firmware for its engines, if the default target can start.
func (e *env) inventory(ctx context.Context) inventory {
	var inv inventory
	for _, b := range e.benchmarks {
		row := inventoryBenchmark{Name: b.Name, Doc: b.Doc}
		if b.Sized {
			row.Sizes, row.MinSize, row.MaxSize = b.DefaultSizes, b.MinSize, b.MaxSize
		}
		inv.Benchmarks = append(inv.Benchmarks, row)
	}
	if target, err := e.targets.open(ctx, defaultTarget); err == nil {
		for _, name := range target.Info().Engines {
			inv.Engines = append(inv.Engines, inventoryEngine{name, engineDoc(name)})
		}
		target.Close()
	} else {
		for _, d := range engineDocs {
			inv.Engines = append(inv.Engines, inventoryEngine(d))
		}
	}
	inv.Targets = e.targets.list(ctx)
	for _, f := range abi.Formats() {
		inv.Formats = append(inv.Formats, f.String())
	}
	for _, h := range abi.Helpers() {
		inv.Helpers = append(inv.Helpers, inventoryHelper(h))
	}
	return inv
}

func (inv inventory) tables() []*report.Table {
	left := []bool{true, true, true}
	bs := &report.Table{Header: []string{"benchmark", "sizes", "what it is"}, Left: left}
	for _, b := range inv.Benchmarks {
		sizes := ""
		if n := len(b.Sizes); n > 0 {
			sizes = strconv.Itoa(b.Sizes[0])
			if n > 1 {
				sizes += ".." + strconv.Itoa(b.Sizes[n-1])
			}
		}
		bs.Rows = append(bs.Rows, report.Row{Cells: []string{b.Name, sizes, b.Doc}})
	}
	es := &report.Table{Header: []string{"engine", "what it is"}, Left: left}
	for _, x := range inv.Engines {
		es.Rows = append(es.Rows, report.Row{Cells: []string{x.Name, x.Doc}})
	}
	var names []string
	for _, h := range inv.Helpers {
		names = append(names, h.Name)
	}
	rest := &report.Table{Header: []string{"also", ""}, Left: left, Rows: []report.Row{
		{Cells: []string{"formats", strings.Join(inv.Formats, ", ")}},
		{Cells: []string{"helpers", fmt.Sprintf("%d, named in ubench list --json", len(names))}},
	}}
	return []*report.Table{bs, es, targetTable(inv.Targets), rest}
}

func targetTable(targets []targetStatus) *report.Table {
	t := &report.Table{Header: []string{"target", "works", "what it is, or what to do"}, Left: []bool{true, true, true}}
	for _, s := range targets {
		row := report.Row{Cells: []string{s.Spec, "yes", s.Reason}}
		if !s.Works {
			row.Cells[1], row.Bad = "no", true
			if s.Install != "" {
				row.Cells[2] += ": " + s.Install
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
