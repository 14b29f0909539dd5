// SPDX-License-Identifier: GPL-2.0-or-later

package walled_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/emu/walled"
	"github.com/ubench-dev/ubench/internal/testenv"
)

func open(t *testing.T) []emu.Target {
	t.Helper()
	inProcess, err := walled.Unicorn(t.Context(), "unicorn+mpu", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inProcess.Close() })
	all := []emu.Target{inProcess}
	if _, _, err := qemu.Find(t.Context()); err == nil {
		other, err := walled.QEMU(t.Context(), "qemu:netduino2+mpu", "netduino2")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		all = append(all, other)
	}
	return all
}

// slow tells whether to send a target little: QEMU takes its serial line byte by byte.
func slow(target emu.Target) bool {
	return strings.HasPrefix(target.Info().Target, "qemu:") && !testenv.Whole()
}

// Benchmarks behind walls: whose input and trace are short and long, with helpers and without. Each gives the answer of its
// oracle, and counts the same each time.
func TestBenchmarks(t *testing.T) {
	for _, target := range open(t) {
		for _, name := range []string{"fletcher16", "sensor", "fib", "heapsort"} {
			b, ok := benchmarks.Lookup(name)
			if !ok {
				t.Fatalf("no benchmark %s", name)
			}
			plan := bench.Plan{Benchmarks: []benchmarks.Benchmark{b}, Repeat: 2}
			if b.Sized {
				plan.Sizes = []int{slices.Max(b.DefaultSizes)}
			}
			if b.Sized && slow(target) {
				plan.Sizes = []int{slices.Min(b.DefaultSizes)}
			}
			samples, err := plan.Run(t.Context(), target, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(samples) != 3 {
				t.Errorf("%s on %s: %d samples, want one of each engine", name, target.Info().Target, len(samples))
			}
			for _, s := range samples {
				if !s.OK {
					t.Errorf("%s on %s, %s: %s", name, s.Target, s.Engine, s.Error)
				}
			}
		}
	}
}

func slot(op, regs byte, off int16, imm int32) []byte {
	return []byte{op, regs, byte(off), byte(off >> 8), byte(imm), byte(imm >> 8), byte(imm >> 16), byte(imm >> 24)}
}

// What cannot be run is an outcome with its fault, or an error that says what there is not; the next job runs.
func TestRefused(t *testing.T) {
	good := slices.Concat(slot(0xb7, 0, 0, 7), slot(0x95, 0, 0, 0))
	store := slices.Concat(slot(0x72, 1, 2, 9), slot(0xb7, 0, 0, 7), slot(0x95, 0, 0, 0))
	for _, target := range open(t) {
		for _, c := range []struct {
			name   string
			job    emu.Job
			status string // of the fault
			err    string
		}{
			{"no program", emu.Job{Engine: "vm", Image: []byte{1, 2, 3, 4, 5, 6, 7, 8}}, "e-verify-opcode", ""},
			{"out of bounds", emu.Job{Engine: "jit", Image: store}, "e-write", ""},
			{"budget", emu.Job{Engine: "jit", Image: slices.Concat(slot(0x05, 0, -1, 0), good), Budget: 5}, "e-budget", ""},
			{"more than memory", emu.Job{Engine: "vm", Image: good, Context: make([]byte, 120_000)}, "e-memory", ""},
			{"no such engine", emu.Job{Engine: "femto", Image: good}, "", `no engine "femto"`},
			{"granted regions", emu.Job{Engine: "vm", Image: good, Granted: []emu.Region{{Bytes: []byte{1}}}}, "", "granted"},
		} {
			if len(c.job.Context) > 10_000 && slow(target) {
				continue
			}
			c.job.Format = abi.TextOnly
			o, err := target.Run(t.Context(), c.job)
			switch {
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("%s: %v", c.name, err)
			case c.err == "" && (err != nil || o.Fault.Status.Name() != c.status):
				t.Errorf("%s: %v, %v, want %s", c.name, o.Fault, err, c.status)
			}
			length := 2000
			if slow(target) {
				length = 100
			}
			job := emu.Job{Engine: "jit-mpu", Format: abi.TextOnly, Image: store, Context: make([]byte, length), WantContext: true}
			o, err = target.Run(t.Context(), job)
			want := make([]byte, length)
			want[2] = 9
			if err != nil || o.Fault.Status != abi.OK || o.Result != 7 || !bytes.Equal(o.Context, want) {
				t.Fatalf("after %s: %v %v, r0 %d", c.name, o.Fault, err, o.Result)
			}
		}
	}
}

func TestNoBoard(t *testing.T) {
	if _, err := walled.QEMU(t.Context(), "x", "stm32vldiscovery"); err == nil || !strings.Contains(err.Error(), "netduino2") {
		t.Errorf("%v", err)
	}
	if _, err := walled.Unicorn(t.Context(), "x", unicorn.Core("cortex-m7"), nil); err == nil {
		t.Error("there is no such core")
	}
}
