// SPDX-License-Identifier: GPL-2.0-or-later

package hostile

import "github.com/ubench-dev/ubench/planner/plan"

// Plain is a plan that claims nothing: each half has a place of its own, and is there whenever paths meet. Tests add one
// claim to it.
func Plain(text []byte, functions []int) *plan.Plan {
	p := &plan.Plan{Window: 8, Frame: 14}
	for r := range p.Highs {
		p.Places[r], p.Highs[r] = plan.Place(r), plan.FrameWord+plan.Place(r)
	}
	p.Places[plan.Budget] = 10
	for i, v := range []plan.Var{plan.R(10), plan.Base, plan.Limit} {
		p.Places[v] = plan.FrameWord + 10 + plan.Place(i)
	}
	p.Places[plan.Memory] = plan.Nowhere
	if plan.HasCalls(text) {
		p.Calls = &plan.Calls{Shared: 0x3f, Words: 10}
		for range functions {
			p.Calls.Functions = append(p.Calls.Functions, plan.Function{Returns: 0xfff, Registers: 0x3c0, Words: []int{6, 7, 8, 9}})
		}
	}
	for _, slot := range plan.FrameSlots(text, functions, nil) {
		f := plan.Frame{Slot: slot}
		for r := range f.Registers {
			f.Registers[r] = plan.Both
			if slot == 0 && p.Calls == nil { // registers are zero, but for an address and a length
				f.Registers[r] = plan.Zero
			}
		}
		p.Frames = append(p.Frames, f)
	}
	return p
}
