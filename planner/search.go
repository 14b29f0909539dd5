// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"maps"
)

// searching is how many slots are compiled at most to look for better places.
const searching = 100_000

// enough is what a change has to gain, so that a search comes to an end.
const enough = 0.9995

// search changes a plan where that makes it cost less: a value lives elsewhere, and what was there in its place, or is computed where it is written.
// One change at a time is made, the plan built anew and compiled, and the change taken back if it does not pay. What is used most comes first.
func (s *searcher) search() *Result {
	for again := true; again; {
		again = s.places()
		again = s.defers() || again
	}
	return s.best
}

// searcher changes the plan of a builder.
type searcher struct {
	*builder
	best  *Result
	least float64
	left  int // plans that may still be made
	loops int // with records
}

func (b *builder) searcher(r *Result) *searcher {
	return &searcher{builder: b, best: r, least: b.cost(r), left: searching / (len(b.image.Text)/8 + 1), loops: len(b.records)}
}

// places looks for better places, once through all that has one.
func (s *searcher) places() (some bool) {
	for _, n := range s.builder.places.Nodes() {
		for _, to := range s.builder.places.Choices(n) {
			from := s.builder.places.Place(n)
			if !s.builder.places.Exchange(n, to) {
				continue
			}
			if s.left <= 0 {
				s.builder.places.Exchange(n, from)
				return false
			}
			if s.pays() {
				some = true
			} else {
				s.builder.places.Exchange(n, from)
			}
		}
	}
	return some
}

// defers looks for results that are better computed where they are written.
func (s *searcher) defers() (some bool) {
	for _, i := range s.best.Plan.Insns {
		if !i.Defer || s.doubt.defers[i.Slot] {
			continue
		}
		if s.left <= 0 {
			return false
		}
		s.doubt.defers[i.Slot] = true
		if s.pays() {
			some = true
		} else {
			delete(s.doubt.defers, i.Slot)
		}
	}
	return some
}

// pays makes a plan of what there is now, and tells whether it costs less than the best one.
func (s *searcher) pays() bool {
	saved := maps.Clone(s.doubt.saved)
	r := s.made()
	if r == nil {
		s.doubt.saved = saved
		return false
	}
	x := s.cost(r)
	if x >= s.least*enough {
		s.doubt.saved = saved
		return false
	}
	s.best, s.least = r, x
	return true
}

// made is a plan of what there is now, nil if it is not followed.
func (s *searcher) made() *Result {
	clear(s.doubt.saved)
	for {
		s.left--
		if s.build() != nil {
			return nil
		}
		data, err := s.plan.Encode(s.image.Text, s.functions)
		if err != nil {
			return nil
		}
		if s.plan.Calls != nil {
			v, err := s.judge.Try(data, true)
			if err != nil {
				return nil
			}
			if s.saves(v.Doubts) {
				continue
			}
		}
		v, err := s.judge.Try(data, false)
		if err != nil || !v.Followed {
			return nil
		}
		return &Result{s.Analysis, s.plan, data, v, s.builder.places}
	}
}
