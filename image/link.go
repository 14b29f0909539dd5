// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
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
	p.object, p.entryIndex = o.raw, o.entryIndex(start)
	stripped, err := o.strip()
	if err != nil {
		return nil, err
	}
	p.ObjectBytes, p.StrippedBytes = len(o.raw), min(len(stripped), len(o.raw))
	if o.debug {
		p.object, p.DebugBytes = stripped, p.ObjectBytes-p.StrippedBytes
	}
	p.Helpers = p.calledHelpers()
	return p, nil
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
}

// target is where a relocation points: a function, or an offset in a piece of data.
type target struct {
	fn     *place
	piece  pieceID
	sec    *section
	offset uint32 // in the piece
}

// reach finds the functions and data that are needed, starting at one function.
func (l *linker) reach(start place) error {
	l.funcs = []place{start}
	known := map[funcID]bool{{start.sec.index, start.fn.start}: true}
	needed := map[pieceID]bool{}
	want := func(t target) {
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
	return nil
}

// scan calls ref for every instruction of a function that refers to something, with its offset.
func (l *linker) scan(p place, ref func(at uint32, i insn, t target)) error {
	for at := p.fn.start; at < p.fn.end; at += slotBytes {
		i := decode(p.sec.data[at:])
		r, relocated := p.sec.relocs[at]
		fail := func(format string, args ...any) error {
			return l.errorf("section %s: function %s: instruction %d: %w", p.sec.name, p.fn.name,
				(at-p.fn.start)/slotBytes, fmt.Errorf(format, args...))
		}
		if i.wide() && at+slotBytes >= p.fn.end {
			return fail("the second half of lddw is missing")
		}
		switch {
		case relocated && r.kind == relocLDDW && i.op == opLDDW, relocated && r.kind == relocCall && i.op == opCall && i.src != srcHelper:
			t, err := l.resolve(r, l.addend(p.sec, at, r))
			if err != nil {
				return fail("%w", err)
			}
			if i.op == opCall && t.fn == nil {
				return fail("call of %s, which is data", l.called(l.symbols[r.symbol]))
			}
			ref(at, i, t)
		case relocated && r.kind == relocCall && i.op == opCall:
			return fail("call of %s, which is not defined", l.called(l.symbols[r.symbol]))
		case relocated:
			return fail("relocation of type %d for %s on opcode %#02x", r.kind, l.called(l.symbols[r.symbol]), i.op)
		case i.op == opLDDW && i.src != 0 && i.src != srcFunc:
			return fail("lddw of a map or variable by number (source %d): %w", i.src, noMaps("maps"))
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
			ref(at, i, target{fn: &place{p.sec, fn}})
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
		t, err := l.resolve(r, int64(binary.LittleEndian.Uint64(s.data[at:])))
		if err != nil {
			return l.errorf("section %s: offset %#x: %w", s.name, at, err)
		}
		ref(at, t)
	}
	return nil
}

// resolve finds what a relocation refers to.
func (l *linker) resolve(r reloc, addend int64) (target, error) {
	sym := l.symbols[r.symbol]
	s := l.in(sym)
	name := l.called(sym)
	switch {
	case sym.section == int(elf.SHN_UNDEF):
		return target{}, fmt.Errorf("symbol %s is not defined (helpers are called through bpf_helpers.h; "+
			"an inline function needs static)", name)
	case s == nil:
		return target{}, fmt.Errorf("symbol %s is in no section of a program", name)
	case s.name == ".maps" || s.name == "maps": // where libbpf puts maps, by BTF and before
		return target{}, noMaps(name)
	}
	offset := int64(sym.value) + addend
	if offset < 0 || offset > int64(s.size) {
		return target{}, fmt.Errorf("symbol %s%+d is outside section %s", name, addend, s.name)
	}
	if s.code {
		fn, ok := s.functionAt(uint32(offset))
		if !ok {
			return target{}, fmt.Errorf("symbol %s%+d: no function starts there", name, addend)
		}
		return target{fn: &place{s, fn}}, nil
	}
	t := target{sec: s, piece: pieceID{section: s.index}, offset: uint32(offset)}
	if s.pieces != nil {
		i := sort.Search(len(s.pieces), func(i int) bool { return int64(s.pieces[i]) > offset })
		t.piece.at = s.pieces[i-1]
		t.offset -= t.piece.at
	}
	return t, nil
}

// noMaps refuses a map and says what to use instead.
func noMaps(name string) error {
	return unsupported("map %s: the device has none; keep data in static variables, or share it between programs "+
		"with bpf_store_global and bpf_fetch_global", name)
}

// layout is a program's data while it is put together.
type layout struct {
	rodata, data []byte
	bss          uint32
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

// link lays the program out and resolves what does not depend on addresses.
func (l *linker) link(p *Program) error {
	for _, zero := range []bool{false, true} { // .data before .bss
		for _, id := range l.seen {
			s := l.sections[id.section]
			if s.zero != zero {
				continue
			}
			content := s.data
			if s.pieces != nil {
				content = s.data[id.at:]
				content = content[:bytes.IndexByte(content, 0)+1]
			}
			l.offsets[id] = l.lay.put(s, content)
		}
	}
	total := 0
	for _, f := range l.funcs {
		l.slots[funcID{f.sec.index, f.fn.start}] = total
		p.Functions = append(p.Functions, Function{Name: f.fn.name, Slot: total, Global: f.fn.global})
		total += int(f.fn.end-f.fn.start) / slotBytes
	}
	if total == 0 {
		return l.errorf("section %s: function %s is empty", l.funcs[0].sec.name, l.funcs[0].fn.name)
	}
	if total > maxSlots {
		return l.errorf("the program has %d instructions, at most %d are possible", total, maxSlots)
	}
	for _, f := range l.funcs {
		base := l.slots[funcID{f.sec.index, f.fn.start}]
		code := slices.Clone(f.sec.data[f.fn.start:f.fn.end])
		err := l.scan(f, func(at uint32, i insn, t target) {
			at -= f.fn.start
			slot := base + int(at)/slotBytes
			i.imm = 0
			if t.fn != nil {
				i.imm = int32(l.slots[funcID{t.fn.sec.index, t.fn.fn.start}] - slot - 1)
				i.src = srcLocal
				if i.op == opLDDW {
					i.src = srcFunc
				}
			} else {
				p.Addresses = append(p.Addresses, Address{slot, t.sec.sectionOf(), l.offsets[t.piece] + t.offset})
			}
			i.put(code[at:])
			if i.op == opLDDW {
				clear(code[at+slotBytes:][:slotBytes])
			}
		})
		if err != nil {
			return err
		}
		p.Text = append(p.Text, code...)
	}
	normalizeCallX(p.Text)
	return l.linkData(p)
}

// normalizeCallX gives callx the encoding of RFC 9669, the register in dst: clang before version 19
// put it into imm.
func normalizeCallX(text []byte) {
	p := &Program{Text: text}
	p.each(func(slot int, i insn) {
		if i.op == opCallX && i.dst == 0 && i.imm > 0 && i.imm < 10 {
			i.dst, i.imm = byte(i.imm), 0
			i.put(text[slot*slotBytes:])
		}
	})
}

// linkData lists the pointers in data, and moves zeros at the end of .data into .bss.
func (l *linker) linkData(p *Program) error {
	p.Rodata, p.Data, p.BSS = l.lay.rodata, l.lay.data, l.lay.bss
	for _, id := range l.seen {
		s := l.sections[id.section]
		content := p.Data
		if !s.write {
			content = p.Rodata
		}
		err := l.scanData(id, func(at uint32, t target) {
			at += l.offsets[id]
			clear(content[at:][:8])
			ptr := Pointer{In: s.sectionOf(), At: at, Section: Text}
			if t.fn != nil {
				ptr.Offset = uint32(l.slots[funcID{t.fn.sec.index, t.fn.fn.start}])
			} else {
				ptr.Section, ptr.Offset = t.sec.sectionOf(), l.offsets[t.piece]+t.offset
			}
			p.Pointers = append(p.Pointers, ptr)
		})
		if err != nil {
			return err
		}
	}
	sort.Slice(p.Pointers, func(i, j int) bool {
		a, b := p.Pointers[i], p.Pointers[j]
		return a.In < b.In || a.In == b.In && a.At < b.At
	})
	for i := 1; i < len(p.Pointers); i++ {
		a, b := p.Pointers[i-1], p.Pointers[i]
		if a.In == b.In && b.At-a.At < 8 {
			return l.errorf("pointers overlap at %s+%#x", b.In, b.At)
		}
	}
	keep := uint32(len(bytes.TrimRight(p.Data, "\x00")))
	for _, ptr := range p.Pointers {
		if ptr.In == Data {
			keep = max(keep, ptr.At+8)
		}
	}
	p.BSS += uint32(len(p.Data)) - keep
	p.Data = p.Data[:keep]
	if n := len(p.Rodata) + len(p.Data) + int(p.BSS); n > maxSection {
		return l.errorf("the program has %d bytes of data, at most %d are possible", n, maxSection)
	}
	return nil
}

// sectionOf is the section of the program a section of an object becomes part of.
func (s *section) sectionOf() Section {
	switch {
	case s.code:
		return Text
	case s.write:
		return Data
	}
	return Rodata
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
		return nil, o.errorf("no program: there is no global function")
	}
	return entries, nil
}
