// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
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

Maps (docs/maps.md) are shown as the program left them, to standard error: numbers where keys and values have the size of one.

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

// open starts the target of a command that runs programs.
func (e *env) open(c *cli.Context, spec string, engines ...string) (emu.Target, error) {
	target, err := e.targets.open(c.Context, spec)
	if err != nil {
		return nil, err
	}
	info := target.Info()
	if name, ok := bench.CheckEngines(info, engines); !ok {
		target.Close()
		return nil, fmt.Errorf("target %s: %w", spec, unknown("engine", name, info.Engines))
	}
	return target, nil
}

// memoryNeeds says what a job takes of the device's memory, and how much there is.
func memoryNeeds(p *image.Program, job emu.Job, info emu.Info) string {
	text := fmt.Sprintf("image %d bytes, context %d, trace %d, stack %d", len(job.Image), len(job.Context), len(job.Trace), programStack)
	if p != nil {
		text += fmt.Sprintf(", instructions %d, data %d", len(p.Text), len(p.Rodata)+len(p.Data)+int(p.BSS))
	}
	return fmt.Sprintf("%s; %s has %d for all, and for what the engine makes of it", text, info.Target, info.ArenaBytes)
}

// execJob makes a job of the bytes of a file. program is nil for images, which run as they are.
func execJob(template emu.Job, name string, data []byte, entry, format string) (emu.Job, *image.Program, error) {
	wanted, err := parseFormat(format)
	if err != nil {
		return emu.Job{}, nil, err
	}
	if f, ok := image.Detect(data); ok && f != abi.ELFObject {
		if wanted != 0 && wanted != f {
			return emu.Job{}, nil, usagef("--format %s: %s is an image of format %s already", format, name, f)
		}
		job := template
		job.Format, job.Image, job.Unsafe = f, data, bench.ChecksNothing(job.Engine)
		job.Entry, err = image.EntryNamed(f, data, entry)
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return job, nil, err
	}
	program, err := programOf(name, data, entry)
	if err != nil {
		return emu.Job{}, nil, err
	}
	job, err := programJob(template, program)
	if wanted == 0 || err != nil && !errors.Is(err, image.ErrUnsupported) {
		return job, program, err
	}
	job.Format, job.Entry, job.Budget = wanted, program.EntryIndex(wanted), template.Budget
	job.Image, err = program.Encode(wanted)
	return job, program, err
}

// readTrace reads what devices hold; "" is nothing.
func readTrace(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := readAll(nil, file, maxProgramFile)
	if err != nil {
		return nil, err
	}
	trace, err := abi.ParseTrace(string(text))
	if err != nil {
		return nil, fmt.Errorf("trace %s: %w", file, err)
	}
	return trace, nil
}

// showDevices prints what the program printed and the state of the devices, and writes the state to
// a file, "" for none. Lines that cannot be part of a trace become comments.
func (e *env) showDevices(text string, devices []string, file string) error {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	var shown, state strings.Builder
	for _, line := range devices {
		fmt.Fprintf(&shown, "devices: %s\n", line)
		if _, err := abi.ParseTrace(line); err != nil {
			line = "# " + line
		}
		fmt.Fprintln(&state, line)
	}
	if _, err := io.WriteString(e.stderr, text+shown.String()); err != nil || file == "" {
		return err
	}
	return writeFile(file, []byte(state.String()))
}

// sourceOf is the source line of a fault, where it is known.
func sourceOf(p *image.Program, f abi.Format, fault abi.Fault) string {
	if p == nil || f == abi.ELFObject { // a device links objects in its own order
		return ""
	}
	if line, ok := p.LineOf(int(fault.PC)); ok && fault.AtInstruction() {
		return fmt.Sprintf(" (%s:%d: %s)", line.File, line.Line, strings.TrimSpace(line.Text))
	}
	return ""
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

// formatNames lists the image formats.
func formatNames() string {
	var names []string
	for _, f := range abi.Formats() {
		names = append(names, f.String())
	}
	return strings.Join(names, ", ")
}

// parseFormat finds an image format by its name; "" is 0.
func parseFormat(name string) (abi.Format, error) {
	if name == "" {
		return 0, nil
	}
	for _, f := range abi.Formats() {
		if f.String() == name {
			return f, nil
		}
	}
	return 0, unknown("format", name, strings.Split(formatNames(), ", "))
}
