// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import (
	"iter"
	"math/bits"

	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/plan"
)

// set is numbers of webs, or of nodes: a bit for each.
type set []uint64

func (s *set) add(n int) {
	for n/64 >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[n/64] |= 1 << (n % 64)
}

func (s set) has(n int) bool { return n/64 < len(s) && s[n/64]>>(n%64)&1 != 0 }

func (s set) size() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// all goes through them, ascending.
func (s set) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for k, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(64*k + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// table names webs by variable.
type table struct {
	has liveness.Set
	web [plan.Word + plan.MaxWords]int32
}

func (t *table) set(v plan.Var, web int) {
	t.has |= liveness.SetOf(v)
	t.web[v] = int32(web)
}

// of is the web of a variable, ok if there is one.
func (t *table) of(v plan.Var) (web int, ok bool) { return int(t.web[v]), t.has.Has(v) }

// all goes through them, variables ascending.
func (t *table) all() iter.Seq2[plan.Var, int] {
	return func(yield func(plan.Var, int) bool) {
		for s := t.has; s != 0; s &= s - 1 {
			if v := s.First(); !yield(v, int(t.web[v])) {
				return
			}
		}
	}
}

// update takes over what another has.
func (t *table) update(other *table) {
	for s := other.has; s != 0; s &= s - 1 {
		t.web[s.First()] = other.web[s.First()]
	}
	t.has |= other.has
}
