// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// said is what the plan says of an instruction, so far.
func (b *builder) said(slot int) *plan.Insn {
	if b.insns[slot] == nil {
		b.insns[slot] = &plan.Insn{Slot: slot}
	}
	return b.insns[slot]
}

// function says what there is to say of the instructions of a function.
func (b *builder) function(n int) {
	f, live, places := b.Program.Functions[n], b.Live.Functions[n], b.places.Functions[n]
	framed := map[int]*plan.Frame{}
	for k := range b.plan.Frames {
		framed[b.plan.Frames[k].Slot] = &b.plan.Frames[k]
	}
	if r := b.recordsOf(n); len(r) > 0 {
		for _, x := range r {
			b.said(x.slot).Loop = x.loop
		}
	}
	for blk := range f.Blocks {
		if fr := framed[f.Slot(blk)]; fr != nil {
			b.homes = b.places.Home
			for _, m := range fr.Moved {
				b.homes[m.Var] = m.Place
			}
		}
		d := b.deferred(n, blk)
		for k := f.Blocks[blk].First; k < f.Blocks[blk].Last; k++ {
			i := &f.Insns[k]
			results := b.Live.Effect(i, live.After[k]).Writes & live.After[k]
			results.Each(func(v plan.Var) {
				if i.Class == cfg.Call && b.places.Convention != nil {
					b.result(f, blk, k, v)
					return
				}
				p, ok := places.Result(k, v)
				if ok && (p != plan.Nowhere || v >= plan.Word) && p != b.homes[v] {
					b.said(i.Slot).Place = append(b.said(i.Slot).Place, plan.Moved{Var: v, Place: p})
					b.homes[v] = p
				} else if ok && p == plan.Nowhere && b.homes[v] != plan.Nowhere {
					b.spilt = append(b.spilt, spilt{n, k, plan.Moved{Var: v, Place: b.homes[v]}})
				}
			})
			// What nobody needs is written nowhere.
			b.Live.Effect(i, live.After[k]).Writes.Each(func(v plan.Var) {
				dead := !live.After[k].Has(v) && (v < cfg.R10 || v >= plan.Word) && i.Class != cfg.Call && i.Class != cfg.CallX
				if dead && b.homes[v] != plan.Nowhere && !drops(i) {
					b.said(i.Slot).Place = append(b.said(i.Slot).Place, plan.Moved{Var: v, Place: plan.Nowhere})
					b.homes[v] = plan.Nowhere
				}
			})
			if plan.HasHigh(i) {
				reg := i.Dst
				if r, ok := i.Fetches(); ok {
					reg = r
				}
				if i.Class == cfg.Helper {
					reg = 0
				}
				b.said(i.Slot).DeadHigh = !live.After[k].Has(plan.High + plan.R(int(reg)))
			}
			if seldom, _ := b.seldom(n, blk); b.caution < noApart && i.Class == cfg.Branch && seldom && !i.Backward() {
				b.said(i.Slot).Apart = true
			}
			if drops(i) {
				b.said(i.Slot).Drop = !live.After[k].Has(plan.R(int(i.Dst)))
			}
			if drops(i) || i.Class == cfg.Constant {
				b.said(i.Slot).Defer = d[k-f.Blocks[blk].First] && b.caution < noDefer && plan.Deferrable(i) && !b.said(i.Slot).Drop
			}
		}
	}
	for _, a := range b.accesses[n] {
		i := &f.Insns[a.Insn]
		if checked := a.Reason != ranges.Proved || b.doubt.proofs[i.Slot]; checked && a.Region != ranges.Context {
			b.said(i.Slot).HasRegion = true
			b.said(i.Slot).Region = expected(a.Region)
		}
	}
}

// expected is where the compiler looks first for an access.
func expected(r ranges.Region) plan.Region {
	switch r {
	case ranges.Context:
		return plan.InContext
	case ranges.Stack, ranges.Top:
		return plan.InStack
	case ranges.Rodata, ranges.Data:
		return plan.InMemory
	}
	return plan.Elsewhere // values of maps, and what nothing is known of
}

// result has what a function returned moved to where it lives from there on, by the next instruction or where paths meet.
func (b *builder) result(f *cfg.Function, blk, k int, v plan.Var) {
	n := slices.Index(b.Program.Functions, f)
	p, ok := b.places.Functions[n].Result(k, v)
	if ok && p != plan.Nowhere && p != b.places.Home[v] && k+1 < f.Blocks[blk].Last {
		next := b.said(f.Insns[k+1].Slot)
		next.Move = append(next.Move, plan.Moved{Var: v, Place: p})
	}
}

// drops tells whether an instruction need not be done if its result is not needed.
func drops(i *cfg.Insn) bool {
	return i.Class == cfg.ALU || i.Class == cfg.Move || i.Class == cfg.Constant && i.Slots == 1
}

// recordsOf lists a function's loops with records, ascending.
func (b *builder) recordsOf(n int) (rs []*record) {
	for _, r := range b.records {
		if r.function == n {
			rs = append(rs, r)
		}
	}
	slices.SortFunc(rs, func(x, y *record) int { return x.slot - y.slot })
	return rs
}
