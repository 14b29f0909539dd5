// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

func disasmCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "disasm",
		Usage:     "show a program's instructions beside the machine code they become",
		ArgsUsage: "BENCHMARK|FILE|- [flags]",
		Description: `FILE is an ELF object, an image, hex text or raw instructions; - is standard input. To the left is
eBPF, with slots as jumps name them and source lines where the object has BTF; to the right the
Thumb-2 it became, by offset in the code, the same as on the device. An instruction without code
became part of a later one, or has no effect. A loop that is compiled in two forms shows the test that
chooses, the form without checks, and the one with checks. What follows a check that failed, and the
ways to the firmware's routines, stand behind jumps and exits, off the straight line.

Examples:
  ubench disasm fletcher16
  ubench disasm prog.o --entry second --engine jit-unchecked --core cortex-m3
  ubench disasm prog.packed --engine vm
  ubench disasm prog.o --phases
  echo 'b700000007000000 9500000000000000' | ubench disasm - --json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engine", Value: "jit", Usage: "`ENGINE` that compiles it: jit, jit-compact, jit-plan, jit-unchecked or jit-plan-unchecked; vm for eBPF alone"},
			&cli.StringFlag{Name: "core", Value: string(unicorn.CortexM4), Usage: "`CORE` it is compiled for: cortex-m3 or cortex-m4"},
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
			&cli.BoolFlag{Name: "phases", Usage: "show instead what each analysis of the host finds, and the plan made of it"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(c *cli.Context) error { return e.disasm(c) },
	}
}

// disassembly is what ubench disasm prints.
type disassembly struct {
	Program      string   `json:"program"`
	Engine       string   `json:"engine"`
	Core         string   `json:"core,omitempty"`
	CodeBytes    int      `json:"code_bytes,omitempty"`
	Instructions []listed `json:"instructions"`
}

func (e *env) disasm(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one benchmark or program: a file, or - for standard input")
	}
	engine, core := c.String("engine"), unicorn.Core(c.String("core"))
	if engines := []string{"jit", "jit-compact", "jit-plan", "jit-plan-unchecked", "jit-unchecked", "vm"}; !slices.Contains(engines, engine) {
		return unknown("engine", engine, engines)
	}
	if err := checkCore(core); err != nil {
		return err
	}
	job, program, err := e.disasmJob(c, engine)
	if err != nil {
		return err
	}
	var name func(slot int) string
	if program != nil && job.Format != abi.ELFObject {
		name = program.AddressAt
	} else if program, name, err = loadedProgram(fileName(c.Args().First()), job); err != nil { // devices link objects in their own order
		return err
	}
	if c.Bool("phases") {
		k, err := planner.Look(program)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "%s: %d slots\n%s", program.Name, program.Slots(), k.Phases())
		return err
	}
	d := disassembly{Program: program.Name, Engine: engine, Instructions: list(program, name)}
	switch engine {
	case "vm":
	default:
		code, where, err := compileHere(c.Context, job, core)
		if fault := (abi.Fault{}); errors.As(err, &fault) {
			return fmt.Errorf("%s: %w%s", program.Name, fault, sourceOf(program, job.Format, fault))
		}
		if err != nil {
			return err
		}
		d.Core, d.CodeBytes = string(core), len(code)
		addCode(d.Instructions, code, where)
	}
	if c.Bool("json") {
		out := json.NewEncoder(e.stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(d)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d instructions", d.Program, len(d.Instructions))
	if engine != "vm" {
		fmt.Fprintf(&b, "; %s for %s makes %d bytes", engine, core, d.CodeBytes)
	}
	b.WriteString("\n")
	writeListing(&b, d.Instructions)
	_, err = fmt.Fprint(e.stdout, b.String())
	return err
}

// disasmJob makes a job of a benchmark or a file, to be compiled. program is nil for images.
func (e *env) disasmJob(c *cli.Context, engine string) (emu.Job, *image.Program, error) {
	name, template := c.Args().First(), emu.Job{Engine: engine}
	for _, b := range e.benchmarks {
		if b.Name == name {
			program, err := image.LoadObject(name, b.Object, cmp.Or(c.String("entry"), name))
			if err != nil {
				return emu.Job{}, nil, err
			}
			job, err := programJob(template, program)
			return job, program, err
		}
	}
	data, err := readAll(e.stdin, name, maxProgramFile)
	if err != nil {
		return emu.Job{}, nil, err
	}
	return execJob(template, fileName(name), data, c.String("entry"), "")
}
