// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
)

// tunings are the sets of options --tune tries, the default first. What they do to loops is what matters on a device: variables
// of 32 bits that stay so need no second half, and code in the order of the source needs fewer registers. docs/measured.md has
// what each gave on the benchmarks.
var tunings = []string{
	"-O2",
	"-O2 -mllvm -indvars-widen-indvars=false -mllvm -pre-RA-sched=source",
	"-O2 -fno-unroll-loops",
	"-Os -mllvm -unroll-threshold=150 -mllvm -indvars-widen-indvars=false -mllvm -pre-RA-sched=source",
	"-Os",
	"-O3",
}

// tuned is what a set of options gave.
type tuned struct {
	options string
	cycles  uint64 // of all inputs together
	code    int    // bytes the engine made
	refused string // why it is out; empty if it is not
	answers []emu.Outcome
}

// tune compiles a source with each set of options, runs the objects and returns the fastest set; of equal ones the one with the
// least code, then the first.
func (e *env) tune(c *cli.Context, cc *compiler, source string, flags []string) (best []string, err error) {
	target, err := e.open(c, "unicorn", c.String("engine"))
	if err != nil {
		return nil, err
	}
	defer target.Close()
	inputs := c.StringSlice("mem")
	if len(inputs) == 0 {
		inputs = []string{""}
	}
	var contexts [][]byte
	for _, mem := range inputs {
		context, err := parseMemory(mem)
		if err != nil {
			return nil, err
		}
		contexts = append(contexts, context)
	}
	var rows []tuned
	for _, options := range tunings {
		row, err := tryTuning(c, cc, target, source, append(strings.Fields(options), flags...), contexts)
		if err != nil {
			return nil, err
		}
		row.options = options
		if len(rows) > 0 && row.refused == "" && rows[0].refused == "" && !sameAnswers(rows[0].answers, row.answers) {
			row.refused = "gives other answers than " + tunings[0] + ": the program counts on what C leaves open"
		}
		rows = append(rows, row)
	}
	if rows[0].refused != "" {
		return nil, fmt.Errorf("%s: %s with %s", source, rows[0].refused, tunings[0])
	}
	chosen := 0
	for i, r := range rows {
		b := rows[chosen]
		if r.refused == "" && (r.cycles < b.cycles || r.cycles == b.cycles && r.code < b.code) {
			chosen = i
		}
	}
	fmt.Fprintf(e.stdout, "%s on %s, %d input(s), cycles: %s\n\n  %12s %7s %6s  options\n", filepath.Base(source), c.String("engine"), len(inputs),
		target.Info().CyclesLabel, "cycles", "", "code")
	for i, r := range rows {
		mark := " "
		if i == chosen {
			mark = "*"
		}
		if r.refused != "" {
			fmt.Fprintf(e.stdout, "%s %12s %7s %6s  %s (%s)\n", mark, "-", "", "-", r.options, r.refused)
			continue
		}
		fmt.Fprintf(e.stdout, "%s %12d %6.2fx %6d  %s\n", mark, r.cycles, float64(r.cycles)/float64(max(rows[0].cycles, 1)), r.code, r.options)
	}
	fmt.Fprintln(e.stdout)
	return strings.Fields(rows[chosen].options), nil
}

// tryTuning compiles and runs with one set of options. The error is for what has nothing to do with them.
func tryTuning(c *cli.Context, cc *compiler, target emu.Target, source string, flags []string, contexts [][]byte) (row tuned, err error) {
	object, _, err := cc.compile(c.Context, source, flags)
	if errors.Is(err, context.Canceled) {
		return row, err
	}
	if err != nil {
		return tuned{refused: "it does not compile"}, nil
	}
	program, err := image.LoadObject(filepath.Base(source), object, c.String("entry"))
	if err != nil {
		return tuned{refused: oneLine(err)}, nil
	}
	for _, context := range contexts {
		job, err := programJob(emu.Job{Engine: c.String("engine")}, program)
		if err != nil {
			return tuned{refused: oneLine(err)}, nil
		}
		job.Context, job.WantContext = context, true
		got, err := target.Run(c.Context, job)
		switch {
		case err != nil:
			return row, err
		case got.Fault.Status != abi.OK:
			return tuned{refused: "it stops: " + got.Fault.Error()}, nil
		case got.Execute == nil:
			return row, fmt.Errorf("engine %s is not counted on %s", c.String("engine"), target.Info().Target)
		}
		row.cycles += uint64(got.Execute.Cycles)
		row.code = got.CodeBytes
		row.answers = append(row.answers, got)
	}
	return row, nil
}

func sameAnswers(a, b []emu.Outcome) bool {
	for i := range a {
		if a[i].Result != b[i].Result || !bytes.Equal(a[i].Context, b[i].Context) {
			return false
		}
	}
	return true
}
