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
