// SPDX-License-Identifier: GPL-2.0-or-later

// Package nulls finds uses of pointers that helpers return and that may be 0: a lookup that finds nothing, a ring buffer
// that is full. A program that uses one without having compared it with 0 is stopped there when it is.
package nulls

import (
	"maps"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/planner/cfg"
)

// Use is an access through a pointer that may be 0.
type Use struct {
	Slot   int    // of the access
	Call   int    // slot of the call that returned the pointer
	Helper string // which it calls
}

// returning are the helpers whose pointers may be 0.
var returning = []string{"map_lookup_elem", "map_iterate", "ringbuf_reserve"}

// place is where a pointer may be: a register from 0 on, or 8 bytes of the frame, by their offset from r10.
type place int

// state says which places hold a pointer that may be 0: the slot of the call that returned it.
type state map[place]int

// Of finds the uses in a function, ascending by slot.
func Of(f *cfg.Function) []Use {
	names := map[int64]string{}
	for _, h := range abi.Helpers() {
		if slices.Contains(returning, h.Name) {
			names[int64(h.ID)] = h.Name
		}
	}
	in := make([]state, len(f.Blocks))
	in[0] = state{}
	found := map[int]Use{}
	for changed := true; changed; {
		changed = false
		for _, b := range f.Order {
			if in[b] == nil {
				continue
			}
			now := maps.Clone(in[b])
			block := &f.Blocks[b]
			for n := block.First; n < block.Last; n++ {
				i := &f.Insns[n]
				if i.Access() && i.Base() != cfg.R10 {
					if call, ok := now[place(i.Base())]; ok {
						found[i.Slot] = Use{i.Slot, call, ""}
						forget(now, call) // whoever gets past it has shown that it is not 0
					}
				}
				step(now, i, names)
			}
			last := &f.Insns[block.Last-1]
			for _, s := range block.Succs {
				out := maps.Clone(now)
				if last.Class == cfg.Branch {
					refine(out, last, f.Insns[f.Blocks[s].First].Slot == last.Target, len(block.Succs) == 1)
				}
				if join(&in[s], out) {
					changed = true
				}
			}
		}
	}
	var uses []Use
	for _, slot := range slices.Sorted(maps.Keys(found)) {
		u := found[slot]
		for n := range f.Insns {
			if f.Insns[n].Slot == u.Call {
				u.Helper = names[f.Insns[n].Imm]
			}
		}
		uses = append(uses, u)
	}
	return uses
}

// join adds what may be 0 on one more way; it tells whether that is more than was known.
func join(to *state, from state) bool {
	if *to == nil {
		*to = maps.Clone(from)
		return true
	}
	more := false
	for p, call := range from {
		if _, ok := (*to)[p]; !ok {
			(*to)[p] = call
			more = true
		}
	}
	return more
}

// step is what an instruction does to the state.
func step(now state, i *cfg.Insn, names map[int64]string) {
	set := func(to place, from place) {
		if call, ok := now[from]; ok {
			now[to] = call
		} else {
			delete(now, to)
		}
	}
	switch i.Class {
	case cfg.Helper, cfg.Call, cfg.CallX:
		for r := range place(6) {
			if i.Class != cfg.Helper || r == 0 {
				delete(now, r)
			}
		}
		if i.Class == cfg.Helper && names[i.Imm] != "" {
			now[0] = i.Slot
		}
	case cfg.Move:
		set(place(i.Dst), place(i.Src))
	case cfg.Constant, cfg.FunctionAddress:
		delete(now, place(i.Dst))
	case cfg.ALU:
		if i.Op != cfg.Add && i.Op != cfg.Sub { // an offset into the value: 0 and a little
			delete(now, place(i.Dst))
		}
	case cfg.Load:
		if i.Base() == cfg.R10 && i.Size == 8 {
			set(place(i.Dst), place(i.Off)) // offsets of the frame are below 0
		} else {
			delete(now, place(i.Dst))
		}
	case cfg.Store:
		if i.Base() == cfg.R10 && i.Off < 0 {
			if i.Size == 8 && i.Register {
				set(place(i.Off), place(i.Src))
			} else {
				delete(now, place(i.Off))
			}
		}
	case cfg.Atomic:
		if r, ok := i.Fetches(); ok {
			delete(now, place(r))
		}
	}
}

// refine forgets pointers that a branch has compared with 0, on the way on which they are not 0; all copies of one at once.
// Where both ways lead to the same block nothing is known.
func refine(out state, i *cfg.Insn, taken, same bool) {
	if i.Register || i.Imm != 0 || same {
		return
	}
	call, ok := out[place(i.Dst)]
	if !ok {
		return
	}
	notZero := false
	switch i.Op {
	case cfg.EQ, cfg.LE:
		notZero = !taken
	case cfg.NE, cfg.GT:
		notZero = taken
	}
	if notZero {
		forget(out, call)
	}
}

// forget says of all copies of a pointer that they are not 0.
func forget(s state, call int) {
	maps.DeleteFunc(s, func(_ place, c int) bool { return c == call })
}
