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

// findRecords picks loops: inner ones before those around them, which then have none. A record is worth it if it takes
// checks or payments out of the loop.
func (b *builder) findRecords() map[int]*record {
	records := map[int]*record{}
	for n := range b.Program.Functions {
		t := b.Forests[n]
		taken := make([]bool, len(t.Loops))
		for k := range slices.Backward(t.Loops) {
			if taken[k] {
				continue
			}
			r := b.record(n, t, k)
			if r == nil || b.doubt.loops[r.slot] > 1 { // not the way it is
				continue
			}
			records[r.slot] = r
			for up := k; up >= 0; up = t.Loops[up].Parent {
				taken[up] = true
			}
		}
	}
	return records
}

func (b *builder) record(n int, t *loops.Forest, k int) *record {
	f, l := b.Program.Functions[n], &t.Loops[k]
	a := &b.Affine[n].Loops[k]
	if len(a.Counters) == 0 {
		return nil
	}
	first, last := f.Slot(l.Blocks[0]), f.LastSlot(l.Blocks[len(l.Blocks)-1])
	var holes []plan.Hole
	for i := range len(l.Blocks) - 1 {
		if l.Blocks[i]+1 != l.Blocks[i+1] {
			holes = append(holes, plan.Hole{From: f.Slot(l.Blocks[i] + 1), To: f.Slot(l.Blocks[i+1])})
		}
	}
	if len(holes) > plan.MaxHoles {
		return nil // in too many pieces
	}
	head := f.Slot(l.Head)
	prepaid := b.doubt.loops[first] == 0
	for i := f.Blocks[l.Blocks[0]].First; i < f.Blocks[l.Blocks[len(l.Blocks)-1]].Last; i++ {
		if !l.Contains(f.BlockOf(i)) {
			continue
		}
		if c := f.Insns[i].Class; c == cfg.Call || c == cfg.CallX {
			return nil
		}
		prepaid = prepaid && !(f.Insns[i].Backward() && f.Insns[i].Target >= first && (f.Insns[i].Slot < head || f.Insns[i].Target > head))
	}
	at := slices.IndexFunc(a.Counters, func(c affine.Counter) bool { return possible(&c) })
	if at < 0 {
		return nil
	}
	c := &a.Counters[at]
	r := &record{function: n, slot: first, counter: c, forms: a}
	r.loop = &plan.Loop{Head: head, End: last, Holes: holes, Test: f.Insns[c.Test].Slot, Source: c.Source, Offset: c.Offset, Prepaid: prepaid, Bound: plan.NoVar}
	r.loop.Variables = []plan.Step{{Var: c.Var, By: c.By, ByVar: plan.NoVar}}
	r.matter = []plan.Var{c.Var}
	if c.Bound != plan.NoVar {
		r.matter = append(r.matter, c.Bound)
		other := f.Insns[c.Test].Src
		if c.Source {
			other = f.Insns[c.Test].Dst
		}
		if c.Bound != plan.R(int(other)) {
			r.loop.Bound = c.Bound
		}
	}
	proved := map[int]bool{}
	for _, x := range b.accesses[n] {
		proved[x.Insn] = x.Reason == ranges.Proved && !b.doubt.proofs[f.Insns[x.Insn].Slot]
	}
	entries := b.Entered[n][l.Head]
	for _, x := range a.Accesses {
		if proved[x.Insn] || !x.Form.Known || x.Form.A == plan.NoVar || x.Form.A == cfg.R10 || startsBelow(entries, &x, f.Insns[x.Insn].Off) {
			continue
		}
		x.Region = b.guesses[n][x.Insn]
		b.group(r, n, x)
	}
	if !b.pays(r, n, l) {
		return nil
	}
	return r
}

// entered are the states in which control enters each loop of a function, by its head.
func entered(facts *ranges.Facts, n int, forest *loops.Forest) map[int][]*ranges.State {
	of := map[int][]*ranges.State{}
	for _, l := range forest.Loops {
		of[l.Head] = facts.Entered(n, l.Head, l.Contains)
	}
	return of
}

// startsBelow tells whether an address would lie below its region in the first turn, in which the access is not made: the test
// would fail each time.
func startsBelow(entries []*ranges.State, x *affine.Access, off int64) bool {
	for _, s := range entries {
		most := int64(x.Form.Add) + off
		for k, v := range []plan.Var{x.Form.A, x.Form.B, x.Form.C} {
			if v == plan.NoVar {
				continue
			}
			if v >= cfg.R10 || s.Regs[v].SHigh > 1<<31 || k > 0 && s.Regs[v].Pointer() {
				return false
			}
			shift := x.Form.Shift
			if k == 0 {
				shift = 0
			}
			most += s.Regs[v].SHigh << shift
		}
		if most >= 0 || x.Form.A >= cfg.R10 || s.Regs[x.Form.A].Region != ranges.Context {
			return false
		}
	}
	return len(entries) > 0
}

// What things cost in cycles, roughly, and how often a loop is expected to turn.
const (
	usualTurns = 10
	someTurns  = 6 // of one that is also left by other ways than the test
	fewTurns   = 2 // of one that goes on only while things are equal
	aCheck     = 6
	aPayment   = 3
	aTest      = 10
	aGroup     = 10
	aRefund    = 8
)

// pays tells whether a record saves more than its test costs.
func (b *builder) pays(r *record, n int, l *loops.Loop) bool {
	f := b.Program.Functions[n]
	turns, cost := usualTurns, aTest+aGroup*len(r.loop.Groups)
	for _, blk := range l.Blocks {
		for _, s := range f.Blocks[blk].Succs {
			if !l.Contains(s) && f.LastSlot(blk) != r.loop.Test {
				turns = min(turns, turnsBy(&f.Insns[f.Blocks[blk].Last-1], l.Contains(f.Blocks[blk].Succs[len(f.Blocks[blk].Succs)-1])))
			}
		}
	}
	saved := turns * aCheck * r.accesses
	if r.loop.Prepaid {
		saved += turns * aPayment
		if turns < usualTurns {
			cost += aRefund
		}
	}
	return saved > cost
}

// turnsBy is how often a loop is expected to turn until a branch leaves it: two things are seldom equal.
func turnsBy(i *cfg.Insn, onIfTaken bool) int {
	if i.Op == cfg.EQ && onIfTaken || i.Op == cfg.NE && !onIfTaken {
		return fewTurns
	}
	return someTurns
}

// possible tells whether the device can make a test of a counter: it moves towards the bound, by little, and by a power
// of two where it has to meet it.
func possible(c *affine.Counter) bool {
	size := max(c.By, -c.By)
	up := c.Op == cfg.LT || c.Op == cfg.LE || c.Op == cfg.SLT || c.Op == cfg.SLE || c.Op == cfg.NE && c.By > 0
	switch {
	case c.Op == cfg.EQ || c.Op == cfg.SET, up != (c.By > 0), size > 255, c.Offset > 255 || c.Offset < -255:
		return false
	case c.By > 0 && c.Offset < 0, c.By < 0 && c.Offset > 0, c.Wide && c.Limit < 0, c.Bound == cfg.R10:
		return false
	}
	return c.Op != cfg.NE || size&(size-1) == 0
}

// group adds an access to the groups of a record, if its variables move in a known way.
func (b *builder) group(r *record, n int, x affine.Access) {
	f := x.Form
	steps := slices.Clone(r.loop.Variables)
	need := func(v plan.Var) bool {
		if v == plan.NoVar || slices.ContainsFunc(steps, func(s plan.Step) bool { return s.Var == v }) {
			return true
		}
		step, ok := r.forms.Steps[v]
		switch {
		case !ok:
			return false
		case step.Is(v) && step.Add == 0:
			return true
		case step.Is(v):
			steps = append(steps, plan.Step{Var: v, By: step.Add, ByVar: plan.NoVar})
		case step.A == v && step.Shift == 0 && step.Add == 0 && r.stays(step.B):
			steps = append(steps, plan.Step{Var: v, ByVar: step.B})
		default:
			return false
		}
		return len(steps) <= plan.MaxVariables
	}
	if !need(f.A) || !need(f.B) || !need(f.C) || !moves(steps, f) {
		return
	}
	i := &b.Program.Functions[n].Insns[x.Insn]
	region := expected(x.Region)
	if x.Region == ranges.NoRegion || region == plan.Elsewhere {
		return // the test looks at one region
	}
	g := plan.Group{A: f.A, B: f.B, C: f.C, Shift: f.Shift, Min: f.Add + int32(i.Off), Bytes: uint32(i.Size), Region: region,
		Writes: i.Class != cfg.Load, Tested: r.counter != nil && b.Affine[n].Follows(r.counter, x.Insn)}
	groups := slices.Clone(r.loop.Groups)
	at := slices.IndexFunc(groups, func(o plan.Group) bool {
		return o.A == g.A && o.B == g.B && o.C == g.C && o.Shift == g.Shift && o.Region == g.Region
	})
	if at >= 0 {
		o := &groups[at]
		end := max(int64(o.Min)+int64(o.Bytes), int64(g.Min)+int64(g.Bytes))
		o.Min = min(o.Min, g.Min)
		o.Bytes = uint32(end - int64(o.Min))
		o.Writes = o.Writes || g.Writes
		o.Tested = o.Tested && g.Tested
		if o.Bytes > 1<<16 {
			return
		}
	} else if groups = append(groups, g); len(groups) > plan.MaxGroups {
		return
	}
	r.loop.Groups, r.loop.Variables = groups, steps
	r.accesses++
	for _, v := range []plan.Var{f.A, f.B, f.C} {
		if v != plan.NoVar && !slices.Contains(r.matter, v) {
			r.matter = append(r.matter, v)
		}
	}
	for _, s := range steps {
		if s.ByVar != plan.NoVar && !slices.Contains(r.matter, s.ByVar) {
			r.matter = append(r.matter, s.ByVar)
		}
	}
}

// moves tells whether the device can follow a sum whose variables move so: by a constant, or by one variable.
func moves(steps []plan.Step, f affine.Form) bool {
	by, variables := int32(0), 0
	for _, s := range steps {
		for k, v := range []plan.Var{f.A, f.B, f.C} {
			switch {
			case s.Var != v:
			case s.ByVar != plan.NoVar:
				variables++
			case k > 0:
				by += s.By << f.Shift
			default:
				by += s.By
			}
		}
	}
	return variables == 0 || variables == 1 && by == 0
}

// stays tells whether a variable is at the end of a turn what it was.
func (r *record) stays(v plan.Var) bool {
	step, ok := r.forms.Steps[v]
	return ok && step.Is(v) && step.Add == 0
}

// recordAt is the loop with a record around an instruction.
func (b *builder) recordAt(function, slot int) *record {
	for _, r := range b.records {
		if r.function == function && slot >= r.slot && slot <= r.loop.End {
			return r
		}
	}
	return nil
}
