// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package redzone_test

import (
	"encoding/binary"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/redzone"
	"github.com/ubench-dev/ubench/internal/testenv"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/alloc"
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

// worker is one of those that share a campaign's programs.
type worker struct {
	m      *redzone.Machine
	counts map[string]int // what was compared, by compiler and by how it ended
}

// program is program i of a campaign; some have maps, on every compiler.
func program(number uint64, i int) progen.Program {
	if i%32 >= 24 {
		return progen.WithMaps(number, i)
	}
	return progen.Numbered(number, i)
}

func (w *worker) run(t *testing.T, p progen.Program, i int, o redzone.Options, lane string) (failed bool) {
	if p.Maps != nil {
		lane += ", maps"
	}
	r, err := w.m.Compare(p, o)
	if err != nil {
		t.Errorf("program %d: %v", i, err)
		return true
	}
	if r.Difference != "" {
		t.Errorf("program %d, %s: %s (escape: %v)\ncontext %x budget %d\ntext %x", i, lane, r.Difference, r.Escape, p.Context, p.Budget, p.Text)
		return true
	}
	if r.Refused {
		lane += ", refused"
	}
	w.counts[lane]++
	w.counts[r.Fault.Status.Name()]++
	return false
}

// planOf is a plan of a program, by the heuristic of that number; none if it has none, or would take long.
func planOf(p progen.Program, heuristic int) []byte {
	linked, err := p.Linked()
	if err != nil || len(p.Text) > 8*100 {
		return nil
	}
	r, err := planner.By(linked, heuristic%alloc.Heuristics)
	if err != nil {
		return nil
	}
	return r.Bytes
}

// TestCampaign compares generated programs, one after the other on as many cores as there are. UBENCH_REDZONE says how
// many, UBENCH_CAMPAIGN_SEED which, and UBENCH_SHARD=I/N which part of them; UBENCH_REDZONE_PLANS=all has
// a plan made of each, which then runs with small budgets, too.
func TestCampaign(t *testing.T) {
	programs, number := testenv.Number(t, "UBENCH_REDZONE", 7_000), uint64(testenv.Number(t, "UBENCH_CAMPAIGN_SEED", 1))
	shard, err := bench.ParseShard(os.Getenv("UBENCH_SHARD"))
	if err != nil {
		t.Fatal("UBENCH_SHARD: ", err)
	}
	first, end := shard.Range(programs)
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // little lives, and much is garbage: looking for it took a third of the time
	plans := os.Getenv("UBENCH_REDZONE_PLANS") == "all"
	var next, failures atomic.Int64
	next.Store(int64(first))
	var group sync.WaitGroup
	var lock sync.Mutex
	total, start := map[string]int{}, time.Now()
	for k := range runtime.GOMAXPROCS(0) {
		core := []unicorn.Core{unicorn.CortexM4, unicorn.CortexM3}[k%2]
		w := worker{m: machine(t, core), counts: map[string]int{}}
		group.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= end || failures.Load() > 20 {
					break
				}
				p, lane, o := program(number, i), "jit on "+string(core), redzone.Options{}
				switch {
				case i%8 == 7 && !plans:
					lane, o = "jit-compact on "+string(core), redzone.Options{Compact: true}
				case i%8 != 0 && i%8 != 4 || plans:
					lane, o = "jit-plan on "+string(core), redzone.Options{OnePass: true}
				}
				if plans || i%16 == 6 { // making a plan takes longer than the rest
					if o.Plan = planOf(p, i/16); o.Plan != nil {
						lane = "jit-plan with a plan on " + string(core)
					}
				}
				failed := w.run(t, p, i, o, lane)
				for p.Budget = 0; plans && !failed && p.Budget < 12; p.Budget++ {
					failed = w.run(t, p, i, o, lane)
				}
				if failed {
					failures.Add(1)
				}
				if i%100_000 == 99_999 {
					t.Logf("%d programs, %v", i+1, time.Since(start).Round(time.Second))
				}
			}
			lock.Lock()
			defer lock.Unlock()
			for name, n := range w.counts {
				total[name] += n
			}
		})
	}
	group.Wait()
	t.Logf("seed %d, programs %d to %d in %v: %v", number, first, end-1, time.Since(start).Round(time.Millisecond), total)
}

// TestRepairs takes the repairs of old faults out, one after the other: the generator must find each fault again.
// UBENCH_REPAIRS=n counts how many of n programs do.
func TestRepairs(t *testing.T) {
	m := machine(t, unicorn.CortexM4)
	for name := range redzone.Repairs {
		t.Run(name, func(t *testing.T) {
			found, all := 0, testenv.Number(t, "UBENCH_REPAIRS", 0)
			for i := 0; i < all || found == 0 && i < 200_000; i++ {
				r, err := m.Compare(progen.Numbered(2, i), redzone.Options{Without: name})
				if err != nil {
					t.Fatal(err)
				}
				if r.Difference == "" {
					continue
				}
				if found++; found == 1 {
					t.Logf("found by program %d: %s", i, r.Difference)
				}
			}
			if all > 0 {
				t.Logf("%d of %d programs find it", found, all)
			}
			if found == 0 {
				t.Error("no program finds it")
			}
		})
	}
}

// TestRefused keeps what is no difference apart from what is one.
func TestRefused(t *testing.T) {
	m := machine(t, unicorn.CortexM4)
	r, err := m.Compare(progen.Program{Text: []byte{0xff, 0, 0, 0, 0, 0, 0, 0}}, redzone.Options{})
	if err != nil || !r.Refused || r.Difference != "" || r.Fault.Status == abi.OK {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestUnchanged has instructions that leave their operand as it is behind a copy, and changes the original: a copy was once left to them, and
// by them to nobody.
func TestUnchanged(t *testing.T) {
	m := machine(t, unicorn.CortexM4)
	for _, class := range []byte{0x07, 0x04} {
		for _, op := range []byte{0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xc0, 0xd0, 0xd8} {
			if class == 0x07 && op == 0xd8 {
				continue // there is none
			}
			for _, imm := range []int32{0, 1, -1, 16, 32, 64, -64} {
				if op >= 0xd0 && imm < 16 {
					continue
				}
				text := binary.LittleEndian.AppendUint64(nil, 0x1079)                                         // r0 = *(u64 *)(r1 +0)
				text = binary.LittleEndian.AppendUint64(text, 0x02bf)                                         // r2 = r0
				text = binary.LittleEndian.AppendUint64(text, uint64(uint32(imm))<<32|0x200|uint64(class|op)) // r2 op= imm
				text = binary.LittleEndian.AppendUint64(text, 0x3_0000_0027)                                  // r0 *= 3
				text = binary.LittleEndian.AppendUint64(text, 0x20af)                                         // r0 ^= r2
				text = binary.LittleEndian.AppendUint64(text, 0x95)
				p := progen.Program{Text: text, Context: []byte{1, 2, 3, 4, 5, 6, 7, 0x88}, CtxMin: 8, Budget: 100}
				honest := planOf(p, 0)
				if r, err := m.Begin(p); err == nil && !r.Refused && honest == nil {
					t.Errorf("class %#x, operation %#x, %d: it has no plan", class, op, imm)
				}
				for _, plan := range [][]byte{nil, honest} {
					r, err := m.Compare(p, redzone.Options{OnePass: true, Plan: plan})
					if err != nil || r.Difference != "" {
						t.Errorf("class %#x, operation %#x, %d, plan %x: %v %s", class, op, imm, plan, err, r.Difference)
					}
				}
			}
		}
	}
}
