// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/report"
)

// tools are programs that some commands want, and what to install for them on Debian.
var tools = []struct {
	names   []string // any of them will do
	purpose string
	install string
}{
	{[]string{"clang-19", "clang-18", "clang-17", "clang-16", "clang"}, "ubench build: compile programs", "clang-19"},
	{[]string{"qemu-system-arm"}, "the qemu targets", "qemu-system-arm"},
	{[]string{"arm-none-eabi-gcc"}, "make firmware: rebuild the firmware", "gcc-arm-none-eabi"},
	{[]string{"gdb-multiarch", "arm-none-eabi-gdb"}, "debug the firmware", "gdb-multiarch"},
}

// diagnosis is what ubench doctor prints.
type diagnosis struct {
	Version  string         `json:"version"`
	Platform string         `json:"platform"`
	Targets  []targetStatus `json:"targets"`
	Tools    []toolStatus   `json:"tools"`
}

type toolStatus struct {
	Name    string `json:"tool"`
	Found   string `json:"found,omitempty"` // its version line
	Purpose string `json:"purpose"`
	Install string `json:"install,omitempty"`
}

func doctorCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "doctor",
		Usage:     "check what is installed and which targets work",
		ArgsUsage: "[flags]",
		Description: `Starts every target and runs a benchmark on it. The exit status is 1 if the default target,
` + defaultTarget + `, does not work; the others are optional.

Examples:
  ubench doctor
  ubench doctor --json`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON"}},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unexpected argument %q", c.Args().First())
			}
			return e.doctor(c)
		},
	}
}

func (e *env) doctor(c *cli.Context) error {
	d := diagnosis{Version: versionText(), Platform: runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version()}
	for _, s := range e.targets.list(c.Context) {
		if s.Works && !bench.IsBoard(s.Spec) { // a serial port need not have a board
			e.progress.step(0, 0, "trying "+s.Spec)
			if what, err := e.try(c.Context, s.Spec); err != nil {
				s.Works, s.Reason = false, oneLine(err)
			} else {
				s.Reason = what
			}
		}
		if err := c.Context.Err(); err != nil {
			return err
		}
		d.Targets = append(d.Targets, s)
	}
	for _, t := range tools {
		d.Tools = append(d.Tools, findTool(c.Context, t.names, t.purpose, t.install))
	}
	e.progress.clear()
	if err := e.writeDiagnosis(d, c.Bool("json")); err != nil {
		return err
	}
	i := slices.IndexFunc(d.Targets, func(s targetStatus) bool { return s.Spec == defaultTarget })
	if i < 0 || !d.Targets[i].Works {
		return fmt.Errorf("the default target, %s, does not work", defaultTarget)
	}
	return nil
}

// try runs the smallest benchmark on all engines of a target.
func (e *env) try(ctx context.Context, spec string) (what string, err error) {
	plan := bench.Plan{Benchmarks: []benchmarks.Benchmark{e.benchmarks[0]}, Sizes: []int{80}, Repeat: 1}
	samples, err := e.measureOn(ctx, plan, spec)
	if err != nil {
		return "", err
	}
	for _, s := range samples {
		if !s.OK {
			return "", fmt.Errorf("%s on %s: %s", s.Benchmark, s.Engine, s.Error)
		}
	}
	if len(samples) == 0 {
		return "", fmt.Errorf("no engine ran %s", e.benchmarks[0].Name)
	}
	what = fmt.Sprintf("%s, %d engines right", samples[0].Core, len(samples))
	if label := samples[0].CyclesLabel; label != "" {
		what += "; cycles " + label
	} else if err := unicorn.CanModel(); err != nil && strings.HasPrefix(spec, "unicorn") {
		what += "; " + oneLine(err)
	}
	return what, nil
}

// findTool looks for the first of several programs.
func findTool(ctx context.Context, names []string, purpose, install string) toolStatus {
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, name, "--version").Output()
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(out), "\n")
		return toolStatus{Name: name, Found: strings.TrimSpace(first), Purpose: purpose}
	}
	return toolStatus{Name: names[0], Purpose: purpose, Install: "apt-get install " + install}
}

func (e *env) writeDiagnosis(d diagnosis, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(e.stdout)
		out.SetIndent("", "  ")
		return out.Encode(d)
	}
	if _, err := fmt.Fprintf(e.stdout, "ubench %s, %s\n\n", d.Version, d.Platform); err != nil {
		return err
	}
	ts := &report.Table{Header: []string{"tool", "for", "found, or what to do"}, Left: []bool{true, true, true}}
	for _, t := range d.Tools {
		row := report.Row{Cells: []string{t.Name, t.Purpose, t.Found}}
		if t.Found == "" {
			row.Cells[2] = "optional: " + t.Install
		}
		ts.Rows = append(ts.Rows, row)
	}
	return e.writeTables([]*report.Table{targetTable(d.Targets), ts})
}
