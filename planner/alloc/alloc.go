// SPDX-License-Identifier: GPL-2.0-or-later

// Package alloc gives variables of 32 bits a place: an ARM register, or a word of the compiled code's own frame. The
// values of a variable that no reader can confuse (webs) may live in different places. Webs are coloured in the order of
// how often they are used; those that are copies of each other like to share a place, and so do webs of one variable,
// since a change of place has to be said in the plan.
package alloc

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/plan"
)

// cheap is how many of them 16-bit instructions can name.
const cheap = 8

// Own is how often the compiler's own variables are used, by variable: Budget, Base, Limit, Memory, and r10.
type Own map[plan.Var]float64

// Places is where the variables of a program live.
type Places struct {
	Home       [plan.Word + plan.MaxWords]plan.Place // of each variable, unless a function says otherwise
	Words      int                                   // of the code's own frame
	Functions  []*Function
	Convention *Convention // nil: all values of a variable live in one place
	c          *colouring  // they came of
}

// Split is where the live range of a variable is split: what comes to a block, which a jump leads to, may live elsewhere than it did before.
type Split struct {
	Function, Block int
	Var             plan.Var
}

// Function is where the variables of a function live.
type Function struct {
	*liveness.Function
	w *webs
}

// At is where a variable lives where a block begins.
func (f *Function) At(block int, v plan.Var) plan.Place { return f.w.list[f.w.in[block].web[v]].place }

// Result is where a variable that an instruction writes lives, ok if it is needed.
func (f *Function) Result(insn int, v plan.Var) (p plan.Place, ok bool) {
	n, ok := f.w.def[insn].of(v)
	if !ok {
		return plan.Nowhere, false
	}
	return f.w.list[n].place, true
}

// Of places the variables of a program, coloured by a heuristic, from 0 to Heuristics - 1. weight is how often each block of each function runs; wide
// tells whether the high half of a register may be other than zero before an instruction; registers is how many there are to give. Programs of
// several functions keep every variable in one place, so that functions agree on it.
func Of(live *liveness.Live, weight [][]float64, own Own, registers int, wide func(function, insn int, v plan.Var) bool, splits map[Split]bool, heuristic int) *Places {
	p := &Places{}
	m := heuristics[heuristic%len(heuristics)]
	if heuristic >= len(heuristics) {
		own = maps.Clone(own)
		for v := range own {
			own[v] *= ownAgain
		}
	}
	for v := range p.Home {
		p.Home[v] = plan.Nowhere
	}
	p.Convention = conventional(live, wide)
	split := len(live.Functions) == 1 || p.Convention != nil
	c := &colouring{own: own, registers: registers, heuristic: m}
	if p.Convention != nil {
		c.barred = p.Convention.Shared
	}
	for n, g := range live.Functions {
		full := func(k int, v plan.Var) bool { return v < plan.High || k < len(g.Insns) && wide(n, k, v) }
		w := build(live, g, split, func(block int, v plan.Var) bool { return splits[Split{n, block, v}] }, full)
		w.convention = p.Convention
		w.weigh(weight[n], full)
		p.Functions = append(p.Functions, &Function{g, w})
		if p.Convention != nil && n > 0 {
			w.arguments()
		}
		c.add(w, split)
		for k := range g.Insns {
			if g.Insns[k].Class == cfg.Helper {
				c.barred |= 0xf
			}
		}
	}
	if !split {
		c.apart()
		c.called(live)
	}
	c.colour(p)
	return p
}

// node is what is coloured: a web, or all webs of a variable, or a variable of the compiler's own.
type node struct {
	v      plan.Var
	webs   []*web
	own    bool
	weight float64
	insns  int
	barred uint16
	must   plan.Place // or Nowhere
	place  plan.Place
	near   set
	hints  map[int]float64
	fixed  map[plan.Place]float64
}

type colouring struct {
	heuristic heuristic
	registers int
	barred    uint16 // registers that are not for what is needed everywhere, since helpers change them
	own       Own
	nodes     []*node
	byVar     map[plan.Var]int // nodes of all webs of a variable
}

// add takes the webs of a function in. Without splitting there is one node for a variable.
func (c *colouring) add(w *webs, split bool) {
	if split {
		w.coalesce(c.heuristic)
	}
	if c.byVar == nil {
		c.byVar = map[plan.Var]int{}
	}
	index := make([]int, len(w.list))
	for n := range w.list {
		b := &w.list[n]
		b.place = plan.Nowhere
		index[n] = -1
		if b.nowhere || b.v == cfg.R10 {
			continue
		}
		if r := w.root(n); r != n {
			index[n] = index[r]
			c.take(c.nodes[index[r]], b)
			continue
		}
		at, ok := c.byVar[b.v]
		if split || !ok {
			at = len(c.nodes)
			c.nodes = append(c.nodes, &node{v: b.v, place: plan.Nowhere, must: plan.Nowhere, hints: map[int]float64{}, fixed: map[plan.Place]float64{}})
			c.byVar[b.v] = at
		}
		index[n] = at
		c.take(c.nodes[at], b)
	}
	for n := range w.list {
		if index[n] < 0 {
			continue
		}
		d := c.nodes[index[n]]
		for m := range w.list[n].near.all() {
			if k := index[m]; k >= 0 && k != index[n] {
				d.near.add(k)
			}
		}
		for m, x := range w.list[n].hints {
			if k := index[m]; k >= 0 && k != index[n] {
				d.hints[k] += x
			}
		}
	}
}

// take makes a web part of a node.
func (c *colouring) take(d *node, b *web) {
	d.webs = append(d.webs, b)
	d.weight += b.weight
	d.insns += b.insns
	d.barred |= b.barred
	if b.must != plan.Nowhere {
		d.must = b.must
	}
	for place, x := range b.fixed {
		d.fixed[place] += x
	}
}

// apart keeps what functions leave changed from what they do not.
func (c *colouring) apart() {
	changed := func(v plan.Var) bool { return v < 6 || v >= plan.High && v < plan.High+6 }
	for n, d := range c.nodes {
		for m, e := range c.nodes[:n] {
			if changed(d.v) != changed(e.v) {
				d.near.add(m)
				e.near.add(n)
			}
		}
	}
}

// called keeps apart what functions take that one call may lead to: it is brought to all their places before it is known to which of
// them. A high half that is zero at the call has no place there, but has one where the function begins.
func (c *colouring) called(live *liveness.Live) {
	var taken liveness.Set
	through := false
	for _, g := range live.Functions {
		taken |= g.Arguments()
		through = through || slices.ContainsFunc(g.Insns, func(i cfg.Insn) bool { return i.Class == cfg.CallX })
	}
	if !through {
		return
	}
	var nodes []int
	taken.Each(func(v plan.Var) {
		n, ok := c.byVar[v]
		if !ok {
			return
		}
		for _, m := range nodes {
			c.nodes[n].near.add(m)
			c.nodes[m].near.add(n)
		}
		nodes = append(nodes, n)
	})
}

// colour gives places: the variables of the compiler's own are needed everywhere, and compete with the webs.
func (c *colouring) colour(p *Places) {
	for _, v := range []plan.Var{cfg.R10, plan.Budget, plan.Base, plan.Limit, plan.Memory} {
		if x := c.own[v]; x > 0 {
			d := &node{v: v, own: true, weight: x, place: plan.Nowhere, must: plan.Nowhere, barred: c.barred}
			me := len(c.nodes)
			for n, other := range c.nodes {
				other.near.add(me)
				d.near.add(n)
			}
			c.nodes = append(c.nodes, d)
			for _, other := range c.nodes[:me] {
				d.insns = max(d.insns, other.insns)
			}
		}
	}
	order := c.order()
	words := map[plan.Var]plan.Place{} // words that variables were given already
	for _, n := range order {
		d := c.nodes[n]
		d.place = c.choose(n, p, words)
		if d.place >= plan.FrameWord && d.place != plan.Nowhere {
			words[d.v] = d.place
		}
		for _, b := range d.webs {
			b.place = d.place
		}
	}
	p.c = c
	p.settle()
}

// settle says of all variables where they live most often.
func (p *Places) settle() {
	p.Words = 0
	for _, d := range p.c.nodes {
		if d.place >= plan.FrameWord && d.place != plan.Nowhere {
			p.Words = max(p.Words, int(d.place-plan.FrameWord)+1)
		}
	}
	for v := range p.Home {
		p.Home[v] = plan.Nowhere
	}
	p.c.homes(p)
	p.begin()
	if p.Convention != nil {
		for v, at := range p.Convention.result {
			p.Home[v] = at
		}
		if p.Home[plan.High] == p.Home[0] { // only the program itself returns a high half
			p.Home[0], p.Home[plan.High] = 0, 1
		}
	}
}

// choose is the place that suits a node best among those its neighbours do not have.
func (c *colouring) choose(n int, p *Places, words map[plan.Var]plan.Place) plan.Place {
	d := c.nodes[n]
	taken := map[plan.Place]bool{}
	for m := range d.near.all() {
		taken[c.nodes[m].place] = true
	}
	if d.must != plan.Nowhere && !taken[d.must] {
		return d.must
	}
	best, bestScore := plan.Nowhere, 0.0
	for r := range plan.Place(c.registers) {
		if taken[r] || d.barred>>r&1 != 0 {
			continue
		}
		score := d.weight
		if r < cheap {
			score += d.weight * 0.2
			if d.own {
				score -= d.weight * 0.3 // compared, seldom more
			}
		}
		if r < 4 && d.insns > 8 && d.barred == 0 {
			score -= 0.01 // may be wanted for what lives shortly
		}
		score += d.fixed[r]
		for m, x := range d.hints {
			if c.nodes[m].place == r {
				score += x
			}
		}
		if p.Home[d.v] == r {
			score += 0.5 + d.weight*0.05
		}
		if best == plan.Nowhere || score > bestScore {
			best, bestScore = r, score
		}
	}
	if best == plan.Nowhere {
		if w, ok := words[d.v]; ok && !taken[w] {
			return w
		}
		for best = plan.FrameWord; taken[best]; best++ {
		}
	}
	if p.Home[d.v] == plan.Nowhere {
		p.Home[d.v] = best
	}
	return best
}

// begin makes room for what a program starts with: r1 and r2 are brought to their homes before anything is said of where
// they live, so that these must be places of their own.
func (p *Places) begin() {
	taken := map[plan.Place]bool{}
	for _, v := range []plan.Var{cfg.R10, plan.Budget, plan.Base, plan.Limit, plan.Memory} {
		taken[p.Home[v]] = true
	}
	f := p.Functions[0]
	for _, v := range []plan.Var{1, 2} {
		if n, ok := f.w.in[0].of(v); ok {
			p.Home[v] = f.w.list[n].place
			taken[p.Home[v]] = true
		}
	}
	for _, v := range []plan.Var{1, 2} {
		if f.w.in[0].has.Has(v) || p.Home[v] == plan.Nowhere {
			continue
		}
		for r := plan.Place(0); taken[p.Home[v]]; r++ {
			p.Home[v] = r
			if r == Registers {
				r = plan.FrameWord - 1
			}
		}
		taken[p.Home[v]] = true
	}
}

// homes settles where each variable lives most often, of places where it does so equally often in the first.
func (c *colouring) homes(p *Places) {
	const last = int(plan.FrameWord) + plan.MaxPlaces // counts what lives nowhere, or too far away for a plan
	var count [plan.Word + plan.MaxWords][last + 1]int32
	var most [plan.Word + plan.MaxWords]int32
	for _, d := range c.nodes {
		if d.own {
			p.Home[d.v] = d.place
		}
		for _, b := range d.webs {
			count[b.v][min(int(d.place), last)] += int32(b.defs + b.frames)
		}
	}
	for _, d := range c.nodes {
		for _, b := range d.webs {
			n := count[b.v][min(int(d.place), last)] + 1
			if n > most[b.v] || n == most[b.v] && d.place < p.Home[b.v] {
				most[b.v], p.Home[b.v] = n, d.place
			}
		}
	}
}

// order is the order in which nodes are given places.
func (c *colouring) order() []int {
	order := make([]int, len(c.nodes))
	for n := range order {
		order[n] = n
	}
	rank := c.ranks()
	worth := func(n int) float64 {
		d := c.nodes[n]
		switch {
		case d.must != plan.Nowhere:
			return math.Inf(1)
		case rank != nil:
			return rank[n]
		case c.heuristic.first == usedFirst:
			return d.weight
		case c.heuristic.first == mixedFirst:
			return d.weight / math.Sqrt(float64(d.insns+2))
		}
		return d.weight / float64(d.insns+2)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worth(b), worth(a)) })
	return order
}

// ranks numbers nodes by when they are taken out of the graph: those with fewer neighbours left than there are registers,
// else the one that costs least in memory. What is taken out first is coloured last.
func (c *colouring) ranks() []float64 {
	if c.heuristic.first != hardFirst {
		return nil
	}
	degree := make([]int, len(c.nodes))
	ranks := make([]float64, len(c.nodes))
	for n, d := range c.nodes {
		degree[n] = d.near.size()
	}
	for round := 1; round <= len(c.nodes); round++ {
		best, bestCost := -1, 0.0
		for n, d := range c.nodes {
			if ranks[n] != 0 {
				continue
			}
			cost := d.weight / float64(degree[n]+1)
			if degree[n] < c.registers {
				cost = -1 / float64(degree[n]+1)
			}
			if best < 0 || cost < bestCost {
				best, bestCost = n, cost
			}
		}
		ranks[best] = float64(round)
		for m := range c.nodes[best].near.all() {
			degree[m]--
		}
	}
	return ranks
}

// String lists where variables live where each block begins.
func (f *Function) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", f.Name)
	for k := range f.Blocks {
		fmt.Fprintf(&b, "  %d:", f.Slot(k))
		for v := range f.w.in[k].all() {
			if p := f.At(k, v); p != plan.Nowhere {
				fmt.Fprintf(&b, " %v %v", v, p)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
