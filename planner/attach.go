// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/alloc"
	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/plan"
)

// rounds is how often a plan is made anew, with less in it.
const rounds = 200

// patient is how many of them go slowly, giving up as little as possible.
const patient = 24

// Result is a plan that the device's compiler follows, and what comes of it.
type Result struct {
	*Analysis
	Plan    *plan.Plan
	Bytes   []byte
	Verdict judge.Verdict
	Places  *alloc.Places
}

// Of makes a plan of a program. The device's compiler, on the desk, says which claims it cannot see to hold; they are left
// out of the next attempt.
func Of(p *image.Program) (*Result, error) {
	a, err := Analyse(p)
	if err != nil {
		return nil, err
	}
	j, err := judge.Of(p)
	if err != nil {
		return nil, err
	}
	b := &builder{Analysis: a, image: p, functions: plan.Functions(p.Text, also(p)), doubt: newDoubts()}
	for b.round = range rounds {
		r, again, err := b.attempt(j)
		if err != nil || !again {
			return r, err
		}
	}
	return nil, fmt.Errorf("%s: no plan is followed after %d attempts", p.Name, rounds)
}

// Attach is a program with a plan, or as it is if it cannot have one.
func Attach(p *image.Program) *image.Program {
	r, err := Of(p)
	if err != nil {
		return p
	}
	with := *p
	with.Plan = r.Bytes
	return &with
}

// attempt makes a plan; again tells that something was doubted.
func (b *builder) attempt(j *judge.Judge) (r *Result, again bool, err error) {
	if err := b.build(); err != nil {
		return nil, false, err
	}
	data, err := b.plan.Encode(b.image.Text, b.functions)
	if err != nil {
		return nil, false, err
	}
	v, err := j.Try(data, true)
	if err != nil {
		return nil, false, err
	}
	if len(v.Doubts) > 0 {
		b.doubtAll(v.Doubts)
		return nil, true, nil
	}
	if v.Followed {
		if v, err = j.Try(data, false); err != nil {
			return nil, false, err
		}
	}
	if !v.Followed && b.lost(v.Slot) {
		return nil, true, nil
	}
	if !v.Followed {
		return nil, false, fmt.Errorf("%s: the plan is not followed: %s, at slot %d", b.image.Name, v.Reason, v.Slot)
	}
	return &Result{b.Analysis, b.plan, data, v, b.places}, false, nil
}

// doubtAll leaves out what was doubted: of facts first, since what else is doubted may follow from them.
func (b *builder) doubtAll(ds []judge.Doubt) {
	rank := func(d judge.Doubt) int {
		switch d.What {
		case judge.Length:
			return 0
		case judge.Fact:
			return 1
		case judge.Zero:
			return 2
		}
		return 3
	}
	slices.SortFunc(ds, func(x, y judge.Doubt) int {
		return cmp.Or(rank(x)-rank(y), x.Slot-y.Slot, int(x.What)-int(y.What), int(x.Var)-int(y.Var))
	})
	for _, d := range slices.Compact(ds) {
		if rank(d) > rank(ds[0]) && b.round < patient {
			break
		}
		b.doubted(d)
	}
}

// doubted leaves out of the next plan what the compiler could not see.
func (b *builder) doubted(d judge.Doubt) {
	at := claim{d.Slot, plan.Var(d.Var)}
	switch d.What {
	case judge.Zero:
		b.doubt.wide[at] = true
	case judge.Fact:
		b.doubt.facts[at]++
		if b.round >= patient {
			b.doubt.facts[at] = 4
		}
	case judge.Length:
		b.doubt.length[d.Slot] = true
	case judge.Form:
		b.doubt.form[at] = true
	case judge.Tested, judge.Turn:
		for _, r := range b.records {
			if d.Slot >= r.slot && d.Slot <= r.loop.End {
				b.doubt.loops[r.slot] = 2
			}
		}
	}
}

// lost gives up something about an instruction that read what was lost: that high halves are zero, then that anything of its
// block is deferred. It tells whether there was anything to give up.
func (b *builder) lost(slot int) (some bool) {
	n, blk, ok := b.place(slot)
	if !ok {
		return false
	}
	f := b.Program.Functions[n]
	if r := b.recordAt(n, slot); r != nil && b.doubt.loops[r.slot] == 0 {
		b.doubt.loops[r.slot] = 1 // turns that are not taken need not be known
		return true
	}
	for k := f.Blocks[blk].First; k < f.Blocks[blk].Last; k++ {
		i := &f.Insns[k]
		reads := b.Live.Effect(i, b.Live.Functions[n].After[k]).Reads
		reads |= b.Live.Functions[n].After[k]
		reads.Each(func(v plan.Var) {
			if at := (claim{i.Slot, v}); v >= plan.High && !b.doubt.wide[at] {
				b.doubt.wide[at] = true
				some = true
			}
		})
	}
	for k := f.Blocks[blk].First; k < f.Blocks[blk].Last && !some; k++ {
		if i := &f.Insns[k]; b.said(i.Slot).Defer {
			b.doubt.defers[i.Slot] = true
			some = true
		}
	}
	return some
}
