// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// function is [start, end) of a code section.
type function struct {
	name       string
	start, end uint32
	global     bool
	sized      bool // the symbol said where it ends
}

// place is a function of a section.
type place struct {
	sec *section
	fn  function
}

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

// entry finds the function a program starts with: the one named (by function or by section), or the
// only candidate.
func (o *object) entry(name string) (place, error) {
	if name == "" {
		candidates := o.candidates()
		switch len(candidates) {
		case 0:
			return place{}, o.noProgram()
		case 1:
			return candidates[0], nil
		}
		return place{}, o.errorf("several programs, name one of them: %s", names(candidates))
	}
	all := o.globals()
	var bySection []place
	for _, p := range all {
		if p.fn.name == name {
			return p, nil
		}
		if p.sec.name == name {
			bySection = append(bySection, p)
		}
	}
	for _, sym := range o.symbols { // a second name of a function
		if s := o.in(sym); s != nil && s.code && sym.global && sym.name == name && sym.value < uint64(s.size) {
			if fn, ok := s.functionAt(uint32(sym.value)); ok {
				fn.name = name
				return place{s, fn}, nil
			}
		}
	}
	if len(bySection) == 1 {
		return bySection[0], nil
	}
	return place{}, o.errorf("no program %q; there are: %s", name, names(all))
}

// noProgram says why an object has no program.
func (o *object) noProgram() error {
	for _, s := range o.sections {
		if s != nil && s.code && len(s.funcs) > 0 {
			return o.errorf("no program: there is no global function; leave out static, and keep symbols (strip -g, not strip)")
		}
	}
	return o.errorf("no program: there is no global function")
}

// globals lists the global functions.
func (o *object) globals() []place {
	var all []place
	for _, s := range o.sections {
		if s == nil || !s.code {
			continue
		}
		for _, fn := range s.funcs {
			if fn.global {
				all = append(all, place{s, fn})
			}
		}
	}
	return all
}

// candidates are the programs of an object: its global functions. Where several are, those that others
// call are not programs, and those in sections of their own go before those in .text, which compilers
// divide (.text.unlikely).
func (o *object) candidates() []place {
	candidates, referenced := o.globals(), o.referenced()
	for _, narrow := range []func(place) bool{
		func(p place) bool { return p.sec.name != ".text" && !strings.HasPrefix(p.sec.name, ".text.") },
		func(p place) bool { return !referenced[funcID{p.sec.index, p.fn.start}] },
	} {
		if len(candidates) > 1 {
			if fewer := filter(candidates, narrow); len(fewer) > 0 {
				candidates = fewer
			}
		}
	}
	return candidates
}

func filter(ps []place, keep func(place) bool) []place {
	var kept []place
	for _, p := range ps {
		if keep(p) {
			kept = append(kept, p)
		}
	}
	return kept
}

func names(ps []place) string {
	var ns []string
	for _, p := range ps {
		ns = append(ns, p.fn.name)
	}
	if len(ns) == 0 {
		return "none"
	}
	return strings.Join(ns, ", ")
}

// referenced lists the functions that other functions, or data, refer to.
func (o *object) referenced() map[funcID]bool {
	refs := map[funcID]bool{}
	for _, s := range o.sections {
		if s == nil {
			continue
		}
		for at, r := range s.relocs {
			sym := o.symbols[r.symbol]
			to, in := int64(sym.value)+r.addend, o.in(sym)
			if in != nil && in.code && to >= 0 && to < int64(in.size) && !(s == in && s.starts(uint32(to), at)) {
				refs[funcID{in.index, uint32(to)}] = true
			}
		}
		s.eachTarget(func(at, to uint32) {
			if !s.starts(to, at) {
				refs[funcID{s.index, to}] = true
			}
		})
	}
	return refs
}

// entryIndex is the index of the entry function in the object itself: global functions are counted
// in the order of the symbol table, as the device's reader does.
func (o *object) entryIndex(p place) uint16 {
	n := uint16(0)
	for _, sym := range o.symbols {
		s := o.in(sym)
		if s == nil || !s.code || sym.kind != elf.STT_FUNC || !sym.global {
			continue
		}
		if s == p.sec && sym.value == uint64(p.fn.start) {
			return n
		}
		n++
	}
	return 0
}

// ctxMinSection holds a 32-bit number: the shortest context the program accepts.
const ctxMinSection = "ctx_min"

func (o *object) ctxMin() (uint32, error) {
	for _, s := range o.sections {
		if s == nil || s.name != ctxMinSection {
			continue
		}
		if len(s.data) != 4 {
			return 0, o.errorf("section %s: %d bytes, want one 32-bit number", s.name, s.size)
		}
		n := binary.LittleEndian.Uint32(s.data)
		if n > 0xffff {
			return 0, o.errorf("section %s: a context of %d bytes, at most 65535 can be asked for", s.name, n)
		}
		return n, nil
	}
	return 0, nil
}

// Entries lists the programs of an object by name, usually one.
func Entries(name string, data []byte) ([]string, error) {
	o, err := parseObject(name, data)
	if err != nil {
		return nil, err
	}
	var entries []string
	for _, p := range o.candidates() {
		entries = append(entries, p.fn.name)
	}
	if len(entries) == 0 {
		return nil, o.noProgram()
	}
	return entries, nil
}
