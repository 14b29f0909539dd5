// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
)

// fakeTargets are targets without an emulator. The spec chooses how they behave: "fake" is well,
// "fake:wrong", "fake:fault", "fake:crash" and so on fail that way on engine vm only.
type fakeTargets struct{}

func (fakeTargets) open(ctx context.Context, spec string) (emu.Target, error) {
	name, mode, _ := strings.Cut(spec, ":")
	if plain, _, _ := strings.Cut(spec, "+"); plain == defaultTarget {
		name = "fake"
	}
	if name != "fake" {
		return nil, unknown("target", spec, []string{"fake", "fake:wrong"})
	}
	if mode == "missing" {
		return nil, fmt.Errorf("target %s: the emulator is not installed: apt-get install emulator", spec)
	}
	return &fakeTarget{spec: spec, mode: mode}, nil
}

func (fakeTargets) list(context.Context) []targetStatus {
	return []targetStatus{
		{Spec: "unicorn", Works: true, Reason: "the Cortex-M4 of an imaginary library 1.0"},
		{Spec: "fake:crash", Works: true, Reason: "crashes"},
		{Spec: "fake:missing", Reason: "emulator is not installed", Install: "apt-get install emulator"},
	}
}

type fakeTarget struct {
	spec, mode string
	runs       int
}

var fakeCost = map[string]uint64{
	"native-Os": 14, "native-O2": 15, "native-O3": 15, "vm": 230, "femto": 380, "rbpf": 610, "jit": 17, "jit-unchecked": 16,
	"rbpf-decode": 520, "rbpf-cache": 580,
}

func (f *fakeTarget) Info() emu.Info {
	info := emu.Info{
		Target: f.spec, Board: "netduinoplus2", Core: "cortex-m4",
		Engines: []string{"native-Os", "native-O2", "native-O3", "vm", "femto", "rbpf", "jit", "jit-unchecked", "rbpf-decode", "rbpf-cache"},
		Kernels: []string{"fletcher16"}, ArenaAddr: 0x20004000, ArenaBytes: 112 << 10,
	}
	if f.mode == "cycles" {
		info.HasCycles, info.CyclesLabel = true, "modelled, zero wait states"
	}
	return info
}

func (f *fakeTarget) Run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return emu.Outcome{}, err
	}
	f.runs++
	fails := job.Engine == "vm"
	size := uint64(len(job.Context))
	counts := func(n uint64) *emu.Counts {
		c := &emu.Counts{Instructions: n}
		if f.mode == "cycles" {
			c.Cycles = n * 3 / 2
		}
		return c
	}
	s := emu.Outcome{Execute: counts(fakeCost[job.Engine]*size + 12), Context: job.Context, ImageBytes: len(job.Image), StackBytes: 64}
	if !bench.IsNative(job.Engine) {
		s.Load, s.Verify = counts(50), counts(900)
		if strings.HasPrefix(job.Engine, "jit") {
			s.Compile, s.CodeBytes = counts(9000), 118
		}
	}
	fletcher16, _ := benchmarks.Lookup("fletcher16")
	s.Result, _ = fletcher16.Oracle(job.Context)
	switch {
	case len(job.Granted) > 0 && bytes.Contains(job.Image, []byte{0x18, 0x03}): // a load from the last granted region
		s.Result = uint64(len(job.Granted))
	case len(job.Granted) > 0:
		s.Result = 0
	case len(job.Image) == 8 && job.Image[0] == 0x95:
		s.Result = 0
	case len(job.Image) == 16:
		s.Result = uint64(job.Image[4])
	}
	if !fails {
		return s, nil
	}
	switch f.mode {
	case "wrong":
		s.Result ^= 1
	case "memory":
		s.Context = append([]byte{^job.Context[0]}, job.Context[1:]...)
	case "fault":
		return emu.Outcome{Load: s.Load, Fault: abi.Fault{Status: abi.StatusRead, PC: 7, Addr: 0x20020000}}, nil
	case "unsupported":
		return emu.Outcome{Fault: abi.Fault{Status: abi.StatusUnsupported}}, nil
	case "crash":
		return emu.Outcome{}, errors.New("the firmware crashed:\nHardFault at 0x08000123")
	case "hang":
		return emu.Outcome{}, errors.New("no answer within 10 s")
	case "drift":
		s.Execute.Instructions += uint64(f.runs)
	case "slow":
		s.Execute.Instructions = s.Execute.Instructions * 3 / 2
		s.StackBytes += 3
		s.Verify.Instructions -= 100
	case "panic":
		panic("something impossible")
	}
	return s, nil
}

func (f *fakeTarget) Close() error { return nil }
