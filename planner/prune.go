// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"bytes"
	"slices"

	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/plan"
)

// pruning is how many slots are compiled at most to find out what can be left out of a plan.
const pruning = 150_000

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
	p.try(claims(r.Plan))
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
	p.left -= len(p.image.Text) / 8
	if len(list) == 0 || p.left < 0 {
		return
	}
	less := *p.best.Plan
	less.Frames, less.Insns = slices.Clone(less.Frames), slices.Clone(less.Insns)
	for _, out := range list {
		out(&less)
	}
	data, err := less.Encode(p.image.Text, p.functions)
	if err != nil {
		return
	}
	if v, err := p.judge.Try(data, false); err == nil && v.Followed && bytes.Equal(v.Code, p.best.Verdict.Code) {
		p.best = &Result{p.best.Analysis, &less, data, v, p.best.Places}
		return
	}
	if len(list) > 1 {
		p.try(list[:len(list)/2])
		p.try(list[len(list)/2:])
	}
}
