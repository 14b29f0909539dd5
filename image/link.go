// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// LoadObject links the program that starts at the function (or section) called entry, or at the
// only program there is, out of an ELF object: that function, those it refers to, and the data
// they refer to; string literals one by one, other data by sections. Errors name the object,
// section, symbol and instruction.
func LoadObject(name string, data []byte, entry string) (*Program, error) {
	o, err := parseObject(name, data)
	if err != nil {
		return nil, err
	}
	start, err := o.entry(entry)
	if err != nil {
		return nil, err
	}
	l := &linker{object: o, slots: map[funcID]int{}, offsets: map[pieceID]uint32{}, lay: layout{strings: map[string]uint32{}}}
	if err := l.reach(start); err != nil {
		return nil, err
	}
	p := &Program{Name: name}
	if err := l.link(p); err != nil {
		return nil, err
	}
	if p.CtxMin, err = o.ctxMin(); err != nil {
		return nil, err
	}
	if p.Lines, err = l.lines(); err != nil {
		return nil, err
	}
	if err := l.finishMaps(p); err != nil {
		return nil, err
	}
	linux, err := p.useLinuxHelpers()
	if err != nil {
		return nil, l.errorf("%w", err)
	}
	if p.addCallers() || linux {
		l.odd = true // the object is not the program
	}
	p.Helpers = p.calledHelpers()
	return p, p.keepObject(o, start)
}

// funcID names a function by where it starts.
type funcID struct {
	section int
	start   uint32
}

// pieceID names something with a place of its own in a program's data: a whole section (at 0), or
// a string of a section of strings.
type pieceID struct {
	section int
	at      uint32
}

// linker collects what a program needs, then lays it out.
type linker struct {
	*object
	funcs   []place            // in the order of the text; the entry function is the first
	seen    []pieceID          // data needed
	slots   map[funcID]int     // where functions start in the text
	offsets map[pieceID]uint32 // where data starts in its section of the program
	lay     layout
	maps    []*declaration // needed, in the order of the object
}

// target is where a relocation points: a function, an offset in a piece of data (which may lie outside
// of it, as the end of an array does), or an address that is known: 0 for weak symbols that nobody defines.
type target struct {
	name   string // of the symbol
	fn     *place
	piece  pieceID
	sec    *section
	offset int64
	mapped *declaration // a map
}

// known tells whether the address is offset itself.
func (t target) known() bool { return t.fn == nil && t.sec == nil && t.mapped == nil }

// reach finds the functions and data that are needed, starting at one function.
func (l *linker) reach(start place) error {
	l.funcs = []place{start}
	known := map[funcID]bool{{start.sec.index, start.fn.start}: true}
	needed := map[pieceID]bool{}
	var want func(t target)
	want = func(t target) {
		if t.known() {
			l.odd = true
			return
		}
		if t.mapped != nil {
			if !slices.Contains(l.maps, t.mapped) {
				l.maps = append(l.maps, t.mapped)
				for _, p := range t.mapped.programs {
					want(p)
				}
			}
			return
		}
		if t.fn != nil {
			id := funcID{t.fn.sec.index, t.fn.fn.start}
			if !known[id] {
				known[id] = true
				l.funcs = append(l.funcs, *t.fn)
			}
			return
		}
		if !needed[t.piece] {
			needed[t.piece] = true
			l.seen = append(l.seen, t.piece)
		}
	}
	for f, d := 0, 0; f < len(l.funcs) || d < len(l.seen); {
		if f < len(l.funcs) {
			if err := l.scan(l.funcs[f], func(_ uint32, _ insn, t target) { want(t) }); err != nil {
				return err
			}
			f++
			continue
		}
		if err := l.scanData(l.seen[d], func(_ uint32, t target) { want(t) }); err != nil {
			return err
		}
		d++
	}
	// The entry function comes first, the others follow in the order of the object.
	rest := l.funcs[1:]
	sort.Slice(rest, func(i, j int) bool {
		a, b := rest[i], rest[j]
		return a.sec.index < b.sec.index || a.sec == b.sec && a.fn.start < b.fn.start
	})
	sort.Slice(l.seen, func(i, j int) bool {
		a, b := l.seen[i], l.seen[j]
		return a.section < b.section || a.section == b.section && a.at < b.at
	})
	slices.SortFunc(l.maps, func(a, b *declaration) int { return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.at, b.at)) })
	return nil
}

// scan calls ref for every instruction of a function that refers to something, with its offset.
func (l *linker) scan(p place, ref func(at uint32, i insn, t target)) error {
	for at := p.fn.start; at < p.fn.end; at += slotBytes {
		i := decode(p.sec.data[at:])
		r, relocated := p.sec.relocs[at]
		fail := func(format string, args ...any) error {
			return l.errorf("section %s: function %s: slot %d: %w", p.sec.name, p.fn.name,
				(at-p.fn.start)/slotBytes, fmt.Errorf(format, args...))
		}
		if i.wide() && at+slotBytes >= p.fn.end {
			return fail("the second half of lddw is missing")
		}
		switch {
		case relocated && r.kind == relocLDDW && i.op == opLDDW, relocated && r.kind == relocCall && i.op == opCall && i.src != srcHelper:
			t, err := l.resolve(r)
			if err != nil {
				return fail("%w", err)
			}
			if i.op == opCall && t.mapped != nil {
				return fail("call of %s, which is a map", t.mapped.def.Name)
			}
			if i.op == opCall && t.fn == nil && !(t.known() && t.offset == 0) {
				return fail("call of %s, which is data", l.called(l.symbols[r.symbol]))
			}
			ref(at, i, t)
		case relocated && r.kind == relocCall && i.op == opCall:
			return fail("call of %s, which is not defined", l.called(l.symbols[r.symbol]))
		case relocated:
			return fail("relocation of type %d for %s on opcode %#02x", r.kind, l.called(l.symbols[r.symbol]), i.op)
		case i.op == opLDDW && i.src != 0 && i.src != srcFunc:
			return fail("lddw of a map or variable by number (source %d): %w", i.src,
				unsupported("what was loaded into a kernel; name the object that the compiler made"))
		case i.op == opCall && i.src == 2:
			return fail("%w: calls of kernel functions", ErrUnsupported)
		default:
			slot, ok := i.target(int(at / slotBytes))
			if !ok {
				break
			}
			fn, ok := p.sec.functionAt(uint32(slot * slotBytes))
			if !ok || slot < 0 {
				return fail("refers to slot %d of the section, where no function starts", slot)
			}
			ref(at, i, target{name: fn.name, fn: &place{p.sec, fn}})
		}
		if i.wide() {
			at += slotBytes
		}
	}
	return nil
}

// scanData calls ref for every pointer that lies in a piece of data, with its offset in the section.
func (l *linker) scanData(id pieceID, ref func(at uint32, t target)) error {
	s := l.sections[id.section]
	offsets := make([]uint32, 0, len(s.relocs))
	for at := range s.relocs {
		offsets = append(offsets, at)
	}
	slices.Sort(offsets)
	for _, at := range offsets {
		r := s.relocs[at]
		if r.kind != relocABS64 || uint64(at)+8 > uint64(s.size) {
			return l.errorf("section %s: offset %#x: relocation of type %d for %s: only 64-bit pointers can lie in data",
				s.name, at, r.kind, l.called(l.symbols[r.symbol]))
		}
		t, err := l.resolve(r)
		if err == nil && t.mapped != nil {
			err = unsupported("a pointer to map %s among data; take its address where it is used", t.mapped.def.Name)
		}
		if err != nil {
			return l.errorf("section %s: offset %#x: %w", s.name, at, err)
		}
		ref(at, t)
	}
	return nil
}

// resolve finds what a relocation refers to.
func (l *linker) resolve(r reloc) (target, error) {
	sym := l.symbols[r.symbol]
	s := l.in(sym)
	t := target{name: l.called(sym), sec: s}
	switch {
	case sym.section == int(elf.SHN_UNDEF) && sym.weak, sym.section == int(elf.SHN_ABS):
		t.offset = int64(sym.value) + r.addend
		return t, nil
	case sym.section == int(elf.SHN_UNDEF):
		return t, fmt.Errorf("symbol %s is not defined (%s)", t.name, adviceFor(t.name))
	case sym.section == int(elf.SHN_COMMON):
		return t, fmt.Errorf("symbol %s is a common symbol, a variable that has no section yet: compile with -fno-common", t.name)
	case s == nil:
		return t, fmt.Errorf("symbol %s is in no section of a program", t.name)
	case s.holdsMaps():
		d, err := l.mapAt(s, int64(sym.value)+r.addend)
		if d != nil {
			l.odd = true // the device reads no BTF
		}
		return target{name: t.name, mapped: d}, err
	}
	offset := int64(sym.value) + r.addend
	if s.code {
		fn, ok := s.functionAt(uint32(offset))
		if !ok || offset < 0 || offset >= int64(s.size) {
			return t, fmt.Errorf("symbol %s: no function starts there", plus(t.name, r.addend))
		}
		t.fn = &place{s, fn}
		return t, nil
	}
	if sym.value > uint64(s.size) || offset < -maxSlack || offset > int64(s.size)+maxSlack {
		return t, fmt.Errorf("symbol %s is outside section %s", plus(t.name, r.addend), s.name)
	}
	l.odd = l.odd || offset < 0 || offset > int64(s.size)
	t.piece = pieceID{section: s.index}
	if s.pieces != nil {
		// Which string is meant says the symbol, if it has a name: the addend may lead out of it.
		in := int64(sym.value)
		if sym.kind == elf.STT_SECTION {
			in = min(max(offset, 0), int64(s.size)-1)
		}
		i := sort.Search(len(s.pieces), func(i int) bool { return int64(s.pieces[i]) > in })
		t.piece.at = s.pieces[i-1]
	}
	t.offset = offset - int64(t.piece.at)
	return t, nil
}

// libraryFunctions are functions of the C library that compilers call of themselves.
var libraryFunctions = []string{"memcpy", "memmove", "memset", "memcmp", "strlen"}

// adviceFor says what to do about a symbol that is not defined.
func adviceFor(name string) string {
	switch {
	case slices.Contains(libraryFunctions, name):
		return "include <string.h> and compile with ubench build; if the compiler made the call of a loop: " +
			"-fno-builtin, of bpf-gcc -fno-tree-loop-distribute-patterns"
	case strings.HasPrefix(name, "__"):
		return "a function of the compiler's own library, for what eBPF has no instruction: write it out"
	}
	return "helpers are called through bpf_helpers.h; an inline function needs static"
}
