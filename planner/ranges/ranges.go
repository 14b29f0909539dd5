// SPDX-License-Identifier: GPL-2.0-or-later

// Package ranges is an abstract interpreter: it finds bounds of numbers, the regions pointers point into and how
// far, and how both compare to the context's length. Functions see the join of the arguments they are called with.
// Bounds at heads of loops are widened to the next constant of the function, and narrowed afterwards.
package ranges

import (
	"cmp"
	"container/heap"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/cfg"
)

// Of interprets a program.
func Of(p *cfg.Program) *Facts {
	a := &analysis{facts: &Facts{Program: p, Once: true}, addresses: map[int][]image.Address{}}
	for _, f := range p.Functions {
		for k := range f.Insns {
			if i := &f.Insns[k]; i.Class == cfg.CallX || i.Class == cfg.Call && i.Target == 0 {
				a.facts.Once = false
			}
		}
	}
	for _, at := range p.Image.Addresses {
		a.addresses[at.Slot] = append(a.addresses[at.Slot], at)
	}
	a.facts.addresses = a.addresses
	depths := depths(p)
	for k, f := range p.Functions {
		g := &Function{Function: f, Escapes: escapes(f), Depth: depths[k]}
		switch {
		case slices.Contains(p.Taken, f.Start):
			g.entry = anywhere()
		case f.Start == 0:
			g.entry = start(p.Image.CtxMin)
		}
		a.facts.Functions = append(a.facts.Functions, g)
		if g.entry.Reached {
			a.queue = append(a.queue, k)
		}
	}
	for len(a.queue) > 0 {
		k := a.queue[0]
		a.queue = a.queue[1:]
		a.function(a.facts.Functions[k])
	}
	for _, g := range a.facts.Functions {
		if g.Before == nil { // never called, as far as can be seen
			g.entry = anywhere()
			a.function(g)
		}
	}
	return a.facts
}

// start is the state a program begins in.
func start(least uint32) State {
	s := State{Reached: true, Least: uint64(least)}
	for r := range s.Regs {
		s.Regs[r] = number(Exactly(0))
	}
	s.Regs[1].Region = Context
	s.Regs[2] = number(Between(uint64(least), lengthMax))
	s.Regs[2].Length = Length{Known: true}
	s.Regs[cfg.R10].Region = Stack
	for r := range s.Regs {
		s.Regs[r].ID = joinID(0, r)
	}
	return s
}

// escapes tells whether a function uses r10 for anything else than the base of loads and stores.
func escapes(f *cfg.Function) bool {
	for k := range f.Insns {
		i := &f.Insns[k]
		switch i.Class {
		case cfg.Move, cfg.ALU, cfg.Branch:
			if i.Register && i.Src == cfg.R10 || i.Class == cfg.Branch && i.Dst == cfg.R10 {
				return true
			}
		case cfg.Store, cfg.Atomic:
			if i.Register && i.Src == cfg.R10 || i.Class == cfg.Atomic && i.Dst == cfg.R10 {
				return true
			}
		}
	}
	return false
}

// depths is how many calls lead to each function, at least.
func depths(p *cfg.Program) []int {
	d := make([]int, len(p.Functions))
	for k := range d {
		d[k] = 1
	}
	d[0] = 0
	return d
}

// pending is blocks to be looked at, in reverse post-order.
type pending struct {
	f      *cfg.Function
	blocks []int
	in     []bool
}

func (p *pending) Len() int { return len(p.blocks) }
func (p *pending) Less(a, b int) bool {
	return p.f.Blocks[p.blocks[a]].Rank < p.f.Blocks[p.blocks[b]].Rank
}
func (p *pending) Swap(a, b int) { p.blocks[a], p.blocks[b] = p.blocks[b], p.blocks[a] }
func (p *pending) Push(b any)    { p.blocks = append(p.blocks, b.(int)) }
func (p *pending) Pop() any {
	b := p.blocks[len(p.blocks)-1]
	p.blocks = p.blocks[:len(p.blocks)-1]
	return b
}

func (p *pending) add(b int) {
	if !p.in[b] {
		p.in[b] = true
		heap.Push(p, b)
	}
}

// function interprets one function from its entry state.
func (a *analysis) function(g *Function) {
	f := g.Function
	a.f, a.escapes, a.limits, a.signed = g, g.Escapes, limits(f), signedLimits(f)
	in := make([]State, len(f.Blocks))
	back := make([]int, len(f.Blocks)) // how often the end of a loop changed what is known at its head
	out := make([][]edge, len(f.Blocks))
	in[0] = g.entry.clone()
	work := &pending{f: f, in: make([]bool, len(f.Blocks))}
	work.add(0)
	for work.Len() > 0 {
		b := heap.Pop(work).(int)
		work.in[b] = false
		out[b] = out[b][:0]
		a.leave(f, &in[b], b, func(succ int, s *State) { out[b] = append(out[b], edge{succ, *s}) })
		for k := range out[b] {
			e := &out[b][k]
			if !isHead(f, e.to) {
				if now := meet(f, out, e.to); !now.equal(&in[e.to]) {
					in[e.to] = now
					work.add(e.to)
				}
				continue
			}
			before := in[e.to].clone()
			if !in[e.to].join(&e.state, e.to) {
				continue
			}
			if f.Blocks[e.to].Rank <= f.Blocks[b].Rank {
				back[e.to]++
				a.widen(&before, &in[e.to], back[e.to], e.to)
			}
			work.add(e.to)
		}
	}
	for range 2 {
		a.narrow(g, in)
	}
	g.Before = make([]State, len(f.Insns))
	for b := range f.Blocks {
		s := in[b].clone()
		for k := f.Blocks[b].First; k < f.Blocks[b].Last; k++ {
			g.Before[k] = s.clone()
			if s.Reached {
				a.step(&s, &f.Insns[k])
			}
		}
	}
}

// edge is how control leaves a block, as it was the last time.
type edge struct {
	to    int
	state State
}

// isHead tells whether a loop comes back to a block: there, what is known only ever gets less.
func isHead(f *cfg.Function, b int) bool {
	return b == 0 || slices.ContainsFunc(f.Blocks[b].Preds, func(p int) bool { return f.Blocks[p].Rank >= f.Blocks[b].Rank })
}

// meet is the state of a block that no loop comes back to: anew from the edges that lead to it, so that names of values
// are those of today.
func meet(f *cfg.Function, out [][]edge, b int) State {
	now, done := State{}, -1
	for _, p := range f.Blocks[b].Preds {
		if p == done { // both ways of a branch
			continue
		}
		done = p
		for k := range out[p] {
			if out[p][k].to == b {
				now.join(&out[p][k].state, b)
			}
		}
	}
	return now
}

// leave runs through a block and hands its outcome to each successor.
func (a *analysis) leave(f *cfg.Function, in *State, b int, to func(succ int, s *State)) {
	if !in.Reached {
		return
	}
	s := in.clone()
	blk := &f.Blocks[b]
	for k := blk.First; k < blk.Last; k++ {
		a.step(&s, &f.Insns[k])
	}
	last := &f.Insns[blk.Last-1]
	for n, succ := range blk.Succs {
		t := s
		if len(blk.Succs) > 1 {
			t = s.clone()
			t.branch(last, n == 1)
		}
		to(succ, &t)
	}
}

// Edges are the states in which a block is come to from those before it, by their numbers; those that never lead there are
// left out.
func (p *Facts) Edges(function, block int) map[int]*State {
	g := p.Functions[function]
	a := &analysis{facts: &Facts{Program: p.Program}, addresses: p.addresses, f: g, escapes: g.Escapes} // no functions: arguments are handed to none
	edges := map[int]*State{}
	for _, b := range g.Blocks[block].Preds {
		in := g.Before[g.Blocks[b].First]
		a.leave(g.Function, &in, b, func(succ int, s *State) {
			switch {
			case succ != block || !s.Reached:
			case edges[b] == nil:
				edges[b] = s
			default: // both ways of a branch
				t := s.clone()
				t.join(edges[b], block)
				edges[b] = &t
			}
		})
	}
	return edges
}

// Entered are the states in which control comes to a block from blocks that are not inside something, as a loop whose head it is.
func (p *Facts) Entered(function, block int, inside func(block int) bool) (states []*State) {
	edges := p.Edges(function, block)
	for _, from := range slices.Sorted(maps.Keys(edges)) {
		if !inside(from) {
			states = append(states, edges[from])
		}
	}
	return states
}

// narrow computes the state of each block once more from those before it, which can only know more: from what was known at
// the ends of loops, and in order along all other ways.
func (a *analysis) narrow(g *Function, in []State) {
	f := g.Function
	next := make([]State, len(in))
	next[0] = g.entry.clone()
	for _, b := range f.Order {
		a.leave(f, &in[b], b, func(succ int, s *State) {
			if f.Blocks[succ].Rank <= f.Blocks[b].Rank {
				next[succ].join(s, succ)
			}
		})
	}
	for _, b := range f.Order {
		in[b] = next[b]
		a.leave(f, &in[b], b, func(succ int, s *State) {
			if f.Blocks[succ].Rank > f.Blocks[b].Rank {
				next[succ].join(s, succ)
			}
		})
	}
}

// limits are the bounds that widening stops at.
func limits(f *cfg.Function) []uint64 {
	l := []uint64{0, math.MaxInt32, math.MaxUint32, lengthMax, math.MaxUint64}
	for k := range f.Insns {
		if i := &f.Insns[k]; i.Class == cfg.Branch && !i.Register && i.Imm >= 0 {
			l = append(l, uint64(i.Imm), uint64(i.Imm)+1, uint64(max(i.Imm-1, 0)))
		}
	}
	slices.Sort(l)
	return slices.Compact(l)
}

// signedLimits are those that signed lower bounds stop at, ascending.
func signedLimits(f *cfg.Function) []int64 {
	l := []int64{math.MinInt64, math.MinInt32, -512, -1, 0, 1}
	for k := range f.Insns {
		if i := &f.Insns[k]; i.Class == cfg.Branch && !i.Register {
			l = append(l, int64(i.Imm)-1, int64(i.Imm), int64(i.Imm)+1)
		}
	}
	slices.Sort(l)
	return slices.Compact(l)
}

// below is the greatest limit that is not above a bound.
func below[T cmp.Ordered](limits []T, bound T) T {
	at, found := slices.BinarySearch(limits, bound)
	if !found {
		at--
	}
	return limits[at]
}

// patience is how often a head of a loop is looked at before nothing is known of what still changes there.
const patience = 40

// widen lets bounds that moved go as far as the next limit, so that a loop is done after a few visits.
func (a *analysis) widen(before, now *State, visits, block int) {
	if visits < 2 || !before.Reached {
		return
	}
	k := 0
	var olds []Value
	before.each(func(v *Value) { olds = append(olds, *v) })
	for r := range now.Regs {
		a.widenValue(&olds[r], &now.Regs[r], visits, joinID(block, r))
	}
	for s := range now.Slots {
		for ; k < len(before.Slots) && before.Slots[k].Off < now.Slots[s].Off; k++ {
		}
		if k < len(before.Slots) && before.Slots[k].Off == now.Slots[s].Off {
			a.widenValue(&before.Slots[k].Value, &now.Slots[s].Value, visits, joinID(block, len(now.Regs)+s))
		}
	}
}

func (a *analysis) widenValue(old, now *Value, visits, id int) {
	if *old == *now {
		return
	}
	if visits > patience {
		*now = Value{Region: now.Region, Number: Anything, ID: id}
		return
	}
	if old.Region != now.Region {
		return
	}
	n := &now.Number
	hopeless := visits > 12
	if n.High > old.High {
		at, _ := slices.BinarySearch(a.limits, n.High)
		n.High = a.limits[at]
		if hopeless {
			n.High = math.MaxUint64
		}
	}
	if n.Low < old.Low {
		n.Low = below(a.limits, n.Low)
		if hopeless {
			n.Low = 0
		}
	}
	if n.SHigh > old.SHigh {
		next := int64(math.MaxInt64)
		for _, l := range a.limits {
			if int64(l) >= n.SHigh && !hopeless {
				next = int64(l)
				break
			}
		}
		n.SHigh = next
	}
	if n.SLow < old.SLow {
		n.SLow = below(a.signed, n.SLow)
		if hopeless {
			n.SLow = math.MinInt64
		}
	}
	if n.Unknown != old.Unknown && visits > 6 {
		n.Unknown, n.Bits = math.MaxUint64, 0
	}
	if now.Slack != old.Slack && visits > 4 {
		now.Slack = Slack{}
	}
	if t := now.slack(); t.Scale > 0 && n.SLow >= 0 { // no context is longer than the longest
		most := max((lengthMax-t.Room)/t.Scale, n.SLow)
		n.SHigh, n.High = min(n.SHigh, most), min(n.High, uint64(most))
	}
	now.Number = n.tidy()
}

// String lists what is known where each block begins.
func (g *Function) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", g.Name)
	for k := range g.Blocks {
		fmt.Fprintf(&b, "  %d: %s\n", g.Slot(k), &g.Before[g.Blocks[k].First])
	}
	return b.String()
}
