// SPDX-License-Identifier: GPL-2.0-or-later

package conformance_test

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/conformance"
	"github.com/ubench-dev/ubench/internal/testenv"
)

func open[T emu.Target](t *testing.T) func(target T, err error) emu.Target {
	return func(target T, err error) emu.Target {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = target.Close() })
		return target
	}
}

// TestTable runs the table: all of it by the interpreter on the host, one program in so many elsewhere,
// and on one core all whose code is their own, for each is compiled on the device. UBENCH_CONFORMANCE=all has the
// compiler do all of it, in minutes.
func TestTable(t *testing.T) {
	ctx, all, most := t.Context(), conformance.All(), 16
	if testenv.Whole() {
		most = 5
	}
	if os.Getenv("UBENCH_CONFORMANCE") == "all" {
		most = 1
	}
	lane := func(name, engine string, every int, target func(*testing.T) emu.Target) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on, cases, wrong := target(t), map[string]int{}, 0
			for i := 0; i < len(all) && wrong < 10; i++ {
				p := &all[i]
				if i%every > 0 && (!p.Own || every > most) {
					continue
				}
				job := p.Job(engine)
				if job.Unsafe = bench.ChecksNothing(engine); job.Unsafe && p.Fault.Status != abi.OK {
					continue // it does not stop
				}
				sample, err := on.Run(ctx, job)
				if err != nil {
					t.Fatalf("%s, %s: %v", p.Group, p.Name, err)
				}
				if complaint := p.Check(sample); complaint != "" {
					wrong++
					t.Errorf("%s, %s: %s", p.Group, p.Name, complaint)
				}
				cases[p.Group] += p.Count()
			}
			sum := 0
			for _, group := range slices.Sorted(maps.Keys(cases)) {
				t.Logf("%-12s %7d cases", group, cases[group])
				sum += cases[group]
			}
			t.Logf("%d cases", sum)
		})
	}
	m4 := func(t *testing.T) emu.Target { return open[*unicorn.Target](t)(unicorn.Open(ctx, unicorn.Options{})) }
	m3 := func(t *testing.T) emu.Target {
		return open[*unicorn.Target](t)(unicorn.Open(ctx, unicorn.Options{Name: "unicorn:cortex-m3", Core: unicorn.CortexM3}))
	}
	lane("vm on the host", "vm", 1, func(t *testing.T) emu.Target { return open[*host.Target](t)(host.New(ctx)) })
	lane("jit on Cortex-M4", "jit", most, m4)
	lane("jit on Cortex-M3", "jit", 7*most, m3)
	lane("jit-compact on Cortex-M4", "jit-compact", 8*most, m4)
	lane("jit-plan on Cortex-M4", "jit-plan", most, m4)
	lane("jit-plan on Cortex-M3", "jit-plan", 8*most, m3)
	lane("jit-plan-unchecked on Cortex-M4", "jit-plan-unchecked", 8*most, m4)
	lane("vm on Cortex-M4", "vm", most, m4)
	lane("vm on Cortex-M3", "vm", 7*most, m3)
	lane("vm-portable on Cortex-M4", "vm-portable", 11*most, m4)
	lane("jit on QEMU", "jit", 26*most, func(t *testing.T) emu.Target {
		if _, _, err := qemu.Find(ctx); err != nil {
			t.Skip(err)
		}
		return open[*qemu.Target](t)(qemu.Open(ctx, qemu.Options{Machine: "netduinoplus2"}))
	})
}

// TestSemanticsFail makes sure that a wrong result is noticed, and named.
func TestSemanticsFail(t *testing.T) {
	p := conformance.All()[0]
	sample := emu.Outcome{Context: slices.Clone(p.After)}
	if complaint := p.Check(sample); complaint != "" {
		t.Fatal(complaint)
	}
	sample.Context[p.Results+8] ^= 1
	if complaint := p.Check(sample); complaint == "" || complaint[:len(p.Cases[1])] != p.Cases[1] {
		t.Errorf("a wrong result: %q, want one about %s", complaint, p.Cases[1])
	}
}
