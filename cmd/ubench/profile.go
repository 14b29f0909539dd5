// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/bare"
	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/firmware"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/jit"
)

func profileCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "profile",
		Usage:     "show where the modelled cycles of a program go",
		ArgsUsage: "BENCHMARK|FILE [flags]",
		Description: `Runs a benchmark, or the program in FILE (an object, an image, hex or raw), on an emulated Cortex-M and shows what executing it cost, by
function or by instruction. Setting up (loading, verifying, compiling) is left out, or all there is
with --set-up.

Examples:
  ubench profile fletcher16 --engine vm --size 640
  ubench profile program.o --mem @input.bin --engine jit --listing
  ubench profile fletcher16 --engine native-O2 -o fletcher.pb.gz && go tool pprof -http : fletcher.pb.gz`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "core", Value: string(unicorn.CortexM4), Usage: "`CORE`: cortex-m3 or cortex-m4"},
			&cli.StringFlag{Name: "engine", Value: "vm", Usage: "`ENGINE` to run it on"},
			&cli.IntFlag{Name: "size", Usage: "`SIZE` of a benchmark's input (default: its largest usual one)"},
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
			&cli.StringFlag{Name: "mem", Usage: "context memory of a program, as `HEX` or @FILE"},
			&cli.StringFlag{Name: "o", Usage: "write a profile for go tool pprof to `FILE`"},
			&cli.BoolFlag{Name: "set-up", Usage: "profile loading, verifying and compiling instead of executing"},
			&cli.BoolFlag{Name: "listing", Usage: "print the instructions executed, with what each cost"},
			codeFlag, flashSpeedFlag, waitStatesFlag,
		},
		Action: func(c *cli.Context) error { return e.profile(c) },
	}
}

func (e *env) profile(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one benchmark or program")
	}
	core := unicorn.Core(c.String("core"))
	if err := checkCore(core); err != nil {
		return err
	}
	model, err := modelOptions(c)
	if err != nil {
		return err
	}
	job, program, err := e.profileJob(c, c.Args().First())
	if err != nil {
		return err
	}
	steps := []string{"step_execute"}
	if job.LoadOnly = c.Bool("set-up"); job.LoadOnly {
		steps = []string{"step_load", "step_verify", "step_prepare"}
	}
	noAlias, err := codePlace(c)
	if err != nil {
		return err
	}
	var m *meter.Meter
	target, err := unicorn.Open(c.Context, unicorn.Options{Core: core, NoAlias: noAlias, Model: func(core unicorn.Core) (unicorn.Model, error) {
		var err error
		m, err = gated(core, model, steps...)
		return m, err
	}})
	if err != nil {
		return err
	}
	defer target.Close()
	info := target.Info()
	if name, ok := bench.CheckEngines(info, []string{job.Engine}); !ok {
		return unknown("engine", name, info.Engines)
	}
	m.Clear() // the agent measured what an empty job costs
	stop := e.progress.watch("profiling " + c.Args().First() + " on " + job.Engine)
	sample, err := target.Run(c.Context, job)
	stop()
	if err != nil {
		return err
	}
	spent := m.Profile()
	if sample.Fault.Status != 0 {
		return sample.Fault
	}
	firmwareELF, err := firmware.ELF(info.Board)
	if err != nil {
		return err
	}
	f, err := elf.NewFile(bytes.NewReader(firmwareELF))
	if err != nil {
		return fmt.Errorf("firmware: %w", err)
	}
	p := newPlaces(f)
	if cycles.RegionOf(sample.CodeAddr, 0) == cycles.SRAMRegion {
		if p.code, err = compiledCode(c.Context, target, job, program); err != nil {
			return err
		}
	}
	costs := bare.PathCosts(m)
	if sample.Aliased {
		spent, costs = whereItLies(spent, costs, sample)
	}
	if file := c.String("o"); file != "" {
		if err := writeProfile(file, p, info.CyclesLabel, costs); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.stdout, "cycles: %s, on %s\n", info.CyclesLabel, info.Core)
	if c.Bool("listing") {
		printListing(e.stdout, p, spent)
	} else {
		printFunctions(e.stdout, p, spent)
	}
	return nil
}

// whereItLies tells of code that was fetched through the alias of SRAM by the addresses where it lies, as everything else does.
func whereItLies(spent map[uint32]meter.Spent, costs []bare.PathCost, sample emu.Outcome) (map[uint32]meter.Spent, []bare.PathCost) {
	moved := func(addr uint32) uint32 {
		if addr+emu.Alias-sample.CodeAddr < uint32(sample.CodeBytes) {
			return addr + emu.Alias
		}
		return addr
	}
	shown := map[uint32]meter.Spent{}
	for addr, s := range spent {
		s.Insn.Target = moved(s.Insn.Target)
		s.Insn.Addr = moved(addr)
		shown[s.Insn.Addr] = s
	}
	for i := range costs {
		costs[i].Addr = moved(costs[i].Addr)
		for k, call := range costs[i].Calls {
			costs[i].Calls[k] = moved(call)
		}
	}
	return shown, costs
}

// compiledCode compiles the program on the host, too, which tells where the code of each instruction is, and makes
// sure that it is the code the device has.
func compiledCode(ctx context.Context, target emu.Target, job emu.Job, program *image.Program) (*compiled, error) {
	job.LoadOnly, job.WantCode = true, true
	device, err := target.Run(ctx, job)
	if err != nil {
		return nil, err
	}
	code, where, err := compileHere(ctx, job, unicorn.Core(target.Info().Core))
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(code, device.Code) {
		return nil, errors.New("the compiler makes other code on this computer than on the device; please report it")
	}
	return newCompiled(device.CodeAddr, uint32(device.CodeBytes), program, where), nil
}

// compileHere compiles the program of a job on this computer.
func compileHere(ctx context.Context, job emu.Job, core unicorn.Core) (code []byte, where []jit.Place, err error) {
	desk, err := host.New(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer desk.Close()
	return desk.Compile(ctx, job, core == unicorn.CortexM4)
}

// profileJob makes the job for a benchmark's name or a file; program is nil for native engines.
func (e *env) profileJob(c *cli.Context, name string) (job emu.Job, program *image.Program, err error) {
	engine := c.String("engine")
	for _, b := range e.benchmarks {
		if b.Name != name {
			continue
		}
		size := c.Int("size")
		if size == 0 && len(b.DefaultSizes) > 0 {
			size = b.DefaultSizes[len(b.DefaultSizes)-1]
		}
		if b.Sized && (size < b.MinSize || size > b.MaxSize) {
			return job, nil, usagef("--size %d is not from %d to %d", size, b.MinSize, b.MaxSize)
		}
		job = emu.Job{Engine: engine, Kernel: name}
		if !bench.RunsKernels(engine) {
			if program, err = image.LoadObject(name, b.Object, name); err != nil {
				return job, nil, err
			}
			if job, err = bench.NewJob(engine, program); err != nil {
				return job, nil, err
			}
		}
		job.Context, job.Trace = b.Input(size), b.Trace
		return job, program, nil
	}
	if bench.RunsKernels(engine) {
		return job, nil, usagef("engine %s runs benchmarks only, and %q is none", engine, name)
	}
	data, err := readAll(e.stdin, name, maxProgramFile)
	if err != nil {
		return job, nil, err
	}
	if job, program, err = execJob(emu.Job{Engine: engine}, fileName(name), data, c.String("entry"), ""); err != nil {
		return job, nil, err
	}
	if program == nil || job.Format == abi.ELFObject { // devices link objects in their own order
		if program, _, err = loadedProgram(fileName(name), job); err != nil {
			return job, nil, err
		}
	}
	job.Context, err = parseMemory(c.String("mem"))
	return job, program, err
}

// gated makes a meter that profiles phases of jobs, the agent's work apart: steps of the agent, as job.c calls them.
func gated(core unicorn.Core, model cycles.Options, steps ...string) (*meter.Meter, error) {
	board := unicorn.Board(core)
	var opens []uint32
	for _, step := range steps {
		addr, _, err := firmware.Symbol(board, step)
		if err != nil {
			return nil, err
		}
		opens = append(opens, addr&^1)
	}
	closes, size, err := firmware.Symbol(board, "measured")
	if err != nil {
		return nil, err
	}
	m, err := meter.New(core, model)
	if err != nil {
		return nil, err
	}
	m.Gate(opens, closes&^1, closes&^1+size)
	return m, m.KeepPaths()
}
