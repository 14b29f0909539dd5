// SPDX-License-Identifier: GPL-2.0-or-later

package liveness

import (
	"cmp"
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/plan"
)

// Promote picks the words of the frame that are worth being variables: those that are reached most often. None are
// if the frame is reached by other ways than r10 and a constant, and none of which a part is reached, or an atomic
// operation, or a word that is not whole.
func Promote(p *cfg.Program, forests []*loops.Forest, escapes bool, most int) Words {
	if escapes {
		return nil
	}
	weight := map[int]float64{}
	barred := map[int]bool{}
	pairs := map[int]bool{} // words that are reached together with the one above
	for n, f := range p.Functions {
		for k := range f.Insns {
			i := &f.Insns[k]
			if i.Called || !i.Access() || i.Base() != cfg.R10 {
				continue
			}
			first, last := int(-i.Off-1)/4, int(-i.Off-int64(i.Size))/4
			whole := i.Off%4 == 0 && i.Size >= 4 && i.Class != cfg.Atomic && !i.Signed
			for w := last; w <= first; w++ {
				weight[w] += forests[n].Weight[f.BlockOf(k)]
				barred[w] = barred[w] || !whole
			}
			if i.Size == 8 {
				pairs[first] = true
			}
		}
	}
	// A pair is promoted, or barred, as one.
	for changed := true; changed; {
		changed = false
		for w := range pairs {
			if barred[w] != barred[w-1] {
				barred[w], barred[w-1] = true, true
				changed = true
			}
		}
	}
	type unit struct {
		words  []int
		weight float64
	}
	var units []unit
	var all []int
	for w := range weight {
		if !barred[w] {
			all = append(all, w)
		}
	}
	slices.Sort(all)
	for n := 0; n < len(all); n++ {
		u := unit{[]int{all[n]}, weight[all[n]]}
		for n+1 < len(all) && all[n+1] == all[n]+1 && pairs[all[n+1]] {
			n++
			u.words = append(u.words, all[n])
			u.weight = max(u.weight, weight[all[n]])
		}
		units = append(units, u)
	}
	slices.SortStableFunc(units, func(a, b unit) int { return cmp.Compare(b.weight, a.weight) })
	var w Words
	for _, u := range units {
		if len(w)+len(u.words) <= min(most, plan.MaxWords) {
			w = append(w, u.words...)
		}
	}
	slices.Sort(w)
	return w
}
