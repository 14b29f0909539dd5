// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"ubench/abi"
	"ubench/bench"
	"ubench/emu"
	"ubench/image"
	"ubench/report"
)

func execCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "exec",
		Usage:     "run one program, or a batch of them, and print r0",
		ArgsUsage: "FILE|- [flags]",
		Description: `FILE is an ELF object, hex text or raw instructions; - is standard input. r0 goes to standard
output, what the program prints to standard error.

A batch has one JSON object per line, {"name": "…", "program": "hex", "mem": "hex"}, and is answered
line by line, in order, with {"name", "r0", "status", "pc"}: status is ok, the name of a status
(e-read, e-budget, …), or error with a message.

Examples:
  ubench exec program.o --entry main --mem 01020304
  ubench exec program.hex --engine jit --target qemu:netduinoplus2 --json
  echo 'b700000007000000 9500000000000000' | ubench exec -
  ubench exec --batch programs.jsonl --engine vm`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engine", Value: "vm", Usage: "`ENGINE` to run it on"},
			&cli.StringFlag{Name: "target", Value: defaultTarget, Usage: "`TARGET` to run it on; see ubench list"},
			&cli.StringFlag{Name: "mem", Usage: "context memory, as `HEX` or @FILE: r1 is its address, r2 its length"},
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
			&cli.StringFlag{Name: "helpers", Value: "all", Usage: "helpers it may call: `LIST` of names or ids, all, none"},
			&cli.Int64Flag{Name: "budget", Usage: fmt.Sprintf("stop after `N` backward jumps and calls (default: %d)", emu.DefaultBudget)},
			&cli.BoolFlag{Name: "json", Usage: "print the sample, as in a result file"},
			&cli.StringFlag{Name: "batch", Usage: "run the programs in the JSON lines of `FILE`, - for standard input"},
		},
		Action: func(c *cli.Context) error { return e.exec(c) },
	}
}

func (e *env) exec(c *cli.Context) error {
	if c.IsSet("batch") {
		for _, flag := range []string{"mem", "entry", "json"} {
			if c.IsSet(flag) {
				return usagef("--%s does not go with --batch", flag)
			}
		}
		if c.Args().Present() {
			return usagef("--batch %s already says what to run: leave out %q", c.String("batch"), c.Args().First())
		}
	} else if c.NArg() != 1 {
		return usagef("name one program: a file, or - for standard input")
	}
	engine := c.String("engine")
	if bench.IsNative(engine) {
		return usagef("engine %s runs kernels of the firmware, not programs: see ubench run", engine)
	}
	helpers, err := parseHelpers(c.String("helpers"))
	if err != nil {
		return err
	}
	budget, err := parseBudget(c)
	if err != nil {
		return err
	}
	template := emu.Job{Engine: engine, Budget: budget}
	if c.IsSet("helpers") {
		template.Helpers = helpers
	}
	if c.IsSet("batch") {
		return e.execBatch(c, template, c.String("batch"))
	}
	return e.execOne(c, template, c.Args().First())
}

// open starts the target of a command that runs programs on one engine.
func (e *env) open(c *cli.Context, engine string) (emu.Target, error) {
	spec := c.String("target")
	target, err := e.targets.open(c.Context, spec)
	if err != nil {
		return nil, err
	}
	info := target.Info()
	if name, ok := bench.CheckEngines(info, []string{engine}); !ok {
		target.Close()
		return nil, fmt.Errorf("target %s: %w", spec, unknown("engine", name, info.Engines))
	}
	return target, nil
}

func (e *env) execOne(c *cli.Context, template emu.Job, file string) error {
	program, err := readProgram(e.stdin, file, c.String("entry"))
	if err != nil {
		return err
	}
	job, err := programJob(template, program)
	if err != nil {
		return err
	}
	if job.Context, err = parseMemory(c.String("mem")); err != nil {
		return err
	}
	job.WantOutput = true
	target, err := e.open(c, job.Engine)
	if err != nil {
		return err
	}
	defer target.Close()
	info := target.Info()
	if len(job.Context)+len(job.Image) > int(info.ArenaBytes) && info.ArenaBytes > 0 {
		return usagef("a program of %d bytes and memory of %d bytes do not fit: %s has %d bytes for both",
			len(job.Image), len(job.Context), info.Target, info.ArenaBytes)
	}
	got, err := target.Run(c.Context, job)
	if err != nil {
		return fmt.Errorf("target %s: %w", info.Target, err)
	}
	if len(got.Output) > 0 {
		if _, err := e.stderr.Write(got.Output); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		r := report.Results{Version: versionText(), Samples: []bench.Sample{bench.NewSample(program.Name, job, got, info)}}
		if err := r.WriteJSON(e.stdout); err != nil {
			return err
		}
	} else if got.Fault.Status == abi.OK {
		if _, err := fmt.Fprintf(e.stdout, "%#x\n", got.Result); err != nil {
			return err
		}
	}
	if got.Fault.Status != abi.OK {
		return fmt.Errorf("%s: %w", program.Name, got.Fault)
	}
	return nil
}

// programJob fills a template with a program.
func programJob(template emu.Job, program *image.Program) (emu.Job, error) {
	job, err := bench.NewJob(template.Engine, program)
	if err != nil {
		return emu.Job{}, err
	}
	job.Budget = template.Budget
	if template.Helpers != nil {
		job.Helpers = template.Helpers
	}
	return job, nil
}
