// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/campaign"
	"github.com/ubench-dev/ubench/internal/progen"
)

// FuzzDifferential makes programs of bytes, as internal/campaign does of random numbers, and compares the compiler on a
// Cortex-M4 with the interpreter on the host; memory outside the program's must stay as it is.
func FuzzDifferential(f *testing.F) {
	for seed := range uint64(30) {
		f.Add(seedBytes(seed), seed%2 == 0, seed%3 == 0)
	}
	desk, err := host.New(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = desk.Close() })
	board := watch(f, unicorn.CortexM4, "netduinoplus2")
	f.Fuzz(func(t *testing.T, seed []byte, calls, extended bool) {
		if len(seed) > 4096 {
			return
		}
		program := progen.Generate(seed, progen.Features{Calls: calls, Extended: extended})
		job, err := campaign.Job(program)
		if err != nil {
			t.Fatal(err)
		}
		job.Engine = "vm"
		want, err := desk.Run(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		job.Engine = "jit"
		got, err := board.job(t.Context(), job)
		if err != nil {
			t.Fatalf("%v\ntext %x", err, program.Text)
		}
		if difference := campaign.Difference(want, got); difference != "" && !campaign.NoRoom(got) {
			t.Errorf("%s\ncontext %x\ntext %x", difference, job.Context, program.Text)
		}
		if got.Fault.Status == abi.OK && got.Execute == nil {
			t.Error("nothing ran")
		}
	})
}
