// SPDX-License-Identifier: GPL-2.0-or-later

// Package bounds finds how much a program executes at most, as a function of the length of its context: turns of counted
// loops from the bounds of their counters, and the dearest way through each turn.
package bounds

import (
	"fmt"

	"github.com/ubench-dev/ubench/planner/affine"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Program is what is bounded, phase by phase as planner.Analysis has it.
type Program struct {
	Cfg     *cfg.Program
	Forests []*loops.Forest
	Facts   *ranges.Facts
	Affine  []*affine.Loops
}

// Turns bounds how often a loop goes around each time it is entered; ok is false, with the reason, if nothing does.
func (p *Program) Turns(function, loop int) (turns Poly, why string, ok bool) {
	a := &p.Affine[function].Loops[loop]
	if len(a.Counters) == 0 {
		return nil, "no counter moves by a constant towards a bound that stays", false
	}
	var best Poly
	for k := range a.Counters {
		if t, ok := p.turns(function, loop, &a.Counters[k]); ok && (best == nil || less(t, best)) {
			best = t
		}
	}
	if best == nil {
		c := a.Counters[0]
		return nil, fmt.Sprintf("%v is counted, but neither the context's length nor a constant bounds it", c.Var), false
	}
	return best, "", true
}

// less compares bounds by their highest power.
func less(p, q Poly) bool {
	for k := max(len(p), len(q)) - 1; k >= 0; k-- {
		if p.at(k) != q.at(k) {
			return p.at(k) < q.at(k)
		}
	}
	return false
}

// upper bounds a value: by a constant, or by the length.
func upper(v ranges.Value) (Poly, bool) {
	if !v.Pointer() && v.High < 1<<16 || v.Pointer() && v.SHigh < 1<<16 {
		return constant(float64(v.SHigh)), true
	}
	if v.Length.Known {
		return Poly{float64(v.Length.Plus), 1}, true
	}
	if s := v.Slack; s.Scale > 0 {
		return Poly{-float64(s.Room) / float64(s.Scale), 1 / float64(s.Scale)}, true
	}
	if v.SHigh < 1<<31-1<<20 && v.SLow >= 0 && !v.Pointer() {
		return constant(float64(v.SHigh)), true
	}
	return nil, false
}

// count is how often a loop goes around by one of its counters: fixed + each * u, u being what the loop around it counts
// (see nest.go); each is 0 if the turns do not depend on it.
type count struct {
	fixed Poly
	each  float64
}

func (p *Program) turns(function, loop int, c *affine.Counter) (Poly, bool) {
	t, ok := p.count(function, loop, c, nil)
	return t.fixed, ok
}

// count bounds turns by a counter; outer, if not nil, is what the loop around it counts.
func (p *Program) count(function, loop int, c *affine.Counter, outer *outer) (count, bool) {
	g := p.Facts.Functions[function]
	f := p.Cfg.Functions[function]
	l := &p.Forests[function].Loops[loop]
	head, test := &g.Before[f.Blocks[l.Head].First], &g.Before[c.Test]
	if !head.Reached || !test.Reached || c.Var >= plan.High {
		return count{}, false
	}
	i := &f.Insns[c.Test]
	bound := ranges.Value{Number: ranges.Exactly(uint64(c.Limit))}
	if i.Register {
		bound = test.Regs[i.Src]
		if c.Source {
			bound = test.Regs[i.Dst]
		}
	}
	start := head.Regs[c.Var]
	if start.Region != bound.Region {
		return count{}, false
	}
	last, first := bound, start // of what is counted, its highest value and its lowest
	if c.By < 0 {
		last, first = start, bound
	}
	var distance Poly
	var each, least float64 // of the distance, for each u; least u
	step := float64(max(c.By, -c.By))
	if outer != nil {
		var ok bool
		if distance, each, ok = outer.distance(p, function, loop, c, last, first); !ok {
			return count{}, false
		}
		least = outer.least
	} else {
		high, ok := upper(last)
		if !ok || first.SLow < -1<<31 {
			return count{}, false
		}
		distance = add(high, constant(-float64(first.SLow)))
	}
	offset := float64(max(c.Offset, -c.Offset))
	extra := step - 1
	switch c.Op {
	case cfg.LE, cfg.GE, cfg.SLE, cfg.SGE:
		extra = step
	case cfg.NE:
		extra = 0
	}
	t := add(times(add(distance, constant(extra-offset)), constant(1/step)), constant(1))
	each /= step
	if few := t.At(float64(head.Least)) + each*least; few < 1 { // whoever comes to the loop takes one, however short the context
		t = add(t, constant(1-few))
	}
	return count{t, each}, true
}

// Cost is what an instruction takes, each time it is executed.
type Cost func(function, insn int) float64

// Result is a bound, or why there is none.
type Result struct {
	Bound    Poly
	Function int // with Loop, what has no bound
	Loop     int // -1: the function calls itself, or one that nobody knows
	Why      string
}

// Bounded tells whether there is a bound.
func (r *Result) Bounded() bool { return r.Why == "" }

// Of bounds what a program takes.
func (p *Program) Of(cost Cost) Result {
	b := &bounder{p, cost, map[int]*Result{}}
	return *b.function(0)
}

type bounder struct {
	*Program
	cost  Cost
	known map[int]*Result
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
