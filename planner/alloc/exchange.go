// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import (
	"cmp"
	"slices"

	"github.com/ubench-dev/ubench/planner/plan"
)

// Places can be changed after they were given, one exchange at a time, by who knows what comes of it.

// Nodes lists what has a place, by how often it is used, most first.
func (p *Places) Nodes() []int {
	list := make([]int, len(p.c.nodes))
	for n := range list {
		list[n] = n
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(p.c.nodes[b].weight, p.c.nodes[a].weight) })
	return list
}

// Place is where a node lives.
func (p *Places) Place(n int) plan.Place { return p.c.nodes[n].place }

// Choices lists the places that a node might have beside its own: registers, and a word of the frame if it has a register.
func (p *Places) Choices(n int) (list []plan.Place) {
	d := p.c.nodes[n]
	if d.must != plan.Nowhere {
		return nil
	}
	for r := range plan.Place(p.c.registers) {
		if r != d.place && d.barred>>r&1 == 0 {
			list = append(list, r)
		}
	}
	if d.place < plan.FrameWord {
		list = append(list, p.freeWord(d))
	}
	return list
}

// freeWord is a word of the frame that no neighbour of a node has.
func (p *Places) freeWord(d *node) plan.Place {
	taken := map[plan.Place]bool{}
	for m := range d.near.all() {
		taken[p.c.nodes[m].place] = true
	}
	w := plan.FrameWord
	for taken[w] {
		w++
	}
	return w
}

// Exchange gives a node a place, and its own to the neighbours that have that one, to whose neighbours of its own place that one, and so on (a
// Kempe chain). It tells whether all of them may live there; if not, nothing changes. Exchanging again takes it back.
func (p *Places) Exchange(n int, to plan.Place) bool {
	from := p.c.nodes[n].place
	if from == to {
		return false
	}
	chain := []int{n}
	seen := map[int]bool{n: true}
	for k := 0; k < len(chain); k++ {
		d := p.c.nodes[chain[k]]
		next := to
		if d.place == to {
			next = from
		}
		if d.must != plan.Nowhere || next < plan.FrameWord && (d.barred>>next&1 != 0 || int(next) >= p.c.registers) {
			return false
		}
		for m := range d.near.all() {
			if !seen[m] && p.c.nodes[m].place == next {
				seen[m] = true
				chain = append(chain, m)
			}
		}
	}
	for _, m := range chain {
		d := p.c.nodes[m]
		if d.place == from {
			d.place = to
		} else {
			d.place = from
		}
		for _, b := range d.webs {
			b.place = d.place
		}
	}
	p.settle()
	return true
}

// What places cost, for each time they are used.
const (
	aMove = 1.0 // between two registers
	aWord = 1.5 // a load or a store
)

// Cost is what the places cost, as far as it can be told from them alone: moves, and what is used in memory.
func (p *Places) Cost() (sum float64) {
	for _, f := range p.Functions {
		for _, x := range f.w.pairs {
			a, b := &f.w.list[x.a], &f.w.list[x.b]
			if !x.same && a.place != b.place && a.place != plan.Nowhere && b.place != plan.Nowhere {
				sum += x.weight * aMove
			}
		}
	}
	for _, d := range p.c.nodes {
		if d.place >= plan.FrameWord && d.place != plan.Nowhere {
			sum += d.weight * aWord
		}
	}
	return sum
}
