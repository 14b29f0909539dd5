// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import (
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/plan"
)

// web is the values of a variable that must live in one place, because some reader may see any of them.
type web struct {
	v       plan.Var
	weight  float64
	place   plan.Place
	hints   map[int]float64 // webs it would like to share a place with
	fixed   map[plan.Place]float64
	near    set        // webs that are needed at the same time
	must    plan.Place // where it has to live, or Nowhere
	barred  uint16     // ARM registers it cannot have
	defs    int
	frames  int  // where jumps lead that need it
	insns   int  // instructions it is live behind
	nowhere bool // it is never in need of a place
}

// pair is two webs that one instruction makes of each other, weight times; same of one variable.
type pair struct {
	a, b   int
	weight float64
	same   bool
}

// webs of one function.
type webs struct {
	splits     func(block int, v plan.Var) bool
	convention *Convention // of calls, if values of a variable live in different places
	pairs      []pair
	one        []int // webs that are coloured as one with another, before it
	g          *liveness.Function
	live       *liveness.Live
	list       []web
	parent     []int   // union-find over provisional webs
	def        []table // instruction → variable it writes → web
	in         []table // block → variable needed there → web
}

func (w *webs) fresh(v plan.Var) int {
	w.list = append(w.list, web{v: v, must: plan.Nowhere})
	w.parent = append(w.parent, len(w.parent))
	return len(w.list) - 1
}

func (w *webs) find(n int) int {
	for w.parent[n] != n {
		w.parent[n] = w.parent[w.parent[n]]
		n = w.parent[n]
	}
	return n
}

func (w *webs) union(a, b int) {
	if a, b = w.find(a), w.find(b); a != b {
		w.parent[max(a, b)] = min(a, b)
	}
}

// results is what an instruction puts into places: variables it writes that are needed, or the low half at least.
func (w *webs) results(k int) liveness.Set {
	i := &w.g.Insns[k]
	return w.live.Effect(i, w.g.After[k]).Writes & w.g.After[k]
}

// build finds the webs. Where split is false all values of a variable are one. High halves that are zero where a jump
// leads are nobody's there. Where its live range is split, a variable that comes to a block may live elsewhere than before.
func build(live *liveness.Live, g *liveness.Function, split bool, splits func(block int, v plan.Var) bool, wide func(k int, v plan.Var) bool) *webs {
	w := &webs{g: g, live: live, splits: splits, def: make([]table, len(g.Insns)), in: make([]table, len(g.Blocks))}
	var one table
	make1 := func(v plan.Var) int {
		n, ok := one.of(v)
		if split || !ok {
			n = w.fresh(v)
			one.set(v, n)
		}
		return n
	}
	targets := map[int]bool{}
	for k := range g.Insns {
		if i := &g.Insns[k]; i.Class == cfg.Jump || i.Class == cfg.Branch {
			targets[i.Target] = true
		}
	}
	for b := range g.Blocks {
		g.In[b].Each(func(v plan.Var) { w.in[b].set(v, make1(v)) })
	}
	for b := range g.Blocks {
		current := w.in[b]
		for k := g.Blocks[b].First; k < g.Blocks[b].Last; k++ {
			w.results(k).Each(func(v plan.Var) {
				n := make1(v)
				w.def[k].set(v, n)
				current.set(v, n)
			})
		}
		for _, succ := range g.Blocks[b].Succs {
			for v, n := range w.in[succ].all() {
				if v >= plan.High && v < plan.Word && targets[g.Slot(succ)] && !wide(g.Blocks[succ].First, v) {
					continue
				}
				if m, ok := current.of(v); ok && !splits(succ, v) {
					w.union(n, m)
				}
			}
		}
	}
	w.compact()
	for b := range g.Blocks {
		if targets[g.Slot(b)] {
			for _, n := range w.in[b].all() {
				w.list[n].frames++
			}
		}
	}
	return w
}

// compact names webs by their representatives, in the order in which they appear.
func (w *webs) compact() {
	number := make([]int, len(w.list)) // and 1
	var list []web
	rename := func(n int) int {
		r := w.find(n)
		m := number[r] - 1
		if m < 0 {
			m = len(list)
			number[r] = m + 1
			list = append(list, web{v: w.list[r].v, must: plan.Nowhere, hints: map[int]float64{}, fixed: map[plan.Place]float64{}})
		}
		return m
	}
	for b := range w.g.Blocks {
		for v, n := range w.in[b].all() {
			w.in[b].set(v, rename(n))
		}
		for k := w.g.Blocks[b].First; k < w.g.Blocks[b].Last; k++ {
			for v, n := range w.def[k].all() {
				n = rename(n)
				w.def[k].set(v, n)
				list[n].defs++
			}
		}
	}
	w.list = list
}

// each visits instructions of a block in order, with the webs of variables before it, and returns those behind it.
func (w *webs) each(b int, f func(k int, before *table)) (after table) {
	current := w.in[b]
	for k := w.g.Blocks[b].First; k < w.g.Blocks[b].Last; k++ {
		f(k, &current)
		current.update(&w.def[k])
	}
	return current
}

// weigh finds how often each web is read and written, what is needed together, and who should share a place.
func (w *webs) weigh(weight []float64, wide func(k int, v plan.Var) bool) {
	for n := range w.list {
		w.list[n].nowhere = w.list[n].v >= plan.High
	}
	for b := range w.g.Blocks {
		for v, n := range w.in[b].all() {
			if wide(w.g.Blocks[b].First, v) {
				w.list[n].nowhere = false
			}
		}
		after := w.each(b, func(k int, before *table) { w.insn(k, before, weight[b], wide) })
		for _, succ := range w.g.Blocks[b].Succs {
			for v, n := range w.in[succ].all() {
				if m, ok := after.of(v); ok && w.splits(succ, v) && m != n {
					w.like(n, m, weight[b], false)
				}
			}
		}
	}
	// What is needed where a block begins is needed together.
	for b := range w.g.Blocks {
		for v, n := range w.in[b].all() {
			for u, m := range w.in[b].all() {
				if u >= v {
					break
				}
				w.together(n, m)
			}
		}
	}
}

func (w *webs) together(a, b int) {
	if a != b {
		w.list[a].near.add(b)
		w.list[b].near.add(a)
	}
}

// like says that two webs would like to share a place.
func (w *webs) like(n, m int, weight float64, same bool) {
	w.pairs = append(w.pairs, pair{n, m, weight, same})
	w.list[n].hints[m] += weight
	w.list[m].hints[n] += weight
}

// copies are instructions that make a variable of another, so that both should share a place.
func (w *webs) insn(k int, before *table, weight float64, wide func(k int, v plan.Var) bool) {
	i := &w.g.Insns[k]
	effect := w.live.Effect(i, w.g.After[k])
	effect.Reads.Each(func(v plan.Var) {
		if n, ok := before.of(v); ok {
			w.list[n].weight += weight
			if w.list[n].nowhere && wide(k, v) {
				w.list[n].nowhere = false
			}
		}
	})
	after := *before
	after.update(&w.def[k])
	after.has &= w.g.After[k]
	for v, n := range w.def[k].all() {
		d := &w.list[n]
		d.weight += weight
		if wide(k+1, v) {
			d.nowhere = false
		}
		for u, m := range after.all() {
			if i.Class == cfg.Move && i.Extend == 0 && u < plan.Word && u == v-plan.R(int(i.Dst))+plan.R(int(i.Src)) && (i.Wide || v < plan.High) {
				continue // what is copied may stay where it is
			}
			w.together(n, m)
		}
		// The halves of a result are written one after the other, while the other halves of operands are still read.
		effect.Reads.Each(func(u plan.Var) {
			if m, ok := before.of(u); ok && w.def[k].has.Len() > 1 && !sameHalf(v, u) {
				w.together(n, m)
			}
		})
		from := v
		same := i.Class == cfg.ALU
		switch i.Class {
		case cfg.Move:
			from = v - plan.R(int(i.Dst)) + plan.R(int(i.Src))
		case cfg.ALU:
		case cfg.Load:
			low, high, ok := w.live.Words.At(i)
			if !ok {
				continue
			}
			if from = low; v >= plan.High {
				from = high
			}
		case cfg.Store:
			from = plan.R(int(i.Src))
			if low, _, _ := w.live.Words.At(i); v != low {
				from += plan.High
			}
			if !i.Register {
				continue
			}
		default:
			continue
		}
		if m, ok := before.of(from); ok && m != n {
			w.like(n, m, weight, same)
		}
	}
	if i.Class == cfg.Helper {
		for r := 1; r <= 4; r++ {
			if n, ok := before.of(plan.R(r)); ok && effect.Reads.Has(plan.R(r)) {
				w.list[n].fixed[plan.Place(r-1)] += weight
			}
		}
		if n, ok := w.def[k].of(plan.R(0)); ok {
			w.list[n].fixed[0] += weight
		}
		for v, n := range after.all() {
			if !w.def[k].has.Has(v) {
				w.list[n].barred |= 0xf
			}
		}
	}
	if i.Class == cfg.Call && w.convention != nil {
		w.convention.insn(w, k, before, &after, effect.Reads, weight)
	}
	if i.Class == cfg.Exit {
		w.exit(k, before, wide)
	}
	if i.Class == cfg.Branch {
		w.edge(i.Target, &after)
	}
	for _, n := range after.all() {
		w.list[n].insns++
	}
}

// exit keeps what a function returns apart: each has a place of its own where it ends.
func (w *webs) exit(k int, before *table, wide func(k int, v plan.Var) bool) {
	returns := w.g.Returns
	if w.g.Start == 0 {
		returns |= liveness.Both(0)
	}
	returns.Each(func(v plan.Var) {
		n, ok := before.of(v)
		if !ok {
			return
		}
		if wide(k, v) {
			w.list[n].nowhere = false
		}
		returns.Each(func(u plan.Var) {
			if m, ok := before.of(u); ok {
				w.together(n, m)
			}
		})
	})
}

// edge keeps what a branch brings to another place, before it is known which way it goes, from what is needed on either.
func (w *webs) edge(target int, after *table) {
	k := w.g.At(target)
	if k < 0 {
		return
	}
	for v, n := range w.in[w.g.BlockOf(k)].all() {
		if m, ok := after.of(v); ok && m == n {
			continue
		}
		for u, m := range after.all() {
			if u != v {
				w.together(n, m)
			}
		}
	}
}

// arguments have their places where the function begins.
func (w *webs) arguments() {
	for v, n := range w.in[0].all() {
		if at, ok := w.convention.arguments[v]; ok {
			w.list[n].must = at
			w.list[n].nowhere = false
		}
	}
}

func sameHalf(a, b plan.Var) bool {
	high := func(v plan.Var) bool { return v >= plan.High && v < plan.Word }
	return high(a) == high(b)
}

// Registers is how many ARM registers there are to give; the others are sp, pc, and scratch.
const Registers = 12

// Convention is how functions of a program hand values to each other, so that each can be coloured by itself: the first
// registers hold arguments and the result, and are left changed; what a function changes of the others it saves.
type Convention struct {
	Shared    uint16 // registers a function may leave changed
	arguments map[plan.Var]plan.Place
	result    map[plan.Var]plan.Place
	read      map[int]uint16 // registers that the function at a slot has its arguments in
}

// insn adds what a call asks of the webs around it.
func (c *Convention) insn(w *webs, k int, before, after *table, reads liveness.Set, weight float64) {
	i := &w.g.Insns[k]
	reads.Each(func(v plan.Var) {
		n, ok := before.of(v)
		at, given := c.arguments[v]
		if ok && given {
			w.list[n].fixed[at] += weight
			w.list[n].barred |= c.read[i.Target] &^ (1 << at) // others are brought there, one by one
		}
	})
	for v, n := range after.all() {
		if !w.def[k].has.Has(v) {
			w.list[n].barred |= c.Shared
		} else if at, ok := c.result[v]; ok {
			w.list[n].fixed[at] += weight
			for u, other := range c.result {
				if u != v {
					w.list[n].barred |= 1 << other
				}
			}
		}
	}
}
