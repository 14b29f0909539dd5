// SPDX-License-Identifier: GPL-2.0-or-later

//go:build !sanitize

package jittest

import (
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// TestUnsafeMustBeAskedFor runs a job on the engine that checks nothing, with the flag and without, and on firmware
// that has no such engine.
func TestUnsafeMustBeAskedFor(t *testing.T) {
	all, err := unicorn.Open(t.Context(), unicorn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = all.Close() })
	job := emu.Job{Format: abi.TextOnly, Image: exitSlot}
	for _, job.Engine = range []string{"jit-unchecked", "jit-plan-unchecked"} {
		for unsafe, want := range map[bool]string{false: "e-unsafe", true: "ok"} {
			job.Unsafe = unsafe
			s, err := all.Run(t.Context(), job)
			if err != nil || s.Fault.Status.Name() != want || (s.Execute != nil) != unsafe {
				t.Errorf("%s, asked for: %v: %v, %v, want %s", job.Engine, unsafe, s.Fault, err, want)
			}
		}
	}
	job.Engine, job.Unsafe = "jit", false
	if s, err := all.Run(t.Context(), job); err != nil || s.Fault.Status != abi.OK {
		t.Errorf("jit: %v, %v", s.Fault, err)
	}
}

// TestSafeFirmware builds it, for one board, with UBENCH_TESTS=all; .ci/run builds it for all.
func TestSafeFirmware(t *testing.T) {
	if !testenv.Whole() {
		t.Skip("it builds a firmware; UBENCH_TESTS=all tries it")
	}
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
		t.Skip("no cross compiler: ", err)
	}
	testenv.Make(t, "build/firmware/netduinoplus2-safe.elf")
	elf, err := os.ReadFile("../../build/firmware/netduinoplus2-safe.elf")
	if err != nil {
		t.Fatal(err)
	}
	target, err := unicorn.Open(t.Context(), unicorn.Options{ELF: elf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	engines := target.Info().Engines
	if !slices.Contains(engines, "jit") || slices.ContainsFunc(engines, bench.ChecksNothing) {
		t.Errorf("engines %v", engines)
	}
	s, err := target.Run(t.Context(), emu.Job{Engine: "jit", Format: abi.TextOnly, Image: exitSlot})
	if err != nil || s.Fault.Status != abi.OK {
		t.Errorf("%v, %v", s.Fault, err)
	}
}
