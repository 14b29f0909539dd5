// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"slices"

	"github.com/ubench-dev/ubench/planner/affine"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

const (
	longestTurn = 80  // slots of a loop that is compiled twice for the sake of what is tested each turn
	likely      = 0.4 // how often in a turn an access is made, at least, for the test to look at it
	aTurnGroup  = 8   // cycles of the test of a group
)

// turnRecords adds records of loops without a counter, where there are none inside or around.
func (b *builder) turnRecords(records map[int]*record) {
	for n := range b.Program.Functions {
		t := b.Forests[n]
		for k := range slices.Backward(t.Loops) {
			l, f := &t.Loops[k], b.Program.Functions[n]
			inside := func(x *record) bool {
				return x.function == n && x.slot <= f.LastSlot(l.Blocks[len(l.Blocks)-1]) && x.loop.End >= f.Slot(l.Blocks[0])
			}
			free := true
			for _, x := range records {
				free = free && !inside(x)
			}
			if r := b.turnRecord(n, t, k); free && r != nil && b.doubt.loops[r.slot] <= 1 {
				records[r.slot] = r
			}
		}
	}
}

// turnRecord is a record of a loop without a counter: sums of several accesses are tested once as each turn begins. It is nil if
// that takes as long as the checks.
func (b *builder) turnRecord(n int, t *loops.Forest, k int) *record {
	f, l := b.Program.Functions[n], &t.Loops[k]
	first, last := f.Slot(l.Blocks[0]), f.LastSlot(l.Blocks[len(l.Blocks)-1])
	if l.Blocks[0] != l.Head || last-first > longestTurn {
		return nil
	}
	for i, blk := range l.Blocks {
		if i > 0 && l.Blocks[i-1]+1 != blk {
			return nil // in pieces
		}
		for k := f.Blocks[blk].First; k < f.Blocks[blk].Last; k++ {
			if c := f.Insns[k].Class; c == cfg.Call || c == cfg.CallX || c == cfg.Helper {
				return nil
			}
		}
	}
	forms := &b.Affine[n].Loops[k]
	r := &record{function: n, slot: first, forms: forms}
	r.loop = &plan.Loop{Head: first, End: last, Test: first, Bound: plan.NoVar}
	sums := map[[4]int][]affine.Access{}
	var order [][4]int
	for _, x := range forms.Accesses {
		if b.checked(n, &x) && t.Weight[f.BlockOf(x.Insn)] >= likely*t.Weight[l.Head] {
			x.Region = b.guesses[n][x.Insn]
			sum := [4]int{int(x.Form.A), int(x.Form.B), int(x.Form.C), x.Form.Shift}
			if sums[sum] == nil {
				order = append(order, sum)
			}
			sums[sum] = append(sums[sum], x)
		}
	}
	for _, sum := range order {
		saved := 0.0
		for _, x := range sums[sum] {
			saved += aCheck * t.Weight[f.BlockOf(x.Insn)] / t.Weight[l.Head]
		}
		for _, x := range sums[sum] {
			if saved > aTurnGroup*1.5 {
				b.turnGroup(r, n, x)
			}
		}
	}
	if len(r.loop.Groups) == 0 {
		return nil
	}
	return r
}

// checked tells whether an access has a sum that could be tested, and is not proved.
func (b *builder) checked(n int, x *affine.Access) bool {
	slot := b.Program.Functions[n].Insns[x.Insn].Slot
	proved := slices.ContainsFunc(b.accesses[n], func(a ranges.Access) bool {
		return a.Insn == x.Insn && a.Reason == ranges.Proved && !b.doubt.proofs[slot]
	})
	return !proved && x.Form.Known && x.Form.A != plan.NoVar && x.Form.A != cfg.R10
}

// turnGroup adds an access to what is tested; nothing moves.
func (b *builder) turnGroup(r *record, n int, x affine.Access) {
	stay := &affine.Loop{Steps: map[plan.Var]affine.Form{}}
	for _, v := range []plan.Var{x.Form.A, x.Form.B, x.Form.C} {
		if v != plan.NoVar {
			stay.Steps[v] = affine.Form{Known: true, A: v, B: plan.NoVar, C: plan.NoVar}
		}
	}
	forms := r.forms
	r.forms = stay
	b.group(r, n, x)
	r.forms = forms
}
