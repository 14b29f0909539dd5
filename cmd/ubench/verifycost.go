// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/internal/thumb"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/cfg"
)

// spent is what code takes at most: instructions, and cycles of the model of a Cortex-M4.
type spent struct{ instructions, cycles float64 }

func (s *spent) add(o spent) {
	s.instructions, s.cycles = s.instructions+o.instructions, s.cycles+o.cycles
}

func (s spent) larger(o spent) spent {
	return spent{max(s.instructions, o.instructions), max(s.cycles, o.cycles)}
}

// What the firmware's routines take at most, beside the code itself: entry and exit; a byte of a stack that is cleared; the way to a
// helper and back; a division of 64 bits.
var (
	enterCost  = spent{80, 240}
	clearCost  = spent{0.6, 0.9}
	helperCost = spent{80, 240}
	divideCost = spent{700, 2400}
)

// grantedMost is how many regions a host can grant to a run, or make of a program's maps, beside the program's own.
const grantedMost = abi.RegionsMax - abi.RegionGranted

// checkCost is what the routine takes that looks at all regions, of which so many are granted, when the last address was in another
// (jit/runtime.c, check: 36 instructions, and 13 of each region).
func checkCost(granted int) spent {
	n := float64(abi.RegionGranted + granted)
	return spent{40 + 13*n, 120 + 37*n}
}

func (s spent) smaller(o spent) spent {
	if s == (spent{}) {
		return o
	}
	return spent{min(s.instructions, o.instructions), min(s.cycles, o.cycles)}
}

// placement is where compiled code is fetched.
type placement int

const (
	inAlias placement = iota // SRAM at address 0, over the code bus
	inSRAM                   // where it lies, over the system bus
)

// conditions are what a bound holds under, beside the length of the context.
type conditions struct {
	granted int // regions of memory that the host grants
	code    placement
}

// boundsOf bounds a program's instructions and cycles; form picks the one of a loop's forms that it goes through.
func boundsOf(k *planner.Known, in conditions, form func(spent, spent) spent) (instructions, cycles boundVerdict) {
	check := checkCost(min(in.granted+len(k.Image.Maps), grantedMost))
	costs := in.code.costs(k, check, form)
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
		r.Bound[0] += part(enterCost) + part(clearCost)*float64(stackUse(k)) + part(check) // of which a program that is stopped makes one more
		return boundVerdict{AtMost: r.Bound.String(), Coefficients: r.Bound}
	}
	return bound(func(s spent) float64 { return s.instructions }), bound(func(s spent) float64 { return s.cycles })
}

// stackUse is how many bytes of stack the device clears before a run: whole frames of the functions that call, and what is used of the last.
func stackUse(k *planner.Known) int {
	frame, _ := frameUse(k)
	if frame == 0 {
		return 0
	}
	return (callDepth(k)-1)*abi.FrameBytes + frame
}

// frameUse is how much of their frames functions use; if the address of one is used for more than loads and stores, it is all of it.
func frameUse(k *planner.Known) (bytes int, escapes bool) {
	if k.Program.Escapes {
		return abi.FrameBytes, true
	}
	for _, f := range k.Program.Functions {
		for i := range f.Insns {
			if in := &f.Insns[i]; in.Access() && in.Base() == cfg.R10 {
				bytes = max(bytes, int(-in.Off))
			}
		}
	}
	return bytes, false
}

// callDepth is how many frames there are at most while the program runs.
func callDepth(k *planner.Known) int {
	starts := map[int]int{}
	for n, f := range k.Program.Functions {
		starts[f.Start] = n
	}
	level := map[int]bool{0: true}
	for depth := 1; depth < abi.FramesMax; depth++ {
		next := map[int]bool{}
		for n := range level {
			for i := range k.Program.Functions[n].Insns {
				switch in := &k.Program.Functions[n].Insns[i]; in.Class {
				case cfg.CallX: // of any function
					return abi.FramesMax
				case cfg.Call:
					next[starts[in.Target]] = true
				}
			}
		}
		if len(next) == 0 {
			return depth
		}
		level = next
	}
	return abi.FramesMax
}

// costs is what each slot's instruction takes, in a form of its loop; check, what it takes to look at all regions.
func (p placement) costs(k *planner.Known, check spent, form func(spent, spent) spent) map[int]spent {
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
			costs[r.slot] = form(costs[r.slot], p.straight(k.Judged.Code, r.start, end))
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
				s.add(check)
			}
			costs[f.Insns[i].Slot] = s
		}
	}
	return costs
}

// straight is what the code from start to end takes, up to where it goes elsewhere for good: behind that is what happens
// once, or seldom.
func (p placement) straight(code []byte, start, end uint32) (s spent) {
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
		s.add(p.dear(&in))
		at += uint32(in.Size)
		if in.Class == thumb.Branch {
			break
		}
	}
	return s
}

// dear is what an instruction takes at most where code is fetched (docs/timing.md), its operands just loaded and data in its way. Over
// the code bus a word comes in each cycle (rules 1 to 13, 21), over the system bus in every second one, which data may take (rule 14).
func (p placement) dear(in *thumb.Insn) spent {
	c := 1.0
	access, branch := 1+float64(in.Count), 3.0
	if p == inSRAM {
		c, access, branch = 1.5, 1+2*float64(in.Count), 4
		if in.Size == 4 {
			c = 2.5
		}
	}
	if in.Access > 0 {
		c += access
	}
	if in.Branches() {
		c += branch
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
