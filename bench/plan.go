// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

// Plan says what to measure on a target.
type Plan struct {
	Benchmarks []benchmarks.Benchmark
	Sizes      []int          // nil: each benchmark's own
	Engines    []string       // nil: all the target offers but Variants
	Repeat     int            // runs per point, at least 1; the counts of all must agree
	Budget     uint32         // 0: emu.DefaultBudget
	Program    *image.Program // run in place of the benchmark's own, on its inputs; nil for none
	Shard      *Shard         // run its part only, and note in it what was done; nil for all
}

// PlanError is a plan that a target cannot carry out: a mistake of the caller.
type PlanError struct{ text string }

func (e *PlanError) Error() string { return e.text }

func planErrorf(format string, args ...any) error { return &PlanError{fmt.Sprintf(format, args...)} }

// point is one job of a plan, ready to run.
type point struct {
	benchmark benchmarks.Benchmark
	size      int
	job       emu.Job
	err       error // why the engine cannot have the program
	optional  bool  // the engine was not asked for by name: leave out what it does not support
}

// Variants are engines that differ from another one in a single optimisation. They are measured when
// they are asked for.
var Variants = []string{"rbpf-decode", "rbpf-cache", "jit-compact", "jit-plan", "jit-plan-unchecked", "vm-portable", "wasm2c"}

// CheckEngines reports the first name that is not an engine of the target.
func CheckEngines(info emu.Info, engines []string) (unknown string, ok bool) {
	for _, e := range engines {
		if !slices.Contains(info.Engines, e) {
			return e, false
		}
	}
	return "", true
}

// points lists the jobs of a plan in the order of benchmarks, sizes, engines.
func (p *Plan) points(info emu.Info) ([]point, error) {
	engines := p.Engines
	if engines == nil {
		engines = slices.DeleteFunc(slices.Clone(info.Engines), func(e string) bool { return slices.Contains(Variants, e) })
	}
	if name, ok := CheckEngines(info, engines); !ok {
		return nil, planErrorf("%s has no engine %q (it has %s)", info.Target, name, strings.Join(info.Engines, ", "))
	}
	var points []point
	for _, b := range p.Benchmarks {
		sizes, err := p.sizes(b, info)
		if err != nil {
			return nil, err
		}
		program := p.Program
		if program == nil {
			if program, err = image.LoadObject(b.Name, b.Object, b.Name); err != nil {
				return nil, err
			}
		}
		type start struct {
			job emu.Job
			err error
		}
		var starts []start // of each engine, without input
		for _, engine := range engines {
			job, err := emu.Job{Engine: engine, Kernel: b.Name}, error(nil)
			if !RunsKernels(engine) {
				job, err = NewJob(engine, program)
			}
			if err != nil && !errors.Is(err, image.ErrUnsupported) {
				return nil, fmt.Errorf("%s for engine %s: %w", b.Name, engine, err)
			}
			starts = append(starts, start{job, err})
		}
		for _, size := range sizes {
			input := b.Input(size)
			for n, engine := range engines {
				if RunsKernels(engine) && p.Engines == nil && !slices.Contains(info.Kernels, b.Name) {
					continue
				}
				job := starts[n].job
				if job.Helpers == nil {
					job.Helpers = b.Helpers
				}
				job.Context, job.Trace = input, b.Trace
				job.Budget = p.Budget
				job.WantContext = true
				points = append(points, point{benchmark: b, size: size, job: job, err: starts[n].err, optional: p.Engines == nil})
			}
		}
	}
	return points, nil
}

// sizes are those of the plan that concern a benchmark, checked against its limits and the device's.
func (p *Plan) sizes(b benchmarks.Benchmark, info emu.Info) ([]int, error) {
	if !b.Sized {
		if p.Sizes != nil && len(p.Benchmarks) == 1 {
			return nil, planErrorf("%s has one fixed input: leave out the sizes", b.Name)
		}
		return []int{0}, nil
	}
	sizes := p.Sizes
	if sizes == nil {
		sizes = b.DefaultSizes
	}
	for _, s := range sizes {
		switch {
		case s < b.MinSize:
			return nil, planErrorf("size %d is too small: %s takes %d to %d bytes", s, b.Name, b.MinSize, b.MaxSize)
		case s > b.MaxSize:
			return nil, planErrorf("size %d is too large: %s takes %d to %d bytes", s, b.Name, b.MinSize, b.MaxSize)
		case info.ArenaBytes != 0 && len(b.Input(s)) > int(info.ArenaBytes):
			return nil, planErrorf("size %d is too large for the device: %s has %d bytes for programs and their data",
				s, info.Target, info.ArenaBytes)
		}
	}
	return sizes, nil
}

// IsNative tells the engines that are the kernels' own C, compiled into the firmware.
func IsNative(engine string) bool { return strings.HasPrefix(engine, "native-") }

// RunsKernels tells the engines that run a kernel of the firmware and take no program.
func RunsKernels(engine string) bool { return IsNative(engine) || engine == "wasm2c" }

// formats lists the image formats an engine is measured with, best first: what its own system sends
// to the device, else the first of the others that can express the program.
func formats(engine string) []abi.Format {
	if engine == "femto" {
		return []abi.Format{abi.FemtoContainers}
	}
	if FollowsPlan(engine) { // the one that carries plans
		return []abi.Format{abi.Packed, abi.TextOnly, abi.ExtendedHeader, abi.ELFObject}
	}
	return []abi.Format{abi.TextOnly, abi.Packed, abi.ExtendedHeader, abi.ELFObject}
}

// FollowsPlan tells the engines that a plan is made for.
func FollowsPlan(engine string) bool { return strings.TrimSuffix(engine, "-unchecked") == "jit-plan" }

// ChecksNothing tells the engines that run programs without checks, which a job has to ask for.
func ChecksNothing(engine string) bool { return strings.HasSuffix(engine, "-unchecked") }

// NewJob makes the job that runs a program on an engine that takes programs. It asks for one that checks nothing only if that is
// the engine: who names it wants it. Formats that say all that the program does go before those that do not.
func NewJob(engine string, program *image.Program) (emu.Job, error) {
	if FollowsPlan(engine) {
		program = planner.Attach(program)
	}
	fs := formats(engine)
	slices.SortStableFunc(fs, func(a, b abi.Format) int {
		return cmp.Compare(drops(program, a), drops(program, b))
	})
	var unsupported error
	for _, f := range fs {
		data, err := program.Encode(f)
		if err == nil {
			job := emu.Job{Engine: engine, Format: f, Image: data, Entry: program.EntryIndex(f), Helpers: program.Helpers, Unsafe: ChecksNothing(engine)}
			return job, nil
		}
		if !errors.Is(err, image.ErrUnsupported) {
			return emu.Job{}, err
		}
		unsupported = err
	}
	return emu.Job{Engine: engine}, unsupported
}

// drops is 1 if a format leaves out something the program says.
func drops(program *image.Program, f abi.Format) int {
	if program.Keeps(f) {
		return 0
	}
	return 1
}
