// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/firmware"
	"github.com/ubench-dev/ubench/report"
)

func figuresCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "figures",
		Usage:     "measure and draw the paper's figures, beside what it published",
		ArgsUsage: "[flags]",
		Description: `Each figure is written as SVG and PNG, with its numbers as CSV: the measured ones, the published
ones, and where each comes from.

Examples:
  ubench figures
  ubench figures -o docs/figures --target qemu:netduinoplus2`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Value: "figures", Usage: "`FOLDER` to write to; it is made if need be"},
			&cli.StringFlag{Name: "target", Value: defaultTarget, Usage: "`TARGET` to measure on; see ubench list"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unexpected argument %q", c.Args().First())
			}
			dir := c.String("o")
			if err := makeFolder(dir); err != nil {
				return err
			}
			study, err := e.study(c.Context, c.String("target"), false)
			if err != nil {
				return err
			}
			for _, f := range study.figures() {
				if err := f.Write(dir); err != nil {
					return err
				}
				if _, err := fmt.Fprintf(e.stdout, "%-16s %s\n", f.Name, f.Title); err != nil {
					return err
				}
			}
			if _, err := fmt.Fprintf(e.stdout, "\nwritten to %s, each as .svg, .png and .csv\n", dir); err != nil {
				return err
			}
			for _, gap := range study.gaps() {
				fmt.Fprintln(e.stderr, "ubench figures:", gap)
			}
			return e.complain(study.samples)
		},
	}
}

// makeFolder makes a folder and finds out whether files can be written to it.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".ubench.*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// study is everything the figures and the report show, measured afresh.
type study struct {
	info     emu.Info
	samples  []bench.Sample // fletcher16 over many sizes, the others at their largest
	variants []bench.Sample // fletcher16 on rbpf and bench.Variants
	instead  []bench.Sample // what else report.InsteadFigure shows
	accesses []bench.Access
	sizes    []report.Size
	rom, ram []bench.Component

	isolation *bench.Isolation
	maps      *bench.MapCosts

	agreement *report.Table
	conforms  *report.Table

	staticRAM int      // bytes
	missing   []string // what could not be measured, and why
}

// Sizes of Fletcher-16: the paper's, and smaller ones, where a JIT must earn its compile time.
var studySizes = []int{20, 40, 80, 160, 320, 640, 1280, 2560}

// Granted regions of the memory study, as in the paper.
var studyRegions = []int{1, 4, 8, 12, 16}

// study measures all of it; what only the report shows only for that.
func (e *env) study(ctx context.Context, spec string, all bool) (*study, error) {
	e.progress.step(0, 0, "starting "+spec)
	target, err := e.targets.open(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	s := &study{info: target.Info()}
	if _, err := firmware.ELF(s.info.Board); err != nil {
		return nil, usagef("target %s counts nothing: choose another (see ubench list)", spec)
	}
	for _, b := range e.benchmarks {
		plan := bench.Plan{Benchmarks: []benchmarks.Benchmark{b}, Repeat: 1}
		switch {
		case b.Name == "fletcher16":
			plan.Sizes = studySizes
		case b.Sized:
			plan.Sizes = []int{slices.Max(b.DefaultSizes)}
		}
		samples, err := plan.Run(ctx, target, e.progress.step)
		if err != nil {
			return nil, err
		}
		s.samples = append(s.samples, samples...)
		plan.Sizes = lastOf(plan.Sizes)
		plan.Engines = slices.DeleteFunc(slices.Clone(report.InsteadEngines), func(name string) bool {
			return !slices.Contains(s.info.Engines, name) || slices.ContainsFunc(samples, func(x bench.Sample) bool { return x.Engine == name })
		})
		if len(plan.Engines) == 0 {
			continue
		}
		if samples, err = plan.Run(ctx, target, e.progress.step); err != nil {
			return nil, err
		}
		s.instead = append(s.instead, samples...)
	}
	if s.variants, err = e.studyVariants(ctx, target); err != nil {
		return nil, err
	}
	if err := e.studyAccesses(ctx, target, s); err != nil {
		return nil, err
	}
	if s.sizes, err = exampleSizes(ctx, target); err != nil {
		return nil, err
	}
	if targets.Check(walls(s.info)) != nil {
		s.missing = append(s.missing, "no figure h: "+s.info.Target+" has no walls")
	} else if s.isolation, err = e.isolation(ctx, target); err != nil {
		return nil, err
	}
	if s.maps, err = bench.MeasureMaps(ctx, target, bench.MapUses(), nil, e.progress.step); ctx.Err() != nil {
		return nil, ctx.Err()
	} else if err != nil {
		s.missing = append(s.missing, "no figure k: "+oneLine(err))
	}
	if all {
		if s.conforms, err = e.conformance(ctx, target); err != nil {
			return nil, err
		}
		if s.agreement, err = e.agreement(ctx, target); err != nil {
			return nil, err
		}
	}
	return s, s.memory()
}

// studyVariants measures Fletcher-16 on rbpf and those of its variants the target has.
func (e *env) studyVariants(ctx context.Context, target emu.Target) ([]bench.Sample, error) {
	i := slices.IndexFunc(e.benchmarks, func(b benchmarks.Benchmark) bool { return b.Name == "fletcher16" })
	plan := bench.Plan{Sizes: studySizes[2:], Engines: slices.DeleteFunc(append([]string{"rbpf"}, bench.Variants...), func(name string) bool {
		return !slices.Contains(target.Info().Engines, name)
	})}
	if i < 0 || len(plan.Engines) == 0 {
		return nil, nil
	}
	plan.Benchmarks = e.benchmarks[i : i+1]
	return plan.Run(ctx, target, e.progress.step)
}

// studyAccesses measures memory checks of every engine that takes programs. An engine that fails is
// left out, and said to be.
func (e *env) studyAccesses(ctx context.Context, target emu.Target, s *study) error {
	for _, engine := range s.info.Engines {
		if bench.RunsKernels(engine) {
			continue
		}
		var accesses []bench.Access
		var err error
		for i := 0; i < 2*len(studyRegions) && err == nil; i++ {
			var a bench.Access
			e.progress.step(i, 2*len(studyRegions), "memory checks on "+engine)
			a, err = bench.MeasureAccess(ctx, target, engine, studyRegions[i/2], i%2 == 1)
			accesses = append(accesses, a)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.missing = append(s.missing, "figure d without "+oneLine(err))
		default:
			s.accesses = append(s.accesses, accesses...)
		}
	}
	return nil
}

// memory takes the firmware apart.
func (s *study) memory() error {
	elf, err := firmware.ELF(s.info.Board)
	if err != nil {
		return err
	}
	if s.rom, err = bench.ROM(elf); err != nil {
		return err
	}
	static, err := bench.StaticRAM(elf)
	if err != nil {
		return err
	}
	for _, c := range static {
		s.staticRAM += c.Bytes
	}
	s.ram = append(s.ram, bench.Component{Name: "static", Bytes: s.staticRAM},
		bench.Component{Name: "stack of a program, at most", Bytes: emu.StackBytes})
	for _, engine := range []string{"vm", "jit", "femto", "rbpf"} {
		if stack, kept := s.peak(engine); stack > 0 {
			s.ram = append(s.ram, bench.Component{Name: engine + ", per program", Bytes: kept},
				bench.Component{Name: engine + ", peak C stack", Bytes: stack})
		}
	}
	return nil
}

// peak is the most any benchmark took on an engine: C stack, and memory kept for the program.
func (s *study) peak(engine string) (stack, kept int) {
	for _, x := range s.samples {
		if x.Engine == engine && x.OK {
			stack, kept = max(stack, int(x.StackBytes.Or0())), max(kept, int(x.RAMBytes.Or0()))
		}
	}
	return stack, kept
}

// needs are what a board must have for each of our engines: the firmware without the other ones,
// its static RAM, the deepest C stack, and one program with a full stack.
func (s *study) needs() []report.Need {
	var needs []report.Need
	for _, engine := range []string{"vm", "jit"} {
		stack, kept := s.peak(engine)
		if stack == 0 {
			continue
		}
		n := report.Need{Name: "ubench with " + engine, Engine: engine, Compiles: engine == "jit", RAM: s.staticRAM + stack + kept + emu.StackBytes, Source: report.Measured}
		for _, c := range s.rom {
			if c.Name == engine || c.Name != "native" && !slices.Contains(s.info.Engines, c.Name) {
				n.ROM += c.Bytes
			}
		}
		needs = append(needs, n)
	}
	return needs
}

// figures are those there are data for.
func (s *study) figures() []*report.Figure {
	all := []*report.Figure{
		report.TimeFigure(s.samples),
		report.SizeFigure(s.sizes),
		report.SetupFigure(s.samples),
		report.VariantsFigure(s.variants),
		report.MemoryFigure(s.accesses, report.Place(s.info.Target, s.info.Core), s.info.CyclesLabel),
		report.EnginesMemoryFigure(s.accesses, report.Place(s.info.Target, s.info.Core), s.info.CyclesLabel),
		report.ROMFigure(s.rom, s.ram, s.info.Board),
		report.BoardsFigure(s.needs()),
		report.SafetyFigure(slices.Concat(s.samples, s.instead)),
		report.IsolationFigure(s.isolation),
		report.InsteadFigure(slices.Concat(s.samples, s.instead)),
		report.MapsFigure(s.maps),
	}
	return slices.DeleteFunc(all, func(f *report.Figure) bool { return f == nil })
}

// gaps says which figures could not be drawn.
func (s *study) gaps() []string {
	gaps := slices.Clone(s.missing)
	if !slices.Contains(s.info.Engines, "jit") {
		gaps = append(gaps, "no figures c and g: the firmware has no engine jit")
	}
	if len(s.sizes) == 0 {
		gaps = append(gaps, "no figure b: no program was sized")
	}
	return gaps
}

// lastOf is the largest of sizes in ascending order; nil if there are none.
func lastOf(sizes []int) []int {
	if len(sizes) == 0 {
		return nil
	}
	return sizes[len(sizes)-1:]
}
