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

// layout is a program's data while it is put together.
type layout struct {
	rodata, data []byte
	bss          uint32
	align        uint32            // of all of them
	strings      map[string]uint32 // where each string lies in rodata
}

// put appends a piece of data to its section of the program and returns where.
func (y *layout) put(s *section, content []byte) uint32 {
	grow := func(b []byte) ([]byte, uint32) {
		for uint32(len(b))%s.align != 0 {
			b = append(b, 0)
		}
		return append(b, content...), uint32(len(b))
	}
	var offset uint32
	switch {
	case s.zero:
		// .bss follows .data: pad so that both keep their alignment.
		offset = (uint32(len(y.data)) + y.bss + s.align - 1) / s.align * s.align
		y.bss = offset + s.size - uint32(len(y.data))
	case s.write:
		y.data, offset = grow(y.data)
	default:
		if s.pieces == nil {
			y.rodata, offset = grow(y.rodata)
			break
		}
		known := false
		if offset, known = y.strings[string(content)]; !known {
			y.rodata, offset = grow(y.rodata)
			y.strings[string(content)] = offset
		}
	}
	return offset
}

// maxSlack is how far outside its section an address may lie: `&table[i - n]` is table - n, and i is
// added when the program runs.
const maxSlack = 4096
