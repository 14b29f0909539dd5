// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import (
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/plan"
)

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
