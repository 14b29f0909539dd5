// SPDX-License-Identifier: GPL-2.0-or-later

//go:build !sanitize

package jittest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

// found are accesses of every kind around the ends of granted memory, after one that was right: where checks last found an
// address is looked at first (struct ub_run, found), so that what was found must say nothing of other memory, rights or lengths.
func found() (all []escape) {
	job, areas := memoryOf()
	granted := areas[1:3]
	for _, first := range granted {
		for _, before := range touches() {
			if before.size != 1 && !before.atomic || before.size > 4 || before.write && !first.writable {
				continue
			}
			for _, a := range granted {
				for _, t := range touches() {
					for _, distance := range []int{-1, 0, int(a.len) - t.size, int(a.len) - t.size + 1, int(a.len)} {
						e := escape{name: fmt.Sprintf("%s of what is %s, then %s at %+d of what is %s", before.name, first.name, t.name, distance, a.name), job: job, known: true}
						e.job.Context = make([]byte, contextBytes)
						prologue := slices.Concat(first.base, before.code(0), a.base)
						e.text = slices.Concat(prologue, t.code(int16(distance)), exitSlot)
						e.want = outcome(areas, t, a.start+uint32(distance), len(prologue)/8)
						all = append(all, e)
					}
				}
			}
		}
	}
	return all
}

// TestFound: with the planner's plan, code looks by itself at where the address was found last; else the routine does.
func TestFound(t *testing.T) {
	m4 := watch(t, unicorn.CortexM4, "netduinoplus2")
	runEscapes(t, append(lanes(t), lane{"jit-plan with a plan", "jit-plan", 1, planned(m4.job)}, lane{"jit-plan without a plan", "jit-plan", 1, m4.job}), found())
}
