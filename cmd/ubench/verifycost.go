// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/internal/thumb"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/cfg"
)

// spent is what code takes at most: instructions, and cycles of the model of a Cortex-M4 that fetches from SRAM.
type spent struct{ instructions, cycles float64 }

func (s *spent) add(o spent) {
	s.instructions, s.cycles = s.instructions+o.instructions, s.cycles+o.cycles
}

func (s spent) larger(o spent) spent {
	return spent{max(s.instructions, o.instructions), max(s.cycles, o.cycles)}
}

// What the firmware's routines take at most, beside the code itself: entry and exit; a check that looks at all regions; the
// way to a helper and back; a division of 64 bits; clearing a stack.
var (
	enterCost  = spent{400, 1400}
	checkCost  = spent{300, 860} // of the sixteenth granted region, when the last address was in another: 288 and 410
	helperCost = spent{80, 240}
	divideCost = spent{700, 2400}
)

func (s spent) smaller(o spent) spent {
	if s == (spent{}) {
		return o
	}
	return spent{min(s.instructions, o.instructions), min(s.cycles, o.cycles)}
}

// boundsOf bounds a program's instructions and cycles; form picks the one of a loop's forms that it goes through.
func boundsOf(k *planner.Known, form func(spent, spent) spent) (instructions, cycles boundVerdict) {
	costs := costsOf(k, form)
	bound := func(part func(spent) float64) boundVerdict {
		r := k.Bounds().Of(func(function, insn int) float64 {
			return part(costs[k.Program.Functions[function].Insns[insn].Slot])
		})
		if !r.Bounded() {
			why := r.Why
			if r.Loop >= 0 {
				f := k.Program.Functions[r.Function]
				slot := f.Slot(k.Forests[r.Function].Loops[r.Loop].Head)
				why = fmt.Sprintf("the loop at slot %d: %s", slot, why)
				if l, ok := k.Image.LineOf(slot); ok {
					why = fmt.Sprintf("the loop at line %d: %s", l.Line, r.Why)
				}
			}
			return boundVerdict{Why: why}
		}
		// A program that is stopped goes a last way; the stack it is granted is cleared.
		r.Bound[0] += part(enterCost) + part(checkCost)*2
		return boundVerdict{AtMost: r.Bound.String(), Coefficients: r.Bound}
	}
	return bound(func(s spent) float64 { return s.instructions }), bound(func(s spent) float64 { return s.cycles })
}

// costsOf is what each slot's instruction takes, in a form of its loop.
func costsOf(k *planner.Known, form func(spent, spent) spent) map[int]spent {
	type run struct {
		start uint32
		slot  int
	}
	var runs []run
	for slot, at := range k.Judged.Places {
		if usual := at & 0xffff; usual != 0 || slot == 0 {
			runs = append(runs, run{usual, slot})
		}
		if fast := at >> 16; fast != 0 {
			runs = append(runs, run{fast, slot})
		}
	}
	slices.SortStableFunc(runs, func(a, b run) int { return int(a.start) - int(b.start) })
	costs := map[int]spent{}
	for n, r := range runs {
		end := uint32(len(k.Judged.Code))
		if n+1 < len(runs) {
			end = runs[n+1].start
		}
		if end > r.start {
			costs[r.slot] = form(costs[r.slot], straight(k.Judged.Code, r.start, end))
		}
	}
	for _, f := range k.Program.Functions {
		for i := range f.Insns {
			s := costs[f.Insns[i].Slot]
			switch {
			case f.Insns[i].Class == cfg.Helper:
				s.add(helperCost)
			case f.Insns[i].Class == cfg.ALU && f.Insns[i].Wide && (f.Insns[i].Op == cfg.Div || f.Insns[i].Op == cfg.Mod):
				s.add(divideCost)
			case k.Elsewhere(f.Insns[i].Slot):
				s.add(checkCost)
			}
			costs[f.Insns[i].Slot] = s
		}
	}
	return costs
}

// straight is what the code from start to end takes, up to where it goes elsewhere for good: behind that is what happens
// once, or seldom.
func straight(code []byte, start, end uint32) (s spent) {
	for at := start; at+1 < end; {
		in, err := thumb.Decode(code[at:], at)
		if err != nil {
			break
		}
		if in.Class == thumb.Call {
			if r, ok := routineAt(code, in.Target); ok && (r.Name == "fault" || r.Name == "check") && at > start {
				break
			}
		}
		s.add(dear(&in))
		at += uint32(in.Size)
		if in.Class == thumb.Branch {
			break
		}
	}
	return s
}

// dear is what an instruction takes at most: fetched from SRAM, its operands just loaded.
func dear(in *thumb.Insn) spent {
	c := 1.5
	if in.Size == 4 {
		c = 2.5
	}
	if in.Access > 0 {
		c += 1 + 2*float64(in.Count)
	}
	if in.Branches() {
		c += 4
	}
	if in.Class == thumb.Div || in.Class == thumb.DivSigned {
		c += 12
	}
	return spent{1, c}
}

// boundVerdict is a polynomial of the length of the context, lowest power first, or why there is none.
type boundVerdict struct {
	AtMost       string    `json:"at_most,omitempty"`
	Coefficients []float64 `json:"coefficients,omitempty"`
	Why          string    `json:"why,omitempty"`
}

func (v boundVerdict) text() string {
	if v.Why != "" {
		return "no bound: " + v.Why
	}
	return v.AtMost
}
