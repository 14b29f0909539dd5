// SPDX-License-Identifier: GPL-2.0-or-later

package conformance_test

import (
	"errors"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/internal/conformance"
	"github.com/ubench-dev/ubench/internal/linux"
)

// TestKernel asks Linux about all programs its verifier admits.
func TestKernel(t *testing.T) {
	if err := linux.Available(); err != nil {
		t.Skip("no eBPF of the kernel: ", err)
	}
	programs, cases, refused := 0, 0, map[string]int{}
	all := conformance.All()
	for i := range all {
		p := &all[i]
		if p.Fault.Status != abi.OK || p.Group == "calls" {
			continue // what Linux has other rules for
		}
		r0, after, err := linux.Run(p.Text, p.Context)
		switch {
		case errors.Is(err, linux.ErrRefused):
			refused[p.Group]++
			continue
		case err != nil:
			t.Fatalf("%s, %s: %v", p.Group, p.Name, err)
		case r0 != uint32(p.Result):
			t.Errorf("%s, %s: r0 is %#x, want %#x", p.Group, p.Name, r0, p.Result)
		}
		if complaint := p.CheckContext(after); complaint != "" {
			t.Errorf("%s, %s: %s", p.Group, p.Name, complaint)
		}
		programs++
		cases += p.Count()
	}
	t.Logf("%d programs, %d cases; refused by the kernel's verifier: %v", programs, cases, refused)
	if cases < 10_000 {
		t.Errorf("the kernel ran %d cases", cases)
	}
}
