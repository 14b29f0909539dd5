// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"bytes"
	"slices"

	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/plan"
)

// pruning is how many slots are compiled at most to find out what can be left out of a plan.
const pruning = 250_000

// pruner leaves out of a plan what its code does not depend on: each claim costs bytes, and the device time on every edge. The code is
// the same afterwards, byte by byte.
type pruner struct {
	*builder
	judge *judge.Judge
	best  *Result
	left  int // slots that may still be compiled
}

// leftOut takes one claim out of a plan.
type leftOut func(p *plan.Plan)

// prune leaves out of a plan what it can do without: whole claims first, then parts of those that are left.
func (b *builder) prune(j *judge.Judge, r *Result) *Result {
	p := &pruner{builder: b, judge: j, best: r, left: pruning}
	p.chains()
	p.try(claims(p.best.Plan))
	p.try(places(p.best.Plan))
	p.try(parts(p.best.Plan))
	p.best.Plan.Insns = slices.DeleteFunc(p.best.Plan.Insns, func(i plan.Insn) bool { return i.Empty() })
	return p.best
}

// claims are what can be left out one by one: facts, lengths of the context, what loops know where paths meet, moves off the
// straight line where there are none.
func claims(p *plan.Plan) (list []leftOut) {
	for i, f := range p.Frames {
		for _, fact := range f.Facts {
			list = append(list, func(p *plan.Plan) {
				p.Frames[i].Facts = slices.DeleteFunc(slices.Clone(p.Frames[i].Facts), func(f plan.Fact) bool { return f.Var == fact.Var })
			})
		}
		if f.Length > 0 {
			list = append(list, func(p *plan.Plan) { p.Frames[i].Length = 0 })
		}
		if f.Loop != nil {
			list = append(list, func(p *plan.Plan) { p.Frames[i].Loop = nil })
		}
	}
	for i, said := range p.Insns {
		if said.Apart {
			list = append(list, func(p *plan.Plan) { p.Insns[i].Apart = false })
		}
	}
	return list
}

// chains leaves out facts and lengths with all that follow from them where paths meet: around a loop, each is known because the others are.
func (p *pruner) chains() {
	var all []claim
	for _, f := range p.best.Plan.Frames {
		for _, fact := range f.Facts {
			all = append(all, claim{f.Slot, fact.Var})
		}
		if f.Length > 0 {
			all = append(all, claim{f.Slot, plan.NoVar})
		}
	}
	needed := map[claim]bool{} // these cannot be left out, nor what they follow from
	for _, at := range all {
		if said(p.best.Plan, at) && !p.chain(at, needed) {
			needed[at] = true
		}
	}
}

// said tells whether a plan says something of a variable at a frame, or of the length of the context.
func said(p *plan.Plan, at claim) bool {
	return slices.ContainsFunc(p.Frames, func(f plan.Frame) bool {
		return f.Slot == at.slot && (at.v == plan.NoVar && f.Length > 0 || slices.ContainsFunc(f.Facts, func(x plan.Fact) bool { return x.Var == at.v }))
	})
}

// forget leaves out what a plan says of a variable at a frame, or of the length of the context.
func forget(p *plan.Plan, at claim) {
	for i := range p.Frames {
		f := &p.Frames[i]
		switch {
		case f.Slot != at.slot:
		case at.v == plan.NoVar:
			f.Length = 0
		default:
			f.Facts = slices.DeleteFunc(slices.Clone(f.Facts), func(x plan.Fact) bool { return x.Var == at.v })
		}
	}
}

// chain leaves out one claim, and those that the compiler then does not see to hold; it tells whether the code does without.
func (p *pruner) chain(first claim, needed map[claim]bool) bool {
	less := *p.best.Plan
	less.Frames = slices.Clone(less.Frames)
	for gone := []claim{first}; len(gone) > 0; {
		for _, at := range gone {
			if needed[at] {
				return false
			}
			forget(&less, at)
		}
		gone = gone[:0]
		v, ok := p.compile(&less, true)
		if !ok {
			return false
		}
		for _, d := range v.Doubts {
			switch d.What {
			case judge.Fact:
				gone = append(gone, claim{d.Slot, plan.Var(d.Var)})
			case judge.Length:
				gone = append(gone, claim{d.Slot, plan.NoVar})
			default:
				return false
			}
		}
	}
	_, ok := p.compile(&less, false)
	return ok
}

// compile looks what comes of a plan with less in it; ok, if doubts are collected, that there was time for it, else that the code is the same, and
// the plan is the best one from then on.
func (p *pruner) compile(less *plan.Plan, collect bool) (v judge.Verdict, ok bool) {
	p.left -= len(p.image.Text) / 8
	if p.left < 0 {
		return v, false
	}
	data, err := less.Encode(p.image.Text, p.functions)
	if err != nil {
		return v, false
	}
	v, err = p.judge.Try(data, collect)
	if err != nil || collect {
		return v, err == nil
	}
	ok = v.Followed && bytes.Equal(v.Code, p.best.Verdict.Code)
	if ok {
		p.best = &Result{p.best.Analysis, less, data, v, p.best.Places}
	}
	return v, ok
}

// places are where variables live that need not live elsewhere than before: nothing reads what comes there.
func places(p *plan.Plan) (list []leftOut) {
	for i, f := range p.Frames {
		for _, moved := range f.Moved {
			list = append(list, func(p *plan.Plan) { p.Frames[i].Moved = without(p.Frames[i].Moved, moved) })
		}
	}
	for i, insn := range p.Insns {
		for _, place := range insn.Place {
			list = append(list, func(p *plan.Plan) { p.Insns[i].Place = without(p.Insns[i].Place, place) })
		}
	}
	return list
}

func without(list []plan.Moved, one plan.Moved) []plan.Moved {
	return slices.DeleteFunc(slices.Clone(list), func(m plan.Moved) bool { return m == one })
}

// parts are what facts say beside what they are about: how far from the end, of what a multiple, the greatest value.
func parts(p *plan.Plan) (list []leftOut) {
	change := func(i, k int, with func(f *plan.Fact)) {
		list = append(list, func(p *plan.Plan) {
			p.Frames[i].Facts = slices.Clone(p.Frames[i].Facts)
			with(&p.Frames[i].Facts[k])
		})
	}
	for i, f := range p.Frames {
		for k, fact := range f.Facts {
			if fact.HasSlack {
				change(i, k, func(f *plan.Fact) { f.HasSlack, f.Slack, f.Times, f.Exact = false, 0, 0, false })
			}
			if fact.Align > 0 {
				change(i, k, func(f *plan.Fact) { f.Align = 0 })
			}
			if !fact.NoLimit && fact.Lo < fact.Hi && fact.Kind == plan.Number {
				change(i, k, func(f *plan.Fact) { f.NoLimit, f.Hi = true, 0 })
			}
			if fact.Lo > 0 && fact.Lo < fact.Hi && fact.Kind == plan.Number {
				change(i, k, func(f *plan.Fact) { f.Lo, f.Align = 0, 0 })
			}
		}
	}
	return list
}

// try leaves out all claims of a list, or, if the code depends on some, those of each half.
func (p *pruner) try(list []leftOut) {
	if len(list) == 0 {
		return
	}
	less := *p.best.Plan
	less.Frames, less.Insns = slices.Clone(less.Frames), slices.Clone(less.Insns)
	for _, out := range list {
		out(&less)
	}
	if _, ok := p.compile(&less, false); !ok && len(list) > 1 && p.left > 0 {
		p.try(list[:len(list)/2])
		p.try(list[len(list)/2:])
	}
}
