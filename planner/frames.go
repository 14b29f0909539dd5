// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"math"
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// place finds the function and the block that begins at a slot; ok is false where control never comes.
func (b *builder) place(slot int) (function, block int, ok bool) {
	for n, f := range b.Program.Functions {
		if slot < f.Start || slot >= f.End {
			continue
		}
		k := f.At(slot)
		if k < 0 {
			return n, 0, false
		}
		return n, f.BlockOf(k), true
	}
	return 0, 0, false
}

// frame says what holds at a slot where paths meet.
func (b *builder) frame(slot int) plan.Frame {
	fr := plan.Frame{Slot: slot}
	n, block, ok := b.place(slot)
	if !ok { // no path leads here
		fr.Never = true
		return fr
	}
	s := &b.Facts.Functions[n].Before[b.Program.Functions[n].Blocks[block].First]
	live := b.Live.Functions[n].In[block]
	at := b.places.Functions[n]
	for r := range fr.Registers {
		high := plan.High + plan.Var(r)
		switch {
		case !live.Has(plan.R(r)):
			continue
		case !live.Has(high):
			fr.Registers[r] = plan.Low
		case at.At(block, high) == plan.Nowhere:
			fr.Registers[r] = plan.Zero
		default:
			fr.Registers[r] = plan.Both
		}
	}
	live.Each(func(v plan.Var) {
		if v == cfg.R10 {
			return
		}
		if v >= plan.Word {
			fr.Words |= 1 << (v - plan.Word)
		}
		if v >= plan.High && v < plan.Word && fr.Registers[v-plan.High] != plan.Both {
			return
		}
		if p := at.At(block, v); (p != plan.Nowhere || v >= plan.Word) && p != b.places.Home[v] {
			fr.Moved = append(fr.Moved, plan.Moved{Var: v, Place: p})
		}
		if f, ok := b.fact(slot, v, s); ok {
			fr.Facts = append(fr.Facts, f)
		}
	})
	least := int64(min(s.Least, math.MaxUint32))
	if doubted, ok := b.doubt.length[slot]; ok {
		least = doubted
	}
	if least > int64(b.image.CtxMin) {
		fr.Length = uint32(least)
	}
	if r := b.recordAt(n, slot); r != nil && slot != r.loop.Head {
		fr.Loop = b.inLoop(r, slot, n, block)
	}
	return fr
}

// zeroWord tells whether a word of the frame is the high half of a number that has none.
func (b *builder) zeroWord(s *ranges.State, v plan.Var) bool {
	off := -4 * int64(b.Words[v-plan.Word]+1)
	for _, slot := range s.Slots {
		if slot.Size == 8 && slot.Off == off-4 {
			return slot.Value.Narrow()
		}
	}
	return false
}

// inLoop is what the fast version of a loop knows at a join inside it: of variables whose forms matter later.
func (b *builder) inLoop(r *record, slot, function, block int) *plan.InLoop {
	in := &plan.InLoop{Tested: r.counter != nil && b.Affine[function].Follows(r.counter, b.Program.Functions[function].Blocks[block].First)}
	for _, named := range r.forms.At[slot] {
		if b.doubt.form[claim{slot, named.Var}] || !b.Live.Functions[function].In[block].Has(named.Var) || !slices.Contains(r.matter, named.Form.A) || !b.writes(r, function, named.Var) {
			continue
		}
		in.Forms = append(in.Forms, plan.Form{Var: named.Var, Of: named.Form.A, Add: named.Form.Add})
	}
	return in
}

// writes tells whether a loop with a record writes a variable.
func (b *builder) writes(r *record, function int, v plan.Var) bool {
	f := b.Program.Functions[function]
	for k := f.At(r.slot); k < len(f.Insns) && f.Insns[k].Slot <= r.loop.End; k++ {
		if b.Live.Effect(&f.Insns[k], ^liveness.Set(0)).Writes.Has(v) {
			return true
		}
	}
	return false
}
