// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"debug/elf"
	"fmt"
	"slices"
	"sort"
)

// findFunctions divides the code sections into functions. One starts where a symbol of a function is, where
// a call leads, and where a pointer to code points: static functions may have lost their symbols. One ends
// where its symbol says, or where the next one starts; what fills the gap behind it is no code. Code without
// any symbol is a function named after its section.
func (o *object) findFunctions() {
	targets := o.codeTargets()
	for _, s := range o.sections {
		if s == nil || !s.code {
			continue
		}
		s.funcs = o.functionsOf(s, targets[s.index])
		covered := uint32(0)
		for _, f := range s.funcs {
			covered += f.end - f.start
		}
		o.odd = o.odd || covered != s.size
	}
}

// functionsOf lists the functions of a section, ascending.
func (o *object) functionsOf(s *section, targets []uint32) []function {
	var found []function
	labels := map[uint32]string{}
	for _, sym := range o.symbols {
		if sym.section != s.index || sym.value >= uint64(s.size) || sym.value%slotBytes != 0 {
			continue
		}
		fn := function{name: sym.name, start: uint32(sym.value), global: sym.global}
		switch {
		case sym.kind == elf.STT_FUNC:
			fn.end = uint32(min(sym.value+sym.size/slotBytes*slotBytes, uint64(s.size)))
			fn.sized = fn.end > fn.start
		case sym.kind == elf.STT_NOTYPE && sym.global:
			o.odd = true // the device's reader takes symbols of type function only
		default:
			labels[fn.start] = sym.name
			continue
		}
		found = append(found, fn)
	}
	if len(found) == 0 && s.size > 0 && !slices.Contains(targets, 0) {
		found = append(found, function{name: s.name, global: true})
		o.odd = true
	}
	for _, at := range targets {
		name := labels[at]
		if name == "" {
			name = fmt.Sprintf("%s+%#x", s.name, at)
		}
		found = append(found, function{name: name, start: at})
	}
	// Of several names for one address the global one is kept.
	rank := func(f function) int {
		switch {
		case f.global && f.sized:
			return 0
		case f.global:
			return 1
		case f.sized:
			return 2
		}
		return 3
	}
	sort.SliceStable(found, func(i, j int) bool {
		a, b := found[i], found[j]
		return a.start < b.start || a.start == b.start && rank(a) < rank(b)
	})
	found = slices.CompactFunc(found, func(a, b function) bool { return a.start == b.start })
	limit := uint32(0) // how far the last function goes that says it
	for i := range found {
		f := &found[i]
		next := s.size
		if i+1 < len(found) {
			next = found[i+1].start
		}
		switch {
		case f.sized:
			limit = f.end
			f.end = min(f.end, next)
		case f.start < limit: // part of a function with a size
			f.end = min(limit, next)
		default:
			f.end = s.withoutPadding(f.start, next)
		}
	}
	return found
}

// withoutPadding is the end of the code in [start, end): in front of zeros and jumps to the next instruction
// that nothing runs into.
func (s *section) withoutPadding(start, end uint32) uint32 {
	at := end
	for ; at > start; at -= slotBytes {
		switch i := decode(s.data[at-slotBytes:]); i {
		case insn{}, insn{op: opJA}, insn{op: opJEQ}:
			continue
		default:
			if i.op == opExit || i.op == opJA || i.op == opJA32 {
				return at
			}
		}
		break
	}
	return end
}

// codeTargets lists, by section, where calls lead and pointers to code point, ascending.
func (o *object) codeTargets() map[int][]uint32 {
	found := map[int][]uint32{}
	add := func(s *section, to int64) {
		if s != nil && s.code && to >= 0 && to < int64(s.size) && to%slotBytes == 0 {
			found[s.index] = append(found[s.index], uint32(to))
		}
	}
	for _, s := range o.sections {
		if s == nil {
			continue
		}
		for _, r := range s.relocs {
			sym := o.symbols[r.symbol]
			add(o.in(sym), int64(sym.value)+r.addend)
		}
		s.eachTarget(func(_, to uint32) { add(s, int64(to)) })
	}
	for section := range found {
		slices.Sort(found[section])
		found[section] = slices.Compact(found[section])
	}
	return found
}

// eachTarget calls f for the instructions of a section that refer to code and that the assembler resolved: where
// they are, and where they lead.
func (s *section) eachTarget(f func(at, to uint32)) {
	for at := uint32(0); s.code && at+slotBytes <= s.size; at += slotBytes {
		i := decode(s.data[at:])
		_, relocated := s.relocs[at]
		if slot, ok := i.target(int(at / slotBytes)); ok && !relocated && slot >= 0 && slot < int(s.size/slotBytes) {
			f(at, uint32(slot*slotBytes))
		}
		if i.wide() {
			at += slotBytes
		}
	}
}

// calls tells whether code of the section calls functions, or takes their addresses.
func (s *section) calls() (found bool) {
	for at := uint32(0); at+slotBytes <= s.size; at += slotBytes {
		i := decode(s.data[at:])
		if _, ok := i.target(0); ok {
			return true
		}
		if i.wide() {
			at += slotBytes
		}
	}
	return false
}

// functionAt finds the function that starts at an offset.
func (s *section) functionAt(offset uint32) (function, bool) {
	i := sort.Search(len(s.funcs), func(i int) bool { return s.funcs[i].start >= offset })
	if i == len(s.funcs) || s.funcs[i].start != offset {
		return function{}, false
	}
	return s.funcs[i], true
}

// starts tells whether an offset lies in the function that starts at another.
func (s *section) starts(start, offset uint32) bool {
	f, ok := s.functionAt(start)
	return ok && offset >= start && offset < f.end
}
