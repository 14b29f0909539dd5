// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// far are accesses at an address plus a constant so far away that its sum with the access's size, or with where the frame begins, passes
// the greatest number of 32 bits with a sign; alone, and behind an access nearby, whose check a compiler may take for theirs. Both
// compilers once took such a sum for a small one.
func far() (all []escape) {
	job, _ := memoryOf()
	for _, touch := range touches() {
		for _, base := range []byte{1, 10} {
			for _, frame := range []int32{0, 512} {
				for less := range int32(touch.size + 2) {
					for _, offset := range []int16{0, 3, int16(-touch.size)} {
						k := math.MaxInt32 - frame - less
						for form, add := range [][]byte{plusImm(4, k), slices.Concat(movImm(3, k), plus(4, 3)), slices.Concat(lddw(3, uint64(k)), plus(4, 3))} {
							near := []byte(nil)
							if less%2 == 1 {
								near = touch.code(0)
								if base == 10 {
									near = touch.code(int16(-touch.size))
								}
							}
							e := escape{name: fmt.Sprintf("%s at r%d, %#x and %d away, form %d", touch.name, base, k, offset, form), job: job}
							e.text = slices.Concat(movImm(5, 1), mov(4, base), near, add, touch.code(offset), exitSlot)
							e.job.Context = make([]byte, contextBytes)
							all = append(all, e)
						}
					}
				}
			}
		}
	}
	return all
}

// TestFar runs them by each compiler.
func TestFar(t *testing.T) {
	desk, err := host.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = desk.Close() })
	m4, escapes := watch(t, unicorn.CortexM4, "netduinoplus2"), far()
	if os.Getenv("UBENCH_ESCAPES") == "" {
		escapes = fewer(escapes, 0)
	}
	runEscapes(t, []lane{
		{"vm on the host", "vm", 1, desk.Run}, {"jit", "jit", 1, m4.job},
		{"jit-plan with a plan", "jit-plan", 1, planned(m4.job)}, {"jit-plan without a plan", "jit-plan", 1, m4.job},
	}, escapes)
}
