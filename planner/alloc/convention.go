// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import (
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/plan"
)

// Convention is how functions of a program hand values to each other, so that each can be coloured by itself: the first
// registers hold arguments and the result, and are left changed; what a function changes of the others it saves.
type Convention struct {
	Shared    uint16 // registers a function may leave changed
	arguments map[plan.Var]plan.Place
	result    map[plan.Var]plan.Place
	read      map[int]uint16 // registers that the function at a slot has its arguments in
}

// scratch is how many registers are left changed at least, and most how many at most.
const (
	scratch = 4
	most    = 6
)

// conventional is the convention of a program whose functions take r1 to r5 and return r0, and are called by name; nil for
// others, and for programs of one function.
func conventional(live *liveness.Live, wide func(function, insn int, v plan.Var) bool) *Convention {
	if len(live.Functions) == 1 {
		return nil
	}
	c := &Convention{Shared: 1<<scratch - 1, arguments: map[plan.Var]plan.Place{}, result: map[plan.Var]plan.Place{}, read: map[int]uint16{}}
	next := plan.Place(0)
	for n, f := range live.Functions {
		for k := range f.Insns {
			if i := &f.Insns[k]; i.Class == cfg.CallX || i.Class == cfg.Call && i.Target == 0 {
				return nil
			}
		}
		if n == 0 {
			continue
		}
		ok := f.Returns&^liveness.Both(0) == 0
		f.Arguments().Each(func(v plan.Var) {
			r := v
			if v >= plan.High {
				r -= plan.High
			}
			ok = ok && r >= 1 && r <= 5
			if v >= plan.High && !wide(n, 0, v) {
				return
			}
			if _, given := c.arguments[v]; !given {
				c.arguments[v] = next
				next++
			}
			c.read[f.Start] |= 1 << c.arguments[v]
		})
		if !ok || next > most {
			return nil
		}
		f.Returns.Each(func(v plan.Var) { c.result[v] = plan.Place(v / plan.High) })
	}
	c.Shared |= 1<<next - 1
	return c
}

// insn adds what a call asks of the webs around it.
func (c *Convention) insn(w *webs, k int, before, after map[plan.Var]int, reads liveness.Set, weight float64) {
	i := &w.g.Insns[k]
	reads.Each(func(v plan.Var) {
		n, ok := before[v]
		at, given := c.arguments[v]
		if ok && given {
			w.list[n].fixed[at] += weight
			w.list[n].barred |= c.read[i.Target] &^ (1 << at) // others are brought there, one by one
		}
	})
	for v, n := range after {
		if _, written := w.def[k][v]; !written {
			w.list[n].barred |= c.Shared
		} else if at, ok := c.result[v]; ok {
			w.list[n].fixed[at] += weight
			for u, other := range c.result {
				if u != v {
					w.list[n].barred |= 1 << other
				}
			}
		}
	}
}
