// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// rounds is how often a plan is made anew, with less in it.
const rounds = 200

// attempts makes plans until one is followed.
func (b *builder) attempts() (*Result, error) {
	for b.round = range rounds {
		r, again, err := b.attempt(b.judge)
		if err != nil || !again {
			return r, err
		}
	}
	return nil, fmt.Errorf("%s: no plan is followed after %d attempts", b.image.Name, rounds)
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
	if len(v.Doubts) > 0 && b.doubtAll(v.Doubts) {
		return nil, true, nil
	}
	if v.Followed {
		if v, err = j.Try(data, false); err != nil {
			return nil, false, err
		}
	}
	if !v.Followed && b.lost(v.Slot, plan.NoVar, v.Turns) {
		return nil, true, nil
	}
	if !v.Followed {
		return nil, false, fmt.Errorf("%s: the plan is not followed: %s, at slot %d", b.image.Name, v.Reason, v.Slot)
	}
	if b.unproved(&v) || b.unneeded(&v) {
		return nil, true, nil
	}
	return &Result{b.Analysis, b.plan, data, v, b.places}, false, nil
}

// unproved finds accesses that the host can prove and the device cannot: a test before a loop may do for these, too.
func (b *builder) unproved(v *judge.Verdict) (some bool) {
	for n, f := range b.Program.Functions {
		for _, x := range b.accesses[n] {
			slot := f.Insns[x.Insn].Slot
			if x.Reason == ranges.Proved && v.Notes[slot]&15 == judge.Checked && !b.doubt.proofs[slot] {
				b.doubt.proofs[slot] = true
				b.version++
				some = some || len(b.Forests[n].Loops) > 0
			}
		}
	}
	return some
}

// unneeded finds variables of the compiler's own that the code is shorter without: nothing is checked, or paid for. The next plan gives them no
// place.
func (b *builder) unneeded(v *judge.Verdict) (some bool) {
	for _, own := range []plan.Var{cfg.R10, plan.Budget, plan.Base, plan.Limit} {
		if _, tried := b.doubt.unused[own]; tried || b.places.Home[own] == plan.Nowhere {
			continue
		}
		less := *b.plan
		less.Places[own] = plan.Nowhere
		data, err := less.Encode(b.image.Text, b.functions)
		if err != nil {
			continue
		}
		w, err := b.judge.Try(data, false)
		b.doubt.unused[own] = err == nil && w.Followed && len(w.Code) < len(v.Code)
		some = some || b.doubt.unused[own]
	}
	if some {
		b.version++
	}
	return some
}

// needed gives a variable of the compiler's own a place after all; it tells whether it had none.
func (b *builder) needed(v plan.Var) bool {
	if !b.doubt.unused[v] {
		return false
	}
	b.doubt.unused[v] = false
	b.version++
	return true
}

// doubtAll says less of what was doubted. Claims only ever get weaker, and no more than the compiler's own knowledge asks
// for, so that what is left in the end holds on all paths together.
// What follows where something was lost says nothing of what holds without.
func (b *builder) doubtAll(ds []judge.Doubt) (some bool) {
	lost := false
	b.saves(ds)
	for _, d := range ds {
		if d.What == judge.Lost {
			lost = true
			some = b.needed(plan.Var(d.Var)) || b.lost(d.Slot, plan.Var(d.Var), false) || some
		}
	}
	if some {
		return true
	}
	for _, d := range ds { // where there is nothing of its own to give up, a high half came there as zero
		if d.What == judge.Zero && slices.ContainsFunc(ds, func(l judge.Doubt) bool { return l.What == judge.Lost && l.Var == d.Var }) {
			some = b.widen(claim{d.Slot, plan.Var(d.Var)}) || some
		}
	}
	for _, d := range ds {
		if !lost {
			b.doubted(d)
		}
	}
	return some || !lost
}

// saves takes the places that functions were found to change for those that they save; it tells whether that is new.
func (b *builder) saves(ds []judge.Doubt) (some bool) {
	for _, d := range ds {
		if d.What != judge.Saved {
			continue
		}
		if n, _, ok := b.place(d.Slot); ok {
			start := b.Program.Functions[n].Start
			some = some || b.doubt.saved[start]>>d.Var&1 == 0
			b.doubt.saved[start] |= 1 << d.Var
		}
	}
	return some
}

// overwritten finds what a block may have written to the place of a variable, since it was taken for a zero that needs
// none, and takes it for one that does.
func (b *builder) overwritten(n, blk, k int, read plan.Var) (some bool) {
	f, at := b.Program.Functions[n], b.places.Functions[n].At(blk, read)
	for d := f.Blocks[blk].First; d < k; d++ {
		if p, ok := b.places.Functions[n].Result(d, read); ok {
			at = p
		}
	}
	for _, s := range b.spilt {
		if s.function == n && s.Place == at && s.insn >= f.Blocks[blk].First && s.insn <= k && s.insn+1 < len(f.Insns) {
			some = b.widen(claim{f.Insns[s.insn+1].Slot, s.Var}) || some
		}
	}
	return some
}

// undefer has a variable's value computed where it is written last before an instruction, in its block or those before it.
func (b *builder) undefer(n, blk, k int, read plan.Var, seen map[int]bool) (some bool) {
	f := b.Program.Functions[n]
	for d := k - 1; d >= f.Blocks[blk].First; d-- {
		i := &f.Insns[d]
		if !b.Live.Effect(i, b.Live.Functions[n].After[d]).Writes.Has(read) {
			continue
		}
		if !b.said(i.Slot).Defer {
			return false
		}
		b.doubt.defers[i.Slot] = true
		return true
	}
	for _, p := range f.Blocks[blk].Preds {
		if !seen[p] {
			seen[p] = true
			some = b.undefer(n, p, f.Blocks[p].Last, read, seen) || some
		}
	}
	return some
}

// doubted leaves out of the next plan what the compiler could not see.
func (b *builder) doubted(d judge.Doubt) {
	at := claim{d.Slot, plan.Var(d.Var)}
	switch d.What {
	case judge.Zero:
		b.widen(at)
	case judge.Fact:
		b.weaken(at, d.Known)
	case judge.Length:
		if least, ok := b.doubt.length[d.Slot]; !ok || d.Known.Length < least {
			b.doubt.length[d.Slot] = d.Known.Length
		}
	case judge.Form:
		b.doubt.form[at] = true
	case judge.Tested, judge.Turn:
		for _, r := range b.records {
			if d.Slot >= r.slot && d.Slot <= r.loop.End {
				b.doubt.loops[r.slot] = 2
				b.version++
			}
		}
	}
}

// widen takes a high half for one that may be other than zero; it tells whether that is new.
func (b *builder) widen(at claim) bool {
	if b.doubt.wide[at] {
		return false
	}
	b.doubt.wide[at] = true
	b.version++
	return true
}

// lost gives up something about an instruction that read what was lost: that a high half is zero, or that the value is
// computed where it is read; where neither is to blame, or the variable is not known, both of all that its block reads. It
// tells whether there was anything to give up.
func (b *builder) lost(slot int, read plan.Var, turns bool) (some bool) {
	n, blk, ok := b.place(slot)
	if !ok {
		return false
	}
	f := b.Program.Functions[n]
	if r := b.recordAt(n, slot); turns && r != nil && b.doubt.loops[r.slot] == 0 {
		b.version++
		b.doubt.loops[r.slot] = 1 // turns that are not taken need not be known
		return true
	}
	if k := f.At(slot); k >= 0 && read < plan.Word+plan.MaxWords {
		if b.undefer(n, blk, k, read, map[int]bool{}) {
			return true
		}
		if read >= plan.High && b.widen(claim{slot, read}) {
			return true
		}
		if b.overwritten(n, blk, k, read) {
			return true
		}
	}
	for k := f.Blocks[blk].First; k < f.Blocks[blk].Last; k++ {
		i := &f.Insns[k]
		reads := b.Live.Effect(i, b.Live.Functions[n].After[k]).Reads
		reads |= b.Live.Functions[n].After[k]
		reads.Each(func(v plan.Var) {
			some = v >= plan.High && b.widen(claim{i.Slot, v}) || some
		})
	}
	for k := f.Blocks[blk].First; k < f.Blocks[blk].Last && !some; k++ {
		if i := &f.Insns[k]; b.said(i.Slot).Defer && !b.doubt.defers[i.Slot] {
			b.doubt.defers[i.Slot] = true
			some = true
		}
	}
	return some
}
