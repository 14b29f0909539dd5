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
	if !ok { // no path leads here: what is claimed is never held against anything
		for r := range fr.Registers {
			if b.places.Home[r] != plan.Nowhere {
				fr.Registers[r] = plan.Zero
			}
		}
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
	if !b.doubt.length[slot] && s.Least > uint64(b.image.CtxMin) {
		fr.Length = uint32(s.Least)
	}
	if r := b.recordAt(n, slot); r != nil && slot > r.slot {
		fr.Loop = b.inLoop(r, slot, n, block)
	}
	return fr
}

// value is what is known of a variable in a state.
func (b *builder) value(s *ranges.State, v plan.Var) (ranges.Value, bool) {
	if v < cfg.R10 {
		return s.Regs[v], true
	}
	if v < plan.Word {
		return ranges.Value{}, false
	}
	off := -4 * int64(b.Words[v-plan.Word]+1)
	for _, slot := range s.Slots {
		if slot.Off == off {
			return slot.Value, true
		}
	}
	return ranges.Value{}, false
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

// fact is what is claimed of a variable at a frame; the more the device doubted, the less.
func (b *builder) fact(slot int, v plan.Var, s *ranges.State) (plan.Fact, bool) {
	x, ok := b.value(s, v)
	doubt := b.doubt.facts[claim{slot, v}]
	if !ok || doubt > 3 || v >= plan.High && v < plan.Word {
		return plan.Fact{}, false
	}
	f := plan.Fact{Var: v, Lo: x.SLow, Hi: x.SHigh}
	switch x.Region {
	case ranges.NoRegion:
		if x.High > math.MaxUint32 {
			return f, false
		}
		f.Lo, f.Hi = int64(x.Low), int64(x.High)
		if f.Lo > math.MaxInt32 {
			f.Lo = 0
		}
		f.NoLimit = f.Hi >= math.MaxUint32
	default:
		f.Kind = [...]plan.Kind{ranges.Context: plan.Context, ranges.Stack: plan.Stack, ranges.Rodata: plan.Rodata, ranges.Data: plan.Data}[x.Region]
		f.NoLimit = f.Hi > math.MaxInt32 || f.Lo < math.MinInt32
		if f.NoLimit {
			f.Lo = 0
		}
	}
	t := x.Slack
	if x.Length.Known {
		t, f.Exact = ranges.Slack{Scale: 1, Room: -x.Length.Plus}, true
	}
	if t.Scale > 0 && t.Room >= -1<<20 && t.Room <= 1<<20 && (x.Region == ranges.NoRegion || x.Region == ranges.Context) {
		f.HasSlack, f.Slack = true, int32(t.Room)
	}
	f.Exact = f.Exact && f.HasSlack
	// The device assumes nothing of how long a context can be, so that what follows from that is not worth claiming.
	switch far := f.HasSlack && f.Hi > 1<<24; {
	case doubt == 0 && far, doubt == 1 && !far:
		f.NoLimit = true
	case doubt == 2:
		f.HasSlack, f.Exact, f.Slack = false, false, 0
	case doubt > 0:
		f.HasSlack, f.Exact, f.Slack, f.NoLimit = false, false, 0, true
		if f.Kind == plan.Number {
			return f, false
		}
		f.Lo = 0
	}
	if f.Kind == plan.Number && f.NoLimit && f.Lo == 0 && !f.HasSlack {
		return f, false
	}
	return f, true
}

// inLoop is what the fast version of a loop knows at a join inside it: of variables whose forms matter later.
func (b *builder) inLoop(r *record, slot, function, block int) *plan.InLoop {
	in := &plan.InLoop{Tested: b.Affine[function].Follows(r.counter, b.Program.Functions[function].Blocks[block].First)}
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
