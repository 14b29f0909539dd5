// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/firmware"
	"github.com/ubench-dev/ubench/image"
)

// Isolation is what compartments cost on a board.
type Isolation struct {
	Target, Board, CyclesLabel string
	Costs                      []IsolationCost
	Kernels                    []IsolationRatio
	Fit                        []IsolationFit
	ROM, RAM                   []Component // of the firmware of devices
}

// IsolationCost is one thing, behind walls and without; Without is nil for what there is only with them.
type IsolationCost struct {
	What, Engine string
	With         emu.Counts
	Without      *emu.Counts
}

// IsolationRatio is a benchmark on an engine behind walls over the engine Beside without, entering and leaving included, and
// without that.
type IsolationRatio struct {
	Benchmark, Engine, Beside string
	Instructions, Cycles      float64
	Inside                    float64 // instructions without entering and leaving
}

// IsolationFit is how many programs are in compartments at once.
type IsolationFit struct {
	Board, Engine string
	Fit, Of, Left int // Left: bytes of the memory for programs
}

// Compartments is a target that runs programs in compartments (emu/walled).
type Compartments interface {
	emu.Target
	Switch(ctx context.Context) (emu.Counts, error)
	AtOnce(ctx context.Context, jobs []emu.Job) (fit, left int, err error)
}

// Names of what is counted.
const (
	EnterLeave = "enter and leave"
	HelperCall = "call of a helper"
	Switch     = "switch of threads"
)

// MeasureIsolation measures on a target with walls, beside the same board without.
func MeasureIsolation(ctx context.Context, walled Compartments, open emu.Target, all []benchmarks.Benchmark, observe func(done, total int, what string)) (*Isolation, error) {
	info := walled.Info()
	r := &Isolation{Target: info.Target, Board: info.Board, CyclesLabel: info.CyclesLabel}
	elf, err := firmware.Device(info.Board)
	if err == nil {
		r.ROM, err = ROM(elf)
	}
	if err == nil {
		r.RAM, err = StaticRAM(elf)
	}
	if err != nil {
		return nil, err
	}
	steps, step := 3+len(all), 0
	next := func(what string) {
		if observe != nil {
			observe(step, steps, what+" behind walls")
		}
		step++
	}
	for _, engine := range []string{"vm", "jit"} {
		next(engine)
		if err := r.entering(ctx, walled, open, engine); err != nil {
			return nil, err
		}
	}
	next(Switch)
	c, err := walled.Switch(ctx)
	if err != nil {
		return nil, err
	}
	r.Costs = append(r.Costs, IsolationCost{What: Switch, With: c})
	for _, b := range all {
		next(b.Name)
		for _, engine := range []string{"vm", "jit", "jit-mpu"} {
			if err := r.kernel(ctx, walled, open, b, engine); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// execute runs a job that must go well.
func execute(ctx context.Context, t emu.Target, job emu.Job) (emu.Counts, error) {
	o, err := t.Run(ctx, job)
	if err == nil && o.Fault.Status != abi.OK {
		err = o.Fault
	}
	if err != nil {
		return emu.Counts{}, fmt.Errorf("%s on %s: %w", job.Engine, t.Info().Target, err)
	}
	return *o.Execute, nil
}

// entering counts a program that does nothing, and what calls of a helper add to it.
func (r *Isolation) entering(ctx context.Context, walled, open emu.Target, engine string) error {
	const few, many = 8, 24
	store := []byte{0xb7, 1, 0, 0, 1, 0, 0, 0, 0xb7, 2, 0, 0, 5, 0, 0, 0, 0x85, 0, 0, 0, 0x11, 0, 0, 0} // bpf_store_global(1, 5)
	end := []byte{0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}
	var counts [2][3]emu.Counts
	for i, t := range []emu.Target{walled, open} {
		for k, calls := range []int{0, few, many} {
			image := append(slices.Repeat(store, calls), end...)
			c, err := execute(ctx, t, emu.Job{Engine: engine, Format: abi.TextOnly, Image: image})
			if err != nil {
				return err
			}
			counts[i][k] = c
		}
	}
	call := func(c [3]emu.Counts) emu.Counts {
		each := func(a, b uint64) uint64 { return uint64(math.Round(float64(b-a) / (many - few))) }
		return emu.Counts{Instructions: each(c[1].Instructions, c[2].Instructions), Cycles: each(c[1].Cycles, c[2].Cycles)}
	}
	without := call(counts[1])
	r.Costs = append(r.Costs, IsolationCost{EnterLeave, engine, counts[0][0], &counts[1][0]},
		IsolationCost{HelperCall, engine, call(counts[0]), &without})
	return nil
}

// kernel counts a benchmark at its largest size.
func (r *Isolation) kernel(ctx context.Context, walled, open emu.Target, b benchmarks.Benchmark, engine string) error {
	program, err := image.LoadObject(b.Name, b.Object, b.Name)
	if err != nil {
		return err
	}
	job, err := NewJob(engine, program)
	if err != nil {
		return err
	}
	size := 0
	if b.Sized {
		size = slices.Max(b.DefaultSizes)
	}
	job.Context, job.Trace, job.Helpers = b.Input(size), b.Trace, b.Helpers
	with, err := execute(ctx, walled, job)
	if err != nil {
		return fmt.Errorf("%s: %w", b.Name, err)
	}
	x := IsolationRatio{Benchmark: b.Name, Engine: engine, Beside: engine}
	if engine == "jit-mpu" {
		x.Beside = "jit"
	}
	job.Engine = x.Beside
	without, err := execute(ctx, open, job)
	if err != nil {
		return fmt.Errorf("%s: %w", b.Name, err)
	}
	ratio := func(a, b uint64) float64 { return float64(a) / float64(b) }
	x.Instructions = ratio(with.Instructions, without.Instructions)
	if without.Cycles > 0 {
		x.Cycles = ratio(with.Cycles, without.Cycles)
	}
	x.Inside = ratio(with.Instructions-r.entry(x.Beside), without.Instructions)
	r.Kernels = append(r.Kernels, x)
	return nil
}

// entry is what entering and leaving costs an engine more behind walls, in instructions.
func (r *Isolation) entry(engine string) uint64 {
	for _, c := range r.Costs {
		if c.What == EnterLeave && c.Engine == engine {
			return c.With.Instructions - c.Without.Instructions
		}
	}
	return 0
}

// Mean is the geometric mean of the kernels on an engine, by one of their numbers.
func (r *Isolation) Mean(engine string, number func(IsolationRatio) float64) float64 {
	sum, n := 0.0, 0
	for _, k := range r.Kernels {
		if v := number(k); k.Engine == engine && v > 0 {
			sum += math.Log(v)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return math.Exp(sum / float64(n))
}

// AddFit starts programs on a target, as many as fit.
func (r *Isolation) AddFit(ctx context.Context, walled Compartments, engine string, jobs []emu.Job) error {
	fit, left, err := walled.AtOnce(ctx, jobs)
	if err != nil {
		return fmt.Errorf("programs at once on %s: %w", walled.Info().Target, err)
	}
	r.Fit = append(r.Fit, IsolationFit{walled.Info().Board, engine, fit, len(jobs), left})
	return nil
}
