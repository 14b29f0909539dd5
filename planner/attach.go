// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"cmp"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/alloc"
	"github.com/ubench-dev/ubench/planner/judge"
)

// Of makes a plan of a program. The device's compiler, on the host, says which claims it cannot see to hold; they are left
// out of the next attempt. Registers are allocated by several heuristics, of which the one is kept with most records of loops, and among these the one
// that costs least (cost); that one is changed as long as it then costs less (improve). Where no attempt comes to an end, all is tried again with less in it from the start.
func Of(p *image.Program) (*Result, error) { return best(p, 0, alloc.Heuristics) }

// By makes a plan by one of alloc.Heuristics, for tests that want many plans rather than the best one of each program.
func By(p *image.Program, heuristic int) (*Result, error) { return best(p, heuristic, heuristic+1) }

// best is the one kept of those by heuristics first to end-1.
func best(p *image.Program, first, end int) (*Result, error) {
	a, err := Analyse(p)
	if err != nil {
		return nil, err
	}
	j, err := judge.Of(p)
	if err != nil {
		return nil, err
	}
	for c := free; c <= noRecords; c++ {
		var of *builder
		var best *Result
		least := 0.0
		for h := first; h < end; h++ {
			b := newBuilder(a, p, j)
			b.caution, b.heuristic = c, h
			if of != nil {
				b.doubt.share(&of.doubt)
			}
			r, refused := b.attempts()
			switch {
			case refused != nil:
				err = refused
			default:
				if x := b.cost(r); best == nil || cmp.Or(cmp.Compare(len(of.records), len(b.records)), cmp.Compare(x, least)) < 0 {
					of, best, least = b, r, x
				}
			}
		}
		if best != nil {
			if end-first > 1 {
				best = of.improve(best)
			}
			return of.prune(j, best), nil
		}
	}
	return nil, err
}

// improve changes a plan as long as it then costs less.
func (b *builder) improve(r *Result) *Result {
	s := b.searcher(r)
	s.split()
	return s.search()
}

// Attach is a program with a plan, or as it is if it cannot have one.
func Attach(p *image.Program) *image.Program {
	r, err := Of(p)
	if err != nil {
		return p
	}
	return withPlan(p, r.Bytes)
}

func withPlan(p *image.Program, plan []byte) *image.Program {
	with := *p
	with.Plan = plan
	return &with
}
