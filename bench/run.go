// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
)

// giveUpAfter failures of the target in a row, nothing more is expected of it.
const giveUpAfter = 3

// Run measures a plan on a target. Programs that fail, answers that are wrong, runs that count
// differently and failures of the target are samples with an Error: they are never averaged into
// others. The error is a PlanError, a cancelled context, or a target that fails again and again;
// the samples before it are returned with it. observe is called before each job and may be nil.
func (p *Plan) Run(ctx context.Context, target emu.Target, observe func(done, total int, what string)) ([]Sample, error) {
	info := target.Info()
	points, err := p.points(info)
	if err != nil {
		return nil, err
	}
	places := p.deal(info, points)
	samples := make([]Sample, 0, len(points))
	failures := 0
	for i, pt := range points {
		if places != nil && !p.Shard.Has(places[i]) {
			continue
		}
		if observe != nil {
			observe(i, len(points), fmt.Sprintf("%s %d on %s, %s", pt.benchmark.Name, pt.size, pt.job.Engine, info.Target))
		}
		s, supported, err := p.measure(ctx, target, pt)
		if ctx.Err() != nil {
			return samples, ctx.Err()
		}
		if !supported && pt.optional {
			if places != nil {
				p.Shard.Skipped = append(p.Shard.Skipped, places[i])
			}
			continue
		}
		samples = append(samples, s)
		if places != nil {
			p.Shard.At = append(p.Shard.At, places[i])
		}
		if err == nil {
			failures = 0
			continue
		}
		if failures++; failures == giveUpAfter {
			return samples, fmt.Errorf("%s failed %d times in a row, the last time with: %w", info.Target, failures, err)
		}
	}
	return samples, nil
}

// deal gives each point its place in what shards share; nil if nobody does.
func (p *Plan) deal(info emu.Info, points []point) (places []int) {
	if p.Shard == nil {
		return nil
	}
	for _, pt := range points {
		j := pt.job
		places = append(places, p.Shard.Next(info.Target, info.Core, pt.benchmark.Name, pt.size, j.Engine, j.Kernel, j.Format, j.Budget,
			max(p.Repeat, 1), sha256.Sum256(j.Image), sha256.Sum256(j.Context), pt.err))
	}
	return places
}

// measure runs one point as often as the plan says. The error is the target's.
func (p *Plan) measure(ctx context.Context, target emu.Target, pt point) (s Sample, supported bool, err error) {
	info := target.Info()
	if pt.err != nil {
		s := NewSample(pt.benchmark.Name, pt.job, emu.Outcome{}, info)
		s.Size, s.SizeUnit = pt.size, sizeUnit(pt.benchmark)
		s.OK, s.Result, s.Error = false, "", oneLine(pt.err)
		return s, false, nil
	}
	var runs []Sample
	for range max(p.Repeat, 1) {
		got, err := target.Run(ctx, pt.job)
		s := NewSample(pt.benchmark.Name, pt.job, got, info)
		s.SizeUnit = sizeUnit(pt.benchmark)
		s.Size = pt.size
		if err != nil {
			s.OK, s.Result, s.Error = false, "", oneLine(err)
			return s, true, err
		}
		s.check(got, pt)
		if !s.OK {
			return s, got.Fault.Status != abi.StatusUnsupported, nil
		}
		runs = append(runs, s)
	}
	return combine(runs, IsBoard(info.Target)), true, nil
}

// IsBoard tells real boards, whose cycles may vary from run to run, from emulators, whose may not.
func IsBoard(target string) bool { return strings.HasPrefix(target, "serial:") }

// combine makes one sample of the runs of a point. Instructions must agree, and so must cycles
// except on a board, where the run with the median cycles stands for all.
func combine(runs []Sample, board bool) Sample {
	first := runs[0]
	for n, s := range runs[1:] {
		if diff := difference(first.Phases, s.Phases, !board); diff != "" {
			first.OK, first.Error = false, fmt.Sprintf("run %d differs from run 1: %s", n+2, diff)
			return first
		}
	}
	if !board {
		return first
	}
	slices.SortStableFunc(runs, func(a, b Sample) int {
		return cmp.Compare(a.Phases.Execute.Cycles.Or0(), b.Phases.Execute.Cycles.Or0())
	})
	return runs[len(runs)/2]
}

// oneLine is an error's text without line breaks, which some emulators' messages have.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// hostCore is the core of the host target, which runs the device's code but counts nothing.
const hostCore = "host"

// sizeUnit is what a benchmark's sizes count, "" for bytes. Its description ends "size in …".
func sizeUnit(b benchmarks.Benchmark) string {
	_, unit, _ := strings.Cut(b.Doc, "size in ")
	unit, _, _ = strings.Cut(unit, " ")
	if unit == "bytes" {
		return ""
	}
	return unit
}

// NewSample is what a target measured for a job: good if the program was not stopped.
func NewSample(name string, job emu.Job, got emu.Outcome, info emu.Info) Sample {
	s := Sample{
		Benchmark: name, Size: len(job.Context), Engine: job.Engine, Target: info.Target, Core: info.Core,
		ImageBytes: KnownIf(got.ImageBytes > 0, got.ImageBytes), CodeBytes: KnownIf(got.CodeBytes > 0, got.CodeBytes),
		RAMBytes: KnownIf(got.Fault.Status == abi.OK && !RunsKernels(job.Engine), got.RAMBytes),
	}
	if info.Core != hostCore {
		s.Phases = phases(got, info)
		s.StackBytes = KnownIf(got.Execute != nil, got.StackBytes)
	}
	if info.HasCycles {
		s.CyclesLabel = info.CyclesLabel
	}
	if got.Fault.Status != abi.OK {
		s.Error = got.Fault.Error()
		return s
	}
	s.OK, s.Result = true, fmt.Sprintf("%#x", got.Result)
	return s
}

// check compares the answer, and the context as the program left it, with the oracle's.
func (s *Sample) check(got emu.Outcome, pt point) {
	if !s.OK {
		return
	}
	s.OK = false
	input := bytes.Clone(pt.job.Context)
	want, after := pt.benchmark.Oracle(input)
	if after == nil {
		after = pt.job.Context
	}
	switch {
	case got.Result != want:
		s.Error = fmt.Sprintf("wrong answer: %#x, want %#x", got.Result, want)
	case got.Execute == nil && s.Core != hostCore:
		s.Error = "the target did not count the execution"
	case !bytes.Equal(got.Context, after):
		s.Error = "wrong answer: the result is right, the memory left behind is not" + firstDifference(got.Context, after)
	default:
		s.OK = true
	}
}

func firstDifference(got, want []byte) string {
	if len(got) != len(want) {
		return fmt.Sprintf(" (%d bytes, want %d)", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Sprintf(" (byte %d is %#02x, want %#02x)", i, got[i], want[i])
		}
	}
	return ""
}

// difference names the first count in which two runs of one job differ, or is "".
func difference(a, b Phases, cycles bool) string {
	for _, name := range PhaseNames {
		x, y := a.Phase(name), b.Phase(name)
		switch {
		case (x == nil) != (y == nil):
			return name + " ran only once"
		case x == nil:
		case x.Instructions != y.Instructions:
			return fmt.Sprintf("%s took %s instructions, then %s", name, x.Instructions, y.Instructions)
		case cycles && x.Cycles != y.Cycles:
			return fmt.Sprintf("%s took %s cycles, then %s", name, x.Cycles, y.Cycles)
		}
	}
	return ""
}
