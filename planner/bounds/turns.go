// SPDX-License-Identifier: GPL-2.0-or-later

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

// outer is what a loop counts, for the loops inside it.
type outer struct {
	counter *affine.Counter
	down    bool // u is how far the counter is from the highest it can be
	high    Poly // which is
	highs   ranges.Value
	least   float64 // the lowest u
	sum     Poly    // of u, over all turns
}

// distance is how far a counter goes, as a polynomial and so much for each u: from first up to last, of which one is what the
// outer loop counts.
func (u *outer) distance(p *Program, n, loop int, c *affine.Counter, last, first ranges.Value) (Poly, float64, bool) {
	entries := p.entries(n, loop)
	if len(entries) != 1 || int(c.Var) >= 10 {
		return nil, 0, false
	}
	s := entries[0]
	start := s.Regs[c.Var]
	counts := s.Regs[u.counter.Var]
	if !u.down { // last is the outer counter
		from := start
		if c.By > 0 { // what it is compared with stays in the inner loop
			if int(c.Bound) >= 10 {
				return nil, 0, false
			}
			from = s.Regs[c.Bound]
		}
		if plus, ok := same(from, counts); ok && first.SLow >= -1<<31 {
			return constant(plus - float64(first.SLow)), 1, true
		}
		return nil, 0, false
	}
	// The inner counter starts at the outer one, and goes up to what the outer one stays below.
	plus, ok := same(start, counts)
	high, bounded := upper(last)
	if !ok || !bounded || c.By < 0 {
		return nil, 0, false
	}
	// last - start = (last's bound - outer's bound) + u - plus
	return add(add(high, times(u.high, constant(-1))), constant(-plus)), 1, true
}

// same tells that a value is another one and a constant.
func same(v, w ranges.Value) (plus float64, ok bool) {
	switch {
	case v.ID != 0 && v.ID == w.ID:
		return 0, true
	case v.Linear.ID != 0 && v.Linear.ID == w.ID && v.Linear.Scale == 1:
		return float64(v.Linear.Plus), true
	case v.Linear.ID != 0 && v.Linear.ID == w.Linear.ID && v.Linear.Scale == 1 && w.Linear.Scale == 1:
		return float64(v.Linear.Plus - w.Linear.Plus), true
	}
	return 0, false
}

// entries are the states in which a loop is come to from outside.
func (p *Program) entries(n, loop int) []*ranges.State {
	l := &p.Forests[n].Loops[loop]
	return p.Facts.Entered(n, l.Head, l.Contains)
}
