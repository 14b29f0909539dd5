// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/hostile"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/redzone"
	"github.com/ubench-dev/ubench/internal/testenv"
)

func machine(t testing.TB, core unicorn.Core) *redzone.Machine {
	t.Helper()
	m, err := redzone.New(core)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func show(p progen.Program, c *hostile.Complaint) string {
	return fmt.Sprintf("plan %d (%v): %s (escape: %v)\ntext %x\nplan %x\ncontext %x budget %d", c.Number, c.Kind, c.Difference, c.Escape,
		p.Text, c.Plan, p.Context, p.Budget)
}

// TestHostilePlans tries hostile plans on generated programs, every fourth of which has maps, and now and then on a benchmark, or a damaged one, on as many cores as there are. UBENCH_HOSTILE says how many
// programs, UBENCH_HOSTILE_EACH how many plans of each, and UBENCH_CAMPAIGN_SEED which.
func TestHostilePlans(t *testing.T) {
	programs, each, seed := testenv.Many(t, "UBENCH_HOSTILE", 24, 40), testenv.Many(t, "UBENCH_HOSTILE_EACH", 200, 300), uint64(testenv.Number(t, "UBENCH_CAMPAIGN_SEED", 1))
	var next, failures atomic.Int64
	var group sync.WaitGroup
	var lock sync.Mutex
	var total hostile.Counts
	slots := 120 // plans of larger kernels take longer than the rest
	if programs > 100 || testenv.Whole() {
		slots = 1000
	}
	kernels, start := kernels(t, slots), time.Now()
	for k := range runtime.GOMAXPROCS(0) {
		a := hostile.NewAdversary(machine(t, []unicorn.Core{unicorn.CortexM4, unicorn.CortexM3}[k%2]), seed, uint64(k))
		group.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= programs || failures.Load() > 20 {
					break
				}
				p := planned{Program: progen.Numbered(seed, i)}
				switch i % 8 {
				case 2, 5:
					p.Program = progen.WithMaps(seed, i)
					p.honest = honest(p.Program)
				case 3:
					if d := damaged(kernels, seed<<32+uint64(i), 1); len(d) > 0 {
						p = d[0]
					}
				case 7:
					p = kernels[i/8%len(kernels)]
				default:
					p.honest = honest(p.Program)
				}
				c, err := a.Try(p.Program, p.honest, each)
				if err != nil {
					t.Errorf("program %d: %v", i, err)
					failures.Add(1)
				}
				if c != nil {
					t.Errorf("program %d, %s", i, show(p.Program, c))
					failures.Add(1)
				}
				if i%1000 == 999 {
					t.Logf("%d programs, %v", i+1, time.Since(start).Round(time.Second))
				}
			}
			lock.Lock()
			defer lock.Unlock()
			total.Add(a.Counts)
		})
	}
	group.Wait()
	t.Logf("seed %d, in %v: %v", seed, time.Since(start).Round(time.Millisecond), total)
}
