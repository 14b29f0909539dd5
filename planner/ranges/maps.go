// SPDX-License-Identifier: GPL-2.0-or-later

package ranges

import (
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
	"github.com/ubench-dev/ubench/planner/cfg"
)

// Ids of the helpers that return pointers into maps.
var lookup, reserve = helper("map_lookup_elem"), helper("ringbuf_reserve")

func helper(name string) int64 {
	all := abi.Helpers()
	return int64(all[slices.IndexFunc(all, func(h abi.Helper) bool { return h.Name == name })].ID)
}

// mapBytes is how far programs may go from the start of a map's values, or of a ring buffer's records.
func mapBytes(d maps.Def) int64 {
	if d.Type == abi.MapRingbuf {
		return int64(d.MaxEntries)
	}
	return int64(d.MaxEntries) * int64(d.ValueSize)
}

// returned is what a helper returns. Of a lookup in an array, if the key was stored in the frame and is small enough, it is
// no null pointer.
func (a *analysis) returned(s *State, i *cfg.Insn) Value {
	handle, ok := s.Regs[1].Constant()
	all := a.facts.Program.Image.Maps
	for m := range all {
		if ok && !s.Regs[1].Pointer() && handle == uint64(maps.Handle(m)) {
			return pointerInto(s, i, all[m], Values(m))
		}
	}
	return unknown
}

func pointerInto(s *State, i *cfg.Insn, d maps.Def, r Region) Value {
	size := s.Regs[2]
	switch {
	case i.Imm == reserve && d.Type == abi.MapRingbuf && !size.Pointer() && size.Low <= uint64(d.MaxEntries):
		return Value{Number: signed(0, int64(d.MaxEntries)-int64(size.Low)), Region: r, Null: true}
	case i.Imm != lookup:
		return unknown
	}
	switch d.Type {
	case abi.MapArray:
		if k := s.key(); k.High < uint64(d.MaxEntries) {
			return Value{Number: signed(int64(k.Low)*int64(d.ValueSize), int64(k.High)*int64(d.ValueSize)), Region: r}
		}
	case abi.MapHash, abi.MapLRUHash:
	default:
		return unknown
	}
	return Value{Number: signed(0, mapBytes(d)-int64(d.ValueSize)), Region: r, Null: true}
}

// key is what is known of the word that r2 points to.
func (s *State) key() Number {
	at := s.Regs[2]
	off, ok := at.Constant()
	if !ok || at.Region != Stack {
		return Anything
	}
	v, ok := s.load(int64(off), 4)
	if !ok || v.Pointer() {
		return Anything
	}
	return v.Number
}

// null learns from comparing with 0 a pointer that may be that: all that is the same value follows.
func (s *State) null(i *cfg.Insn, op cfg.Op, x Value) {
	if i.Register || i.Imm != 0 || !x.Null || x.ID == 0 {
		return
	}
	s.each(func(v *Value) {
		switch {
		case v.ID != x.ID:
		case op == cfg.NE:
			v.Null = false
		case op == cfg.EQ:
			*v = Value{Number: Exactly(0), ID: x.ID}
		}
	})
}
