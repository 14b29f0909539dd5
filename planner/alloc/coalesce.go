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

func (w *webs) coalesce(m heuristic) {
	w.one = make([]int, len(w.list))
	members := make([][]int, len(w.list))
	for n := range w.one {
		w.one[n] = n
		members[n] = []int{n}
	}
	// A copy is an instruction less, each time; a result in its operand's place only says less in the plan.
	rank := func(p *pair) int {
		switch {
		case p.same:
			return 1
		case p.weight > m.copies:
			return 0
		}
		return 2
	}
	slices.SortStableFunc(w.pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(b.weight, a.weight))
	})
	for _, p := range w.pairs {
		a, b := w.root(p.a), w.root(p.b)
		if a == b || w.list[a].v == cfg.R10 || w.list[b].v == cfg.R10 || w.list[a].nowhere || w.list[b].nowhere || len(members[a])*len(members[b]) > 4096 {
			continue
		}
		if (w.list[a].barred != w.list[b].barred || w.list[a].must != w.list[b].must) && !p.same {
			continue // one of them may want what the other cannot have
		}
		if w.crowded(members[a], members[b], p.weight >= m.nested) {
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
// criterion), so that as one they might find no register; nested: unless those of one are the other's as well (George's).
func (w *webs) crowded(a, b []int, nested bool) bool {
	var of [2]set
	var all set
	for n, list := range [][]int{a, b} {
		for _, x := range list {
			for y := range w.list[x].near.all() {
				if !w.list[y].nowhere && w.list[y].near.size() >= Registers {
					of[n].add(w.root(y))
					all.add(w.root(y))
				}
			}
		}
	}
	return all.size() >= Registers-3 && !(nested && all.size() == max(of[0].size(), of[1].size()))
}
