// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import "github.com/ubench-dev/ubench/planner/plan"

// Cut is where the values of a variable are taken apart: what comes to a block, which a jump leads to, may live elsewhere than it did before.
type Cut struct {
	Function, Block int
	Var             plan.Var
}

// What places cost, for each time they are used.
const (
	aMove = 1.0 // between two registers
	aWord = 1.5 // a load or a store
)

// Cost is what the places cost, as far as it can be told from them alone: moves, and what is used in memory.
func (p *Places) Cost() (sum float64) {
	for _, f := range p.Functions {
		for _, x := range f.w.pairs {
			a, b := &f.w.list[x.a], &f.w.list[x.b]
			if !x.same && a.place != b.place && a.place != plan.Nowhere && b.place != plan.Nowhere {
				sum += x.weight * aMove
			}
		}
	}
	for _, d := range p.c.nodes {
		if d.place >= plan.FrameWord && d.place != plan.Nowhere {
			sum += d.weight * aWord
		}
	}
	return sum
}
