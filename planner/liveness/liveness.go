// SPDX-License-Identifier: GPL-2.0-or-later

// Package liveness finds which variables of 32 bits are needed where: halves of registers, and words of the frame that
// no instruction reaches but by r10 and a constant. A high half is needed only with its low half.
package liveness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/plan"
)

// Live is what is needed in a program.
type Live struct {
	Program   *cfg.Program
	Words     Words
	Functions []*Function // in the program's order
}

// Function is what is needed in a function.
type Function struct {
	*cfg.Function
	After   []Set // per instruction
	In      []Set // per block, where it begins
	Returns Set   // of r0 to r5, what some caller reads
}

// Arguments is what a function reads of what its caller had.
func (f *Function) Arguments() Set { return f.In[0] &^ words &^ Low(cfg.R10) }

const words Set = 0xffffffff << plan.Word

// returned is what a function may leave in registers.
var returned = Both(0) | Both(1) | Both(2) | Both(3) | Both(4) | Both(5)

// Of finds what is needed, with some words of the frame as variables.
func Of(p *cfg.Program, w Words) *Live {
	l := &Live{Program: p, Words: w}
	for _, f := range p.Functions {
		l.Functions = append(l.Functions, &Function{Function: f, After: make([]Set, len(f.Insns)), In: make([]Set, len(f.Blocks))})
	}
	for changed := true; changed; {
		changed = false
		for _, g := range slices.Backward(l.Functions) {
			changed = l.function(g) || changed
		}
	}
	return l
}

// function finds what is needed in one function; it tells whether that changed what others need.
func (l *Live) function(g *Function) (changed bool) {
	arguments := g.In[0]
	for again := true; again; {
		again = false
		for _, b := range slices.Backward(g.Order) {
			live := g.out(b)
			blk := &g.Blocks[b]
			for k := blk.Last - 1; k >= blk.First; k-- {
				g.After[k] = live
				live = l.before(&g.Insns[k], live, g, &changed)
			}
			if live != g.In[b] {
				g.In[b] = live
				again = true
			}
		}
	}
	return changed || g.In[0] != arguments
}

func (g *Function) out(b int) (s Set) {
	for _, succ := range g.Blocks[b].Succs {
		s |= g.In[succ]
	}
	return s
}

// before is what is needed before an instruction.
func (l *Live) before(i *cfg.Insn, after Set, g *Function, changed *bool) Set {
	e := l.Effect(i, after)
	switch i.Class {
	case cfg.Exit:
		e.Reads = g.Returns
		if g.Start == 0 {
			e.Reads |= Both(0)
		}
	case cfg.Call, cfg.CallX:
		for _, f := range l.Functions {
			if more := after & returned &^ f.Returns; more != 0 && (i.Class == cfg.CallX || f.Start == i.Target) {
				f.Returns |= more
				*changed = true
			}
		}
	}
	live := after&^e.Writes | e.Reads
	return live | live&highs>>plan.High
}

// Lookup finds the function that starts at a slot.
func (l *Live) Lookup(slot int) *Function {
	for _, f := range l.Functions {
		if f.Start == slot {
			return f
		}
	}
	return nil
}

// Effect is what an instruction reads and writes, if `after` is needed behind it.
func (l *Live) Effect(i *cfg.Insn, after Set) Effect {
	switch i.Class {
	case cfg.Call:
		if f := l.Lookup(i.Target); f != nil {
			return Effect{Reads: f.Arguments(), Writes: returned}
		}
	case cfg.CallX:
		e := Effect{Reads: Low(i.Dst), Writes: returned}
		for _, f := range l.Functions { // what is compiled of it may call any
			e.Reads |= f.Arguments()
		}
		return e
	}
	return l.Words.effect(i, after)
}

// String lists what is needed where each block begins.
func (g *Function) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", g.Name)
	for k := range g.Blocks {
		fmt.Fprintf(&b, "  %d: %s\n", g.Slot(k), g.In[k])
	}
	return b.String()
}
