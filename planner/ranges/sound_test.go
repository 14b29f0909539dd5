// SPDX-License-Identifier: GPL-2.0-or-later

package ranges_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/campaign"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Generated programs end with results that were expected, and no access that was proved is ever refused.
func TestSound(t *testing.T) {
	desk, err := host.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	random := rand.NewChaCha8([32]byte{15})
	ends, faults := 0, 0
	for n := range 3000 {
		seed := make([]byte, 200)
		random.Read(seed)
		p := progen.Generate(seed, progen.Features{Calls: n%3 == 0, Counted: n%2 == 0, Extended: n%5 == 0})
		linked, err := image.FromText("generated", p.Text)
		if err != nil {
			t.Fatal(err)
		}
		linked.Rodata, linked.Data, linked.CtxMin, linked.Addresses = p.Rodata, p.Data, p.CtxMin, p.Addresses
		g, err := cfg.Of(linked)
		if err != nil {
			continue // the verifier refuses it as well
		}
		f := ranges.Of(g)
		job, err := campaign.Job(p)
		if err != nil {
			t.Fatal(err)
		}
		job.Engine = "vm"
		s, err := desk.Run(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		switch s.Fault.Status {
		case abi.OK:
			ends++
			possible := false
			for k := range f.Functions[0].Insns {
				before := &f.Functions[0].Before[k]
				if f.Functions[0].Insns[k].Class != cfg.Exit || !before.Reached {
					continue
				}
				v := before.Regs[0]
				r := s.Result
				in := r >= v.Low && r <= v.High && int64(r) >= v.SLow && int64(r) <= v.SHigh && (r^v.Bits)&^v.Unknown == 0
				possible = possible || v.Pointer() || in
			}
			if !possible {
				t.Fatalf("program %d ends with %#x\n%s\n%s", n, s.Result, listing(p.Text), f.Functions[0])
			}
		case abi.StatusRead, abi.StatusWrite:
			faults++
			for _, g := range f.Functions {
				for _, a := range g.Accesses(f) {
					if g.Insns[a.Insn].Slot == int(s.Fault.PC) && a.Reason == ranges.Proved {
						t.Fatalf("program %d: the access at %d was proved: %s, and is refused at %#x\n%s\n%s", n, s.Fault.PC, a, s.Fault.Addr, listing(p.Text), g)
					}
				}
			}
		}
	}
	if ends < 500 || faults < 200 {
		t.Errorf("%d programs ended, %d were stopped at an access", ends, faults)
	}
}

func listing(text []byte) (s string) {
	for slot := 0; slot < len(text)/8; {
		line, n := image.Disassemble(text, slot, nil)
		s += line + "\n"
		slot += n
	}
	return s
}
