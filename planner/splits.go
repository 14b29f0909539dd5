// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ubench-dev/ubench/planner/alloc"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/plan"
)

// How many live-range splits are looked at, how many of the best are tried, and what one has to gain, of what places cost, to be one of them.
const (
	splitsSeen  = 48
	splitsTried = 8
	worthASplit = 0.995
)

// split splits live ranges of variables where paths meet, if the plan then costs less: a value that is copied there and back again, and changed
// only on some of the ways, otherwise has two places on all of them.
func (s *searcher) split() {
	type gain struct {
		at   alloc.Split
		cost float64
	}
	s.version++
	s.allocate()
	before := s.builder.places.Cost()
	var gains []gain
	for _, at := range s.copied() {
		s.splits = map[alloc.Split]bool{at: true}
		s.allocate()
		if x := s.builder.places.Cost(); x < before*worthASplit {
			gains = append(gains, gain{at, x})
		}
	}
	slices.SortStableFunc(gains, func(a, b gain) int { return cmp.Compare(a.cost, b.cost) })
	kept, places, doubt := map[alloc.Split]bool{}, s.best.Places, s.doubt.clone()
	for _, g := range gains[:min(len(gains), splitsTried)] {
		s.splits = maps.Clone(kept)
		s.splits[g.at] = true
		s.version++
		r, err := s.attempts()
		if err == nil && s.cost(r) < s.least*enough && len(s.records) >= s.loops {
			s.best, s.least = r, s.cost(r)
			kept, places, doubt = s.splits, s.builder.places, s.doubt.clone()
		} else {
			s.doubt = doubt.clone()
		}
	}
	s.splits, s.builder.places, s.doubt = kept, places, doubt
	s.placed = s.version
}

// copied lists where jumps lead, with variables that are needed there and copied somewhere: what runs most often comes first.
func (s *searcher) copied() (list []alloc.Split) {
	for n, f := range s.Program.Functions {
		copies := map[plan.Var]bool{}
		targets := map[int]bool{}
		for k := range f.Insns {
			switch i := &f.Insns[k]; {
			case i.Class == cfg.Move && i.Register && i.Extend == 0:
				copies[plan.R(int(i.Dst))], copies[plan.R(int(i.Src))] = true, true
			case i.Class == cfg.Jump || i.Class == cfg.Branch:
				targets[i.Target] = true
			}
		}
		for blk := 1; blk < len(f.Blocks); blk++ {
			if !targets[f.Slot(blk)] {
				continue
			}
			s.Live.Functions[n].In[blk].Each(func(v plan.Var) {
				if copies[v] && v != cfg.R10 {
					list = append(list, alloc.Split{Function: n, Block: blk, Var: v})
				}
			})
		}
	}
	weight := func(c alloc.Split) float64 { return s.weights[c.Function][c.Block] }
	slices.SortStableFunc(list, func(a, b alloc.Split) int { return cmp.Compare(weight(b), weight(a)) })
	return list[:min(len(list), splitsSeen)]
}
