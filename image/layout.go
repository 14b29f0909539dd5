// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// place lays the data out.
func (l *linker) place() error {
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
			l.lay.align = max(l.lay.align, s.align)
		}
	}
	return l.makeSlack()
}

// makeSlack puts zeros around data that addresses point outside of, so that every address a program is
// given is one of its own.
func (l *linker) makeSlack() error {
	var least, most [Data + 1]int64
	note := func(t target) {
		if t.sec != nil && t.fn == nil {
			s, at := t.sec.sectionOf(), l.at(t)
			least[s], most[s] = min(least[s], at), max(most[s], at)
		}
	}
	for _, f := range l.funcs {
		if err := l.scan(f, func(_ uint32, _ insn, t target) { note(t) }); err != nil {
			return err
		}
	}
	for _, id := range l.seen {
		if err := l.scanData(id, func(_ uint32, t target) { note(t) }); err != nil {
			return err
		}
	}
	y := &l.lay
	unit := int64(max(y.align, slotBytes))
	front := func(s Section) uint32 { return uint32((unit - 1 - least[s]) / unit * unit) }
	for _, id := range l.seen {
		l.offsets[id] += front(l.sections[id.section].sectionOf())
	}
	y.rodata = append(make([]byte, front(Rodata)), y.rodata...)
	y.data = append(make([]byte, front(Data)), y.data...)
	if n := most[Rodata] + int64(front(Rodata)) - int64(len(y.rodata)); n > 0 {
		y.rodata = append(y.rodata, make([]byte, n)...)
	}
	if n := most[Data] + int64(front(Data)) - int64(len(y.data)) - int64(y.bss); n > 0 {
		y.bss += uint32(n)
	}
	return nil
}

// at is where data lies that a target points at: an offset in its section of the program.
func (l *linker) at(t target) int64 { return int64(l.offsets[t.piece]) + t.offset }

// link lays the program out and resolves what does not depend on addresses.
func (l *linker) link(p *Program) error {
	if err := l.place(); err != nil {
		return err
	}
	total := 0
	if slices.ContainsFunc(l.maps, func(d *declaration) bool { return d.def.Type == abi.MapProgArray }) {
		total = tailEntrySlots
		p.Functions = append(p.Functions, Function{Name: l.funcs[0].fn.name, Global: true})
		for _, i := range tailEntry(total) {
			p.Text = append(p.Text, i.bytesOf()...)
		}
	}
	for _, f := range l.funcs {
		l.slots[funcID{f.sec.index, f.fn.start}] = total
		p.Functions = append(p.Functions, Function{Name: f.fn.name, Slot: total, Global: f.fn.global})
		total += int(f.fn.end-f.fn.start) / slotBytes
	}
	if total == 0 {
		return l.errorf("section %s: function %s is empty", l.funcs[0].sec.name, l.funcs[0].fn.name)
	}
	if total > maxSlots {
		return l.errorf("the program has %d slots, at most %d are possible", total, maxSlots)
	}
	for _, f := range l.funcs {
		base := l.slots[funcID{f.sec.index, f.fn.start}]
		code := slices.Clone(f.sec.data[f.fn.start:f.fn.end])
		err := l.scan(f, func(at uint32, i insn, t target) {
			at -= f.fn.start
			slot := base + int(at)/slotBytes
			i.imm = 0
			high := insn{}
			switch {
			case t.fn != nil:
				i.imm = int32(l.slots[funcID{t.fn.sec.index, t.fn.fn.start}] - slot - 1)
				i.src = srcLocal
				if i.op == opLDDW {
					i.src = srcFunc
				}
			case t.mapped != nil:
				i.src, i.imm = 0, int32(maps.Handle(slices.Index(l.maps, t.mapped)))
			case t.known() && i.op == opCall:
				// A weak function nobody defines. Programs look whether it is there before they call it;
				// one that does not is stopped: r10 is no function.
				i = insn{op: opCallX, dst: 10}
			case t.known():
				i.src, i.imm, high.imm = 0, int32(t.offset), int32(t.offset>>32)
			default:
				p.Addresses = append(p.Addresses, Address{slot, t.sec.sectionOf(), uint32(l.at(t))})
			}
			i.put(code[at:])
			if i.op == opLDDW {
				high.put(code[at+slotBytes:])
			}
		})
		if err != nil {
			return err
		}
		p.Text = append(p.Text, code...)
	}
	if normalizeCallX(p.Text) {
		l.odd = true
	}
	return l.linkData(p)
}

// normalizeCallX gives callx the encoding of RFC 9669, the register in dst: clang before version 19
// put it into imm. It tells whether there was any.
func normalizeCallX(text []byte) (found bool) {
	p := &Program{Text: text}
	p.each(func(slot int, i insn) {
		if i.op == opCallX && i.dst == 0 && i.imm > 0 && i.imm < 10 {
			i.dst, i.imm = byte(i.imm), 0
			i.put(text[slot*slotBytes:])
			found = true
		}
	})
	return found
}

// linkData lists the pointers in data, and moves zeros at the end of .data into .bss.
func (l *linker) linkData(p *Program) error {
	p.Rodata, p.Data, p.BSS, p.Align = l.lay.rodata, l.lay.data, l.lay.bss, l.lay.align
	for _, id := range l.seen {
		s := l.sections[id.section]
		content := p.Data
		if !s.write {
			content = p.Rodata
		}
		err := l.scanData(id, func(at uint32, t target) {
			at += l.offsets[id]
			clear(content[at:][:8])
			if t.known() {
				binary.LittleEndian.PutUint64(content[at:], uint64(t.offset))
				return
			}
			ptr := Pointer{In: s.sectionOf(), At: at, Section: Text}
			if t.fn != nil {
				ptr.Offset = uint32(l.slots[funcID{t.fn.sec.index, t.fn.fn.start}])
			} else {
				ptr.Section, ptr.Offset = t.sec.sectionOf(), uint32(l.at(t))
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
