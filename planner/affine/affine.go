// SPDX-License-Identifier: GPL-2.0-or-later

// Package affine finds counters of loops, and addresses as sums of variables that a turn leaves alone or moves by a
// constant: what a test before the loop can decide for all turns.
package affine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Of analyses a function's loops.
func Of(t *loops.Forest, facts *ranges.Function, p *cfg.Program, words liveness.Words) *Loops {
	l := &Loops{f: t.Function, t: t, facts: facts, words: words, joins: map[int]bool{}, addresses: map[int]bool{}}
	for k := range l.f.Insns {
		if i := &l.f.Insns[k]; i.Class == cfg.Jump || i.Class == cfg.Branch {
			l.joins[i.Target] = true
		}
	}
	for _, a := range p.Image.Addresses {
		l.addresses[a.Slot] = true
	}
	for k := range t.Loops {
		l.Loops = append(l.Loops, l.loop(&t.Loops[k]))
	}
	return l
}

func (l *Loops) loop(loop *loops.Loop) Loop {
	in := map[int]*state{}
	for _, b := range loop.Blocks {
		in[b] = &state{}
	}
	top := in[loop.Head]
	top.reached = true
	for r := range top.regs {
		top.regs[r] = itself(plan.R(r))
	}
	for w := range top.words {
		top.words[w] = itself(plan.Word + plan.Var(w))
	}
	var end *state // where turns end
	through := func(b int, visit func(k int, s *state)) state {
		s := *in[b]
		blk := &l.f.Blocks[b]
		for k := blk.First; k < blk.Last; k++ {
			if visit != nil {
				visit(k, &s)
			}
			l.step(&s, &l.f.Insns[k])
		}
		return s
	}
	for changed := true; changed; {
		changed = false
		end = &state{}
		for _, b := range l.order(loop) {
			if !in[b].reached {
				continue
			}
			s := through(b, nil)
			for _, succ := range l.f.Blocks[b].Succs {
				switch {
				case succ == loop.Head:
					end.meet(&s)
				case loop.Contains(succ):
					t := s
					if l.joins[l.f.Slot(succ)] { // frames say only what is a variable and a constant
						for r := range t.regs {
							if !t.regs[r].simple() {
								t.regs[r] = Form{}
							}
						}
						for w := range t.words {
							if !t.words[w].simple() {
								t.words[w] = Form{}
							}
						}
					}
					changed = in[succ].meet(&t) || changed
				}
			}
		}
	}
	out := Loop{Steps: map[plan.Var]Form{}, At: map[int][]Named{}}
	each(func(v plan.Var) {
		if f := *end.of(v); f.Known && f.A == v {
			out.Steps[v] = f
		}
	})
	for _, b := range loop.Blocks {
		if b != loop.Head && l.joins[l.f.Slot(b)] && in[b].reached {
			each(func(v plan.Var) {
				if f := *in[b].of(v); f.simple() {
					out.At[l.f.Slot(b)] = append(out.At[l.f.Slot(b)], Named{v, f})
				}
			})
		}
		through(b, func(k int, s *state) {
			i := &l.f.Insns[k]
			switch {
			case i.Access() && i.Base() != cfg.R10 && l.facts.Before[k].Reached:
				out.Accesses = append(out.Accesses, Access{Insn: k, Form: s.regs[i.Base()], Region: l.facts.Before[k].Regs[i.Base()].Region})
			case i.Class == cfg.Branch:
				l.counter(loop, &out, b, i, s, k)
			}
		})
	}
	slices.SortStableFunc(out.Counters, func(a, b Counter) int { return a.worth() - b.worth() })
	return out
}

// worth orders counters: those whose relation says most come first.
func (c *Counter) worth() int {
	if c.Op == cfg.NE {
		return 1
	}
	return 0
}

// order is a loop's blocks in reverse post-order.
func (l *Loops) order(loop *loops.Loop) []int {
	blocks := slices.Clone(loop.Blocks)
	slices.SortFunc(blocks, func(a, b int) int { return l.f.Blocks[a].Rank - l.f.Blocks[b].Rank })
	return blocks
}

func each(f func(v plan.Var)) {
	for r := range 10 {
		f(plan.R(r))
	}
	for w := range plan.Var(plan.MaxWords) {
		f(plan.Word + w)
	}
}

// counter looks whether a branch tests a counter in every turn.
func (l *Loops) counter(loop *loops.Loop, out *Loop, b int, i *cfg.Insn, s *state, k int) {
	succs := l.f.Blocks[b].Succs
	if len(succs) != 2 || loop.Contains(succs[0]) == loop.Contains(succs[1]) {
		return
	}
	for _, latch := range loop.Latches {
		if !l.f.Dominates(b, latch) {
			return
		}
	}
	op, ok := i.Op, true
	if loop.Contains(succs[0]) { // it goes on where the branch is not taken
		if op, ok = op.Negate(); !ok {
			return
		}
	}
	try := func(counter, bound Form, op cfg.Op, source bool) bool {
		c := Counter{Test: k, Source: source, Op: op, Wide: i.Wide, Bound: plan.NoVar, Offset: counter.Add}
		if !counter.simple() {
			return false
		}
		c.Var = counter.A
		step, ok := out.Steps[c.Var]
		if !ok || !step.Is(c.Var) || step.Add == 0 {
			return false
		}
		c.By = step.Add
		switch {
		case !source && !i.Register:
			c.Limit = i.Imm
		case bound.simple() && bound.Add == 0 && out.Steps[bound.A] == itself(bound.A):
			c.Bound = bound.A
		case bound.isConstant():
			c.Limit = int64(bound.Add)
		default:
			return false
		}
		c.Last = len(loop.Latches) == 1 && loop.Latches[0] == b
		out.Counters = append(out.Counters, c)
		return true
	}
	d := s.regs[i.Dst]
	if i.Register && try(s.regs[i.Src], d, op.Mirror(), true) {
		return
	}
	var x Form
	if i.Register {
		x = s.regs[i.Src]
	}
	try(d, x, op, false)
}

// Follows tells whether an access comes behind the test of a counter in each turn.
func (l *Loops) Follows(c *Counter, access int) bool {
	test, at := l.f.BlockOf(c.Test), l.f.BlockOf(access)
	return test != at && l.f.Dominates(test, at)
}

// String lists counters and accesses of each loop.
func (l *Loops) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", l.f.Name)
	for n := range l.Loops {
		fmt.Fprintf(&b, "  loop at %d\n", l.f.Slot(l.t.Loops[n].Head))
		for _, c := range l.Loops[n].Counters {
			fmt.Fprintf(&b, "    counter %v%+d, goes on at %d while %v%+d %s %s\n", c.Var, c.By, l.f.Insns[c.Test].Slot, c.Var, c.Offset,
				c.Op.Relation(), c.bound())
		}
		for _, a := range l.Loops[n].Accesses {
			i := &l.f.Insns[a.Insn]
			fmt.Fprintf(&b, "    %d: %v %+d, %d bytes\n", i.Slot, a.Form, i.Off, i.Size)
		}
	}
	return b.String()
}

func (c *Counter) bound() string {
	if c.Bound == plan.NoVar {
		return fmt.Sprint(c.Limit)
	}
	return c.Bound.String()
}
