// SPDX-License-Identifier: GPL-2.0-or-later

// Package bounds finds how much a program executes at most, as a function of the length of its context: turns of counted
// loops from the bounds of their counters, and the dearest way through each turn.
package bounds

import (
	"fmt"

	"github.com/ubench-dev/ubench/planner/cfg"
)

// Of bounds what a program takes.
func (p *Program) Of(cost Cost) Result {
	b := &bounder{p, cost, map[int]*Result{}}
	return *b.function(0)
}

func (b *bounder) function(n int) *Result {
	if r, ok := b.known[n]; ok {
		if r == nil {
			return &Result{Function: n, Loop: -1, Why: "it calls itself"}
		}
		return r
	}
	b.known[n] = nil
	r := &Result{Function: n, Loop: -1}
	t := b.Forests[n]
	if len(t.Irreducible) > 0 {
		r.Why = fmt.Sprintf("a loop at slot %d has several ways in", t.Function.Slot(t.Irreducible[0]))
	} else {
		r.Bound = b.region(n, -1, nil, r).fixed
	}
	b.known[n] = r
	return r
}

// region is the dearest way through a turn of a loop, or through a function, with the loops inside: fixed + each * u, if
// there is something that the loop counts.
func (b *bounder) region(n, loop int, u *outer, r *Result) turn {
	t := b.Forests[n]
	f := t.Function
	way := map[int]turn{}
	most := turn{Poly{0}, Poly{0}}
	for _, blk := range f.Order {
		if loop >= 0 && !t.Loops[loop].Contains(blk) {
			continue
		}
		here := turn{Poly{0}, Poly{0}}
		for _, p := range f.Blocks[blk].Preds {
			if w, ok := way[p]; ok && f.Blocks[p].Rank < f.Blocks[blk].Rank {
				here = here.orElse(w)
			}
		}
		inner := t.Of[blk]
		for inner >= 0 && inner != loop && t.Loops[inner].Parent != loop {
			inner = t.Loops[inner].Parent
		}
		switch {
		case inner == loop:
			here.fixed = add(here.fixed, b.block(n, blk, r))
		case t.Loops[inner].Head == blk:
			here = here.then(b.loop(n, inner, u, r))
		}
		way[blk] = here
		most = most.orElse(here)
	}
	return most
}

// loop is what a loop takes in a turn of the one around it, which counts u.
func (b *bounder) loop(n, loop int, u *outer, r *Result) turn {
	turns, why, ok := b.Turns(n, loop)
	if !ok && r.Why == "" {
		r.Function, r.Loop, r.Why = n, loop, why
	}
	mine := b.counts(n, loop, turns)
	a := b.region(n, loop, mine, r)
	sum := Poly{0}
	if mine != nil {
		sum = times(a.each, mine.sum)
	}
	if c, ok := b.within(n, loop, u); ok {
		return turn{add(times(c.fixed, a.fixed), sum), times(constant(c.each), a.fixed)}
	}
	return turn{add(times(turns, a.fixed), sum), Poly{0}}
}

func (b *bounder) block(n, blk int, r *Result) Poly {
	f := b.Cfg.Functions[n]
	sum := Poly{0}
	for k := f.Blocks[blk].First; k < f.Blocks[blk].Last; k++ {
		sum[0] += b.cost(n, k)
		i := &f.Insns[k]
		callee := -1
		switch i.Class {
		case cfg.CallX:
			if r.Why == "" {
				r.Why = fmt.Sprintf("the call at slot %d leads to who knows which function", i.Slot)
			}
		case cfg.Call:
			for m, g := range b.Cfg.Functions {
				if g.Start == i.Target {
					callee = m
				}
			}
		}
		if callee >= 0 {
			of := b.function(callee)
			if !of.Bounded() && r.Why == "" {
				r.Function, r.Loop, r.Why = of.Function, of.Loop, of.Why
			}
			sum = add(sum, of.Bound)
		}
	}
	return sum
}
