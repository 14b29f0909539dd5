// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/campaign"
	"github.com/ubench-dev/ubench/internal/testenv"
)

const escapeBudget = 300

// lane is an engine on a target, which runs one program in so many.
type lane struct {
	name   string
	engine string
	every  int
	run    func(context.Context, emu.Job) (emu.Outcome, error)
}

// lanes are what must do as the interpreter on the host does, which is first. On Unicorn memory is compared as well.
func lanes(t *testing.T) []lane {
	desk, err := host.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = desk.Close() })
	m4, m3 := watch(t, unicorn.CortexM4, "netduinoplus2"), watch(t, unicorn.CortexM3, "netduino2")
	all := []lane{
		{"vm on the host", "vm", 1, desk.Run},
		{"jit on Cortex-M4", "jit", 1, m4.job},
		{"jit-plan with a plan on Cortex-M4", "jit-plan", 11, planned(m4.job)},
		{"jit on Cortex-M3", "jit", 9, m3.job},
		{"jit-compact on Cortex-M4", "jit-compact", 13, m4.job},
		{"vm on Cortex-M4", "vm", 17, m4.job},
		{"femto on Cortex-M4", "femto", 19, m4.job},
		{"rbpf on Cortex-M4", "rbpf", 23, m4.job},
		{"femto on the host", "femto", 2, desk.Run},
		{"rbpf on the host", "rbpf", 2, desk.Run},
	}
	if _, _, err := qemu.Find(t.Context()); err == nil {
		board, err := qemu.Open(t.Context(), qemu.Options{Machine: "netduinoplus2"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = board.Close() })
		all = append(all, lane{"jit on QEMU", "jit", 211, board.Run})
	}
	return all
}

// lacks tells whether an engine's design leaves out what a program needs: femto local calls, for one.
func lacks(l lane, s emu.Outcome) bool {
	return !strings.HasPrefix(l.engine, "jit") && campaign.Lacks(s)
}

// runEscapes runs programs on all lanes. Each must end as on the first, which must end as is known beforehand, and
// no engine may have written where it may not.
func runEscapes(t *testing.T, all []lane, escapes []escape) {
	t.Helper()
	outcomes, failures := map[string]int{}, 0
	for i, e := range escapes {
		if failures > 10 {
			t.Fatal("and more")
		}
		job := e.job
		if job.Image == nil {
			job.Format, job.Image = abi.TextOnly, e.text
		}
		job.WantContext, job.WantOutput = true, true
		if job.Budget == 0 {
			job.Budget = escapeBudget
		}
		var want emu.Outcome
		for k, l := range all {
			if i%l.every != 0 {
				continue
			}
			job.Engine = l.engine
			got, err := l.run(t.Context(), job)
			switch {
			case err != nil:
				failures++
				t.Errorf("%s, %s: %v\ntext %x", e.name, l.name, err, e.text)
			case k == 0:
				want = got
				if got.Execute == nil && got.Fault.Status != abi.OK && refused(got.Fault.Status) {
					t.Fatalf("%s: %v\ntext %x", e.name, got.Fault, e.text)
				}
				if e.known && got.Fault != e.want {
					failures++
					t.Errorf("%s: %v, want %v\ntext %x", e.name, got.Fault, e.want, e.text)
				}
				outcomes[got.Fault.Status.Name()]++
			case lacks(l, got):
			default:
				if difference := campaign.Difference(want, got); difference != "" {
					failures++
					t.Errorf("%s, %s: %s\ntext %x\ncontext %x", e.name, l.name, difference, e.text, job.Context)
				}
			}
		}
	}
	t.Logf("%d programs: %v", len(escapes), outcomes)
	if n := len(escapes) - outcomes["ok"] - outcomes["e-budget"]; n < len(escapes)/4 {
		t.Errorf("of %d programs %d were stopped where they were: they do not try hard enough", len(escapes), n)
	}
}

// planned is the same on an engine that follows plans, with one.
func planned(on func(context.Context, emu.Job) (emu.Outcome, error)) func(context.Context, emu.Job) (emu.Outcome, error) {
	return func(ctx context.Context, job emu.Job) (emu.Outcome, error) {
		if job.Format != abi.TextOnly { // sections have their places already
			return on(ctx, job)
		}
		p, err := image.FromText("escape", job.Image)
		if err != nil {
			return emu.Outcome{}, err
		}
		with, err := bench.NewJob(job.Engine, p)
		if err != nil {
			return emu.Outcome{}, err
		}
		job.Format, job.Image = with.Format, with.Image
		return on(ctx, job)
	}
}

// TestEscapes runs programs written to read or write outside their memory: of each group one in twelve, or with UBENCH_ESCAPES set all.
func TestEscapes(t *testing.T) {
	all := lanes(t)
	for i, escapes := range groups(t) {
		name := escapes[0].name
		if len(escapes) > 100 && os.Getenv("UBENCH_ESCAPES") == "" {
			escapes = fewer(escapes, uint64(i))
		}
		t.Run(name, func(t *testing.T) { runEscapes(t, all, escapes) })
	}
}

// fewer is one in twelve, with UBENCH_TESTS=all one in six, at random: groups are loops in loops, of which steps of equal length would leave out whole kinds.
func fewer(escapes []escape, seed uint64) (some []escape) {
	n := 12
	if testenv.Whole() {
		n = 6
	}
	random := rand.New(rand.NewPCG(3, seed))
	for _, e := range escapes {
		if random.IntN(n) == 0 {
			some = append(some, e)
		}
	}
	return some
}
