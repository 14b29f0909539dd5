// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
)

func execCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "exec",
		Usage:     "run one program, or a batch of them, and print r0",
		ArgsUsage: "FILE|- [flags]",
		Description: `FILE is an ELF object, an image (see ubench pack), hex text or raw instructions; - is standard input.
r0 goes to standard output; what the program prints, then the state it left the devices in, and what it
cost, to standard error. Several inputs, engines or targets make a table, and must agree on r0.

A trace says what sensors, inputs and stores hold (SPEC.md, section 2), one record per line:
  sensor 130 2 -1 215 218      type, unit, scale, readings
  input 0 5 1 0                port, pin, levels
  keypad 2 0 3                 keys
  global 1 4711                key and value of the shared store; local: of the program's own
  clock 2500000 1000           microseconds at the start, and added by every look
What --state writes is a trace for the next program.

Maps (docs/maps.md) are shown as the program left them, to standard error: as the object's types of C say, or as numbers and bytes.

A batch has one JSON object per line, {"name": "…", "program": "hex", "mem": "hex"}, and is answered
line by line, in order, with {"name", "r0", "status", "pc"}: status is ok, the name of a status
(e-read, e-budget, …), or error with a message.

Examples:
  ubench exec program.o --entry main --mem 01020304
  ubench exec examples/weather_station/update_climate.bpf.o --trace sensors.txt --state state.txt
  ubench exec program.o --format packed --helpers printf,fetch_global
  ubench exec count.bpf.o --map limits=00000000:0a00000000000000 --before 0a000001 --mem 0a000001
  ubench exec program.hex --engine jit --target qemu:netduinoplus2 --json
  ubench exec program.o --mem 00 --mem 0102ff --engines vm,jit --target unicorn,qemu:netduinoplus2
  echo 'b700000007000000 9500000000000000' | ubench exec -
  ubench exec --batch programs.jsonl --engine vm
  ubench exec --batch programs.jsonl --shard 1/4 > 1.jsonl    # and 2/4 to 4/4 elsewhere; then ubench merge`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engine", Value: "vm", Usage: "`ENGINE` to run it on"},
			&cli.StringFlag{Name: "engines", Usage: "`LIST` of engines to run it on"},
			targetFlag,
			&cli.StringSliceFlag{Name: "mem", Usage: "context memory, as `HEX` or @FILE: r1 is its address, r2 its length; repeat it for several runs"},
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
			&cli.StringFlag{Name: "format", Usage: "send an object as this `FORMAT`: " + formatNames() + " (default: the first of them that can hold it)"},
			&cli.StringFlag{Name: "trace", Usage: "what devices read is in `FILE`"},
			&cli.StringFlag{Name: "state", Usage: "write the state of the devices to `FILE`"},
			&cli.StringFlag{Name: "helpers", Value: "all", Usage: "helpers it may call: `LIST` of names or ids, all, none"},
			&cli.Int64Flag{Name: "budget", Usage: fmt.Sprintf("stop after `N` backward jumps and calls (default: %d)", emu.DefaultBudget)},
			mapFlags[0], mapFlags[1],
			&cli.BoolFlag{Name: "json", Usage: "print the sample, as in a result file"},
			&cli.StringFlag{Name: "batch", Usage: "run the programs in the JSON lines of `FILE`, - for standard input"},
			shardFlag,
		},
		Action: func(c *cli.Context) error { return e.exec(c) },
	}
}

func (e *env) exec(c *cli.Context) error {
	if c.IsSet("batch") {
		for _, flag := range []string{"engines", "mem", "entry", "format", "trace", "state", "map", "before", "json"} {
			if c.IsSet(flag) {
				return usagef("--%s does not go with --batch", flag)
			}
		}
		if c.Args().Present() {
			return usagef("--batch %s already says what to run: leave out %q", c.String("batch"), c.Args().First())
		}
	} else if c.IsSet("shard") {
		return usagef("--shard is for --batch: name that too")
	} else if c.NArg() != 1 {
		return usagef("name one program: a file, or - for standard input")
	}
	engines := []string{c.String("engine")}
	if c.IsSet("engines") {
		if c.IsSet("engine") {
			return usagef("--engine and --engines contradict each other: choose one")
		}
		var err error
		if engines, err = parseList("engines", c.String("engines")); err != nil {
			return err
		}
	}
	for _, engine := range engines {
		if bench.RunsKernels(engine) {
			return usagef("engine %s runs kernels of the firmware, not programs: see ubench run", engine)
		}
	}
	helpers, err := parseHelpers(c.String("helpers"))
	if err != nil {
		return err
	}
	budget, err := parseBudget(c)
	if err != nil {
		return err
	}
	template := emu.Job{Engine: engines[0], Budget: budget}
	if c.IsSet("helpers") {
		template.Helpers = helpers
	}
	if c.IsSet("batch") {
		template.Unsafe = bench.ChecksNothing(template.Engine)
		return e.execBatch(c, template, c.String("batch"))
	}
	return e.execAll(c, template, engines, c.Args().First())
}
