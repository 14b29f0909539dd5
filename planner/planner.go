// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/affine"
	"github.com/ubench-dev/ubench/planner/alloc"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/guess"
	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Analyse finds out about a program what does not depend on where anything lives.
func Analyse(p *image.Program) (*Analysis, error) {
	c, err := cfg.Of(p)
	if err != nil {
		return nil, err
	}
	a := &Analysis{Program: c, Facts: ranges.Of(c)}
	for _, f := range c.Functions {
		a.Forests = append(a.Forests, loops.Of(f))
	}
	a.Words = liveness.Promote(c, a.Forests, c.Escapes || !a.Facts.Once, plan.MaxWords)
	a.Live = liveness.Of(c, a.Words)
	for n, t := range a.Forests {
		a.Affine = append(a.Affine, affine.Of(t, a.Facts.Functions[n], c, a.Words))
		a.Entered = append(a.Entered, entered(a.Facts, n, t))
	}
	return a, nil
}

// also lists functions that only pointers in data lead to.
func also(p *image.Program) (slots []int) {
	for _, ptr := range p.Pointers {
		if ptr.Section == image.Text {
			slots = append(slots, int(ptr.Offset))
		}
	}
	slices.Sort(slots)
	return slices.Compact(slots)
}

// newBuilder makes one that has no doubts yet.
func newBuilder(a *Analysis, p *image.Program, j *judge.Judge) *builder {
	b := &builder{Analysis: a, image: p, functions: plan.Functions(p.Text, also(p)), doubt: newDoubts(), version: 1, judge: j}
	b.guesses = guess.Of(a.Facts)
	for n, f := range a.Facts.Functions {
		as := f.Accesses(a.Facts)
		for k := range as {
			as[k].Region = b.guesses[n][as[k].Insn]
		}
		b.accesses = append(b.accesses, as)
	}
	return b
}

// build makes a plan with the doubts there are.
func (b *builder) build() error {
	p := &plan.Plan{Window: b.window(), Maps: len(b.image.Maps)}
	b.plan, b.insns, b.spilt = p, make([]*plan.Insn, len(b.image.Text)/8), nil
	b.records = map[int]*record{}
	if b.caution < noRecords {
		b.records = b.findRecords()
		b.turnRecords(b.records)
	}
	p.Joins = b.joins()
	if b.placed != b.version {
		b.allocate()
		b.placed = b.version
	}
	copy(p.Places[:], b.places.Home[:])
	copy(p.Highs[:], b.places.Home[plan.High:])
	p.Frame = b.places.Words
	if p.Frame > plan.MaxPlaces {
		return fmt.Errorf("%d values live in memory, at most %d can", p.Frame, plan.MaxPlaces)
	}
	for k, index := range b.Words {
		p.Words = append(p.Words, plan.FrameVar{Index: index, Place: b.places.Home[plan.Word+plan.Var(k)]})
	}
	if plan.HasCalls(b.image.Text) {
		b.calls()
	}
	for _, slot := range plan.FrameSlots(b.image.Text, b.functions, p.Joins) {
		p.Frames = append(p.Frames, b.frame(slot))
	}
	for n := range b.Program.Functions {
		b.function(n)
	}
	for _, i := range b.insns {
		if i != nil && !i.Empty() {
			p.Insns = append(p.Insns, *i)
		}
	}
	return nil
}

// window is the longest access there is: one limit serves all.
func (b *builder) window() int {
	most := 1
	for n, f := range b.Program.Functions {
		for _, a := range b.accesses[n] {
			if i := &f.Insns[a.Insn]; a.Region == ranges.Context || a.Region == ranges.NoRegion {
				most = max(most, i.Size)
			}
		}
	}
	return most
}

// allocate gives places, knowing which checks are left to do.
func (b *builder) allocate() {
	clear(b.doubt.saved)
	own := alloc.Own{plan.Budget: 0.001, plan.Base: 0.001, plan.Limit: 0.001}
	b.weights = nil
	for n, f := range b.Program.Functions {
		scale := 1.0
		if n > 0 {
			scale = 10
		}
		weight := slices.Clone(b.Forests[n].Weight)
		for k := range weight {
			weight[k] *= scale
		}
		b.weights = append(b.weights, weight)
		for k := range f.Insns {
			i := &f.Insns[k]
			w := weight[f.BlockOf(k)]
			prepaid := false
			if r := b.recordAt(n, i.Slot); r != nil {
				prepaid = r.loop.Prepaid
				w /= 8
			}
			switch {
			case i.Class == cfg.Constant && b.nearMemory(i.Slot):
				own[plan.Memory] += 1.5 * weight[f.BlockOf(k)]
			case i.Backward() && prepaid:
				own[plan.Budget] += 0.1
			case i.Backward(), i.Class == cfg.Call, i.Class == cfg.CallX:
				own[plan.Budget] += 2 * w
			case i.Access() && i.Base() == cfg.R10:
				if _, _, ok := b.Words.At(i); !ok {
					own[cfg.R10] += w
				}
			case (i.Class == cfg.Move || i.Class == cfg.ALU || i.Class == cfg.Store || i.Class == cfg.Branch || i.Class == cfg.Atomic) && i.Register && i.Src == cfg.R10:
				own[cfg.R10] += w
			}
		}
		for _, a := range b.accesses[n] {
			w := weight[f.BlockOf(a.Insn)]
			if r := b.recordAt(n, f.Insns[a.Insn].Slot); r != nil {
				w /= 8
			}
			if a.Reason == ranges.Proved {
				w = 0.01 // the device may not see it
			}
			switch a.Region {
			case ranges.Context, ranges.NoRegion:
				own[plan.Base] += w
				own[plan.Limit] += w
			}
		}
	}
	wide := func(n, k int, v plan.Var) bool {
		g := b.Facts.Functions[n]
		if k < len(g.Insns) && b.doubt.wide[claim{g.Insns[k].Slot, v}] {
			return true
		}
		if k < len(g.Insns) && g.Insns[k].Half == 2 && v == plan.High+plan.R(int(g.Insns[k].Dst)) {
			return false // nothing is there between the two
		}
		if k > 0 { // the device does not see what was stored in memory
			i := &g.Insns[k-1]
			if _, _, ok := b.Words.At(i); i.Class == cfg.Load && i.Size == 8 && !ok && v == plan.High+plan.R(int(i.Dst)) {
				return true
			}
		}
		if v >= plan.Word {
			return !b.zeroWord(&g.Before[k], v)
		}
		x := &g.Before[k].Regs[v-plan.High]
		return !x.Narrow() && !x.Pointer() // addresses have 32 bits; the device sees it where they have been used as such
	}
	registers := alloc.Registers
	if plan.HasCalls(b.image.Text) {
		registers-- // one finds the frame
	}
	for v, unused := range b.doubt.unused {
		if unused {
			delete(own, v)
		}
	}
	b.places = alloc.Of(b.Live, b.weights, own, registers, wide, b.splits, b.heuristic)
}

// joins lists the slots behind loops with records, or amid them, where their versions meet, if no jump leads there.
func (b *builder) joins() (slots []int) {
	framed := plan.FrameSlots(b.image.Text, b.functions, nil)
	for _, r := range b.records {
		f := b.Program.Functions[r.function]
		ends := []int{f.At(r.loop.End)}
		for _, h := range r.loop.Holes {
			ends = append(ends, f.At(h.From)-1)
		}
		for _, k := range ends {
			last := &f.Insns[k]
			next := last.Slot + last.Slots
			if _, ok := slices.BinarySearch(framed, next); !ok && last.Class != cfg.Jump && last.Class != cfg.Exit {
				slots = append(slots, next)
			}
		}
	}
	slices.Sort(slots)
	return slices.Compact(slots)
}

// calls says how functions call each other: r0 to r5 are left changed, and a function saves what the compiler said, of the plan
// before, that it writes.
func (b *builder) calls() {
	c := &plan.Calls{}
	changes := func(place plan.Place) uint16 {
		if place < alloc.Registers {
			return 1 << place
		}
		return 0
	}
	if v := b.places.Convention; v != nil {
		c.Shared = v.Shared
	}
	for r := range 6 {
		if b.places.Convention != nil {
			break
		}
		c.Shared |= changes(b.places.Home[r]) | changes(b.places.Home[plan.High+plan.Var(r)])
	}
	for n, f := range b.Program.Functions {
		out := plan.Function{}
		if n == 0 {
			out.Returns = 1 | 1<<6 // the program's result
		}
		for r := range 6 {
			if b.Live.Functions[n].Returns.Has(plan.R(r)) {
				out.Returns |= 1 << r
			}
			if b.Live.Functions[n].Returns.Has(plan.High + plan.R(r)) {
				out.Returns |= 1 << (6 + r)
			}
		}
		saves := b.doubt.saved[f.Start]
		out.Registers = uint16(saves & (1<<alloc.Registers - 1))
		for w := plan.FrameWord; w < 64; w++ {
			if saves>>w&1 != 0 {
				out.Words = append(out.Words, int(w-plan.FrameWord))
			}
		}
		c.Functions = append(c.Functions, out)
		saved := len(out.Words) + 2
		for r := range 16 {
			saved += int(out.Registers >> r & 1)
		}
		c.Words = max(c.Words, (saved+1)&^1)
	}
	b.plan.Calls = c
}
