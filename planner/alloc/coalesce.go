// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import (
	"cmp"
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
)

// Webs that one is made of the other, and that are never needed together, are coloured as one: results of an operation with
// what it changed first, since that also says less in the plan, then copies.

// root is the first of the webs that are coloured as one with a web.
func (w *webs) root(n int) int {
	for w.one != nil && w.one[n] != n {
		n = w.one[n]
	}
	return n
}

func (w *webs) coalesce() {
	w.one = make([]int, len(w.list))
	members := make([][]int, len(w.list))
	for n := range w.one {
		w.one[n] = n
		members[n] = []int{n}
	}
	slices.SortStableFunc(w.pairs, func(a, b pair) int {
		if a.same != b.same {
			if a.same {
				return 1
			}
			return -1
		}
		return cmp.Compare(b.weight, a.weight)
	})
	for _, p := range w.pairs {
		a, b := w.root(p.a), w.root(p.b)
		if a == b || w.list[a].v == cfg.R10 || w.list[b].v == cfg.R10 || w.list[a].nowhere || w.list[b].nowhere || len(members[a])*len(members[b]) > 4096 {
			continue
		}
		if (w.list[a].barred != w.list[b].barred || w.list[a].must != w.list[b].must) && !p.same {
			continue // one of them may want what the other cannot have
		}
		if w.crowded(members[a], members[b]) {
			continue
		}
		if slices.ContainsFunc(members[a], func(x int) bool {
			return slices.ContainsFunc(members[b], func(y int) bool { return w.list[x].near.has(y) })
		}) {
			continue
		}
		if b < a {
			a, b = b, a
		}
		w.one[b] = a
		members[a] = append(members[a], members[b]...)
	}
}

// crowded tells whether webs together have as many neighbours that are hard to place as there are registers (Briggs'
// criterion), so that as one they might find no register.
func (w *webs) crowded(a, b []int) bool {
	hard := map[int]bool{}
	for _, list := range [][]int{a, b} {
		for _, x := range list {
			for y := range w.list[x].near.all() {
				if !w.list[y].nowhere && w.list[y].near.size() >= Registers {
					hard[w.root(y)] = true
				}
			}
		}
	}
	return len(hard) >= Registers-3
}
