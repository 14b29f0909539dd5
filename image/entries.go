// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"strings"
)

// ErrSeveral is an object with several programs, of which none was named.
var ErrSeveral = errors.New("several programs, name one of them")

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
		return place{}, o.errorf("%w: %s", ErrSeveral, names(candidates))
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

func (o *object) ctxMin() (uint32, error) {
	for _, s := range o.sections {
		if s == nil || s.name != ctxMinSection || s.size == 0 { // an empty one, which objects of ours have, asks for nothing
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
