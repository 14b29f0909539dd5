// SPDX-License-Identifier: GPL-2.0-or-later

package bounds

import (
	"math"

	"github.com/ubench-dev/ubench/planner/affine"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Triangular nests: an inner loop that runs up to what the outer one counts, or down from it, or from it up to what stays.
// Its turns are not multiplied with the outer loop's but summed over them. What the outer loop counts is u, a progression of
// numbers that are not negative; what a turn of it takes is a polynomial and another one, times u.

// turn is what a turn of a loop takes: fixed + each * u.
type turn struct {
	fixed, each Poly
}

func (t turn) orElse(w turn) turn { return turn{larger(t.fixed, w.fixed), larger(t.each, w.each)} }
func (t turn) then(w turn) turn   { return turn{add(t.fixed, w.fixed), add(t.each, w.each)} }

// outer is what a loop counts, for the loops inside it.
type outer struct {
	counter *affine.Counter
	down    bool // u is how far the counter is from the highest it can be
	high    Poly // which is
	highs   ranges.Value
	least   float64 // the lowest u
	sum     Poly    // of u, over all turns
}

// counts finds what a loop counts that the turns of one inside it depend on, NULL if there is no such one. turns are the loop's.
func (b *bounder) counts(n, loop int, turns Poly) *outer {
	t := b.Forests[n]
	for k := range b.Affine[n].Loops[loop].Counters {
		c := &b.Affine[n].Loops[loop].Counters[k]
		for inner := range t.Loops {
			if t.Loops[inner].Parent != loop {
				continue
			}
			for _, down := range []bool{false, true} {
				if u, ok := b.counted(n, loop, inner, c, down, turns); ok {
					if _, ok := b.within(n, inner, u); ok {
						return u
					}
				}
			}
		}
	}
	return nil
}

// counted is what a loop counts by a counter, as it is where an inner loop is entered.
func (b *bounder) counted(n, loop, inner int, c *affine.Counter, down bool, turns Poly) (*outer, bool) {
	var at ranges.Value
	for k, s := range b.entries(n, inner) {
		v := s.Regs[min(int(c.Var), 10)]
		if c.Var >= 10 || v.Pointer() || v.SLow < 0 || v.SHigh > math.MaxUint32 || k > 0 {
			return nil, false
		}
		at = v
	}
	high, ok := upper(at)
	if !ok || c.By == 0 {
		return nil, false
	}
	// No more turns than there are numbers between, and no fewer than those the loop takes.
	spread := add(high, constant(-float64(at.SLow)))
	numbers := add(times(spread, constant(1/math.Abs(float64(c.By)))), constant(1))
	if mine, ok := b.turns(n, loop, c); ok {
		turns = mine
	}
	u := &outer{counter: c, down: down, high: high, highs: at, least: float64(at.SLow)}
	mean := times(add(high, constant(float64(at.SLow))), constant(0.5))
	if down {
		u.least, mean = 0, times(spread, constant(0.5))
	}
	u.sum = times(larger(turns, numbers), nonNegative(mean))
	return u, true
}

// nonNegative leaves out a constant below 0, which would take something off a sum.
func nonNegative(p Poly) Poly { return larger(p, append(Poly{0}, p[min(1, len(p)):]...)) }

// entries are the states in which a loop is come to from outside.
func (b *bounder) entries(n, loop int) []*ranges.State {
	l := &b.Forests[n].Loops[loop]
	var list []*ranges.State
	for from, s := range b.Facts.Edges(n, l.Head) {
		if !l.Contains(from) {
			list = append(list, s)
		}
	}
	return list
}

// within bounds the turns of a loop by what the one around it counts.
func (b *bounder) within(n, loop int, u *outer) (best count, found bool) {
	if u == nil {
		return count{}, false
	}
	for k := range b.Affine[n].Loops[loop].Counters {
		c, ok := b.count(n, loop, &b.Affine[n].Loops[loop].Counters[k], u)
		if ok && (!found || less(c.fixed, best.fixed)) {
			best, found = c, true
		}
	}
	return best, found
}

// distance is how far a counter goes, as a polynomial and so much for each u: from first up to last, of which one is what the
// outer loop counts.
func (u *outer) distance(p *Program, n, loop int, c *affine.Counter, last, first ranges.Value) (Poly, float64, bool) {
	b := bounder{Program: p}
	entries := b.entries(n, loop)
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
