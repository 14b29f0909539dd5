// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Relocation types of R_BPF_*, as clang emits them.
const (
	relocLDDW  = 1  // R_BPF_64_64: the two imm of an lddw
	relocABS64 = 2  // R_BPF_64_ABS64: eight bytes of data
	relocCall  = 10 // R_BPF_64_32: imm of a call, in slots
)

// Bounds on what is read of an object: of one section, and of all. Far above any device's memory.
const (
	maxSection = 1 << 20
	maxObject  = 16 << 20
	maxAlign   = 4096
)

// object is a parsed ELF object: what a linker looks at.
type object struct {
	name     string
	sections []*section // by ELF index; nil for those that are not part of programs
	symbols  []symbol   // by ELF index, the null symbol included
	debug    bool       // there are sections only debuggers read
	raw      []byte
}

// section is a section that may be part of a program.
type section struct {
	name   string
	index  int
	code   bool
	write  bool     // .data, .bss
	zero   bool     // .bss: size bytes, no contents
	pieces []uint32 // where strings start that can be moved and merged one by one; nil for other data
	align  uint32
	size   uint32
	data   []byte
	relocs map[uint32]reloc
	funcs  []function // of code sections: ascending, without gaps
}

// reloc is a relocation: the symbol at an offset, with the type.
type reloc struct {
	symbol int
	kind   uint32
}

type symbol struct {
	name    string
	section int // ELF index, or elf.SHN_UNDEF
	value   uint64
	kind    elf.SymType
	global  bool
}

// function is [start, end) of a code section.
type function struct {
	name       string
	start, end uint32
	global     bool
}

func (o *object) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", o.name, fmt.Errorf(format, args...))
}

// parseObject reads the sections, symbols and relocations of an ELF object.
func parseObject(name string, data []byte) (*object, error) {
	o := &object{name: name, raw: data}
	if !bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		return nil, o.errorf("not an ELF object")
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, o.errorf("ELF object is damaged: %w", err)
	}
	defer f.Close()
	switch {
	case f.Machine != elf.EM_BPF:
		return nil, o.errorf("an object for %s, not for eBPF: compile with clang --target=bpfel", machine(f.Machine))
	case f.Data != elf.ELFDATA2LSB || f.Class != elf.ELFCLASS64:
		return nil, o.errorf("not little-endian: compile with --target=bpfel")
	case f.Type != elf.ET_REL:
		return nil, o.errorf("not a relocatable object (type %s)", f.Type)
	}
	if err := o.readSections(f); err != nil {
		return nil, err
	}
	if err := o.readSymbols(f); err != nil {
		return nil, err
	}
	if err := o.readRelocations(f); err != nil {
		return nil, err
	}
	for _, s := range o.sections {
		if s != nil && s.code {
			o.findFunctions(s)
		}
	}
	return o, nil
}

func machine(m elf.Machine) string { return strings.TrimPrefix(m.String(), "EM_") }

func (o *object) readSections(f *elf.File) error {
	o.sections = make([]*section, len(f.Sections))
	total := uint64(0)
	for i, h := range f.Sections {
		if isDebug(h.Name) && h.Name != addrsig && h.Size > 0 {
			o.debug = true
		}
		if h.Flags&elf.SHF_ALLOC == 0 || h.Type != elf.SHT_PROGBITS && h.Type != elf.SHT_NOBITS {
			continue
		}
		if h.Size > maxSection || h.Addralign > maxAlign {
			return o.errorf("section %s: %d bytes aligned to %d, at most %d and %d are possible",
				h.Name, h.Size, h.Addralign, maxSection, maxAlign)
		}
		if total += h.Size; total > maxObject {
			return o.errorf("section %s: more than %d bytes in all sections", h.Name, maxObject)
		}
		s := &section{
			name: h.Name, index: i, size: uint32(h.Size), align: uint32(max(h.Addralign, 1)),
			code: h.Flags&elf.SHF_EXECINSTR != 0, write: h.Flags&elf.SHF_WRITE != 0,
			zero: h.Type == elf.SHT_NOBITS, relocs: map[uint32]reloc{},
		}
		if !s.zero {
			var err error
			if s.data, err = h.Data(); err != nil {
				return o.errorf("section %s: %w", h.Name, err)
			}
			if len(s.data) != int(h.Size) {
				return o.errorf("section %s: compressed sections are not supported", h.Name)
			}
		}
		if s.code && (s.zero || s.size%slotBytes != 0) {
			return o.errorf("section %s: %d bytes are not a whole number of 8-byte instructions", h.Name, s.size)
		}
		const mergeStrings = elf.SHF_MERGE | elf.SHF_STRINGS
		if h.Flags&mergeStrings == mergeStrings && h.Entsize == 1 && !s.write && !s.code {
			s.pieces = stringStarts(s.data)
		}
		o.sections[i] = s
	}
	return nil
}

// stringStarts lists where the strings of a section start; nil if the last one has no end.
func stringStarts(data []byte) []uint32 {
	if len(data) == 0 || data[len(data)-1] != 0 {
		return nil
	}
	starts := []uint32{0}
	for i, c := range data[:len(data)-1] {
		if c == 0 {
			starts = append(starts, uint32(i)+1)
		}
	}
	return starts
}

// addrsig is a section for linkers, in every object.
const addrsig = ".llvm_addrsig"

// isDebug tells the sections that programs run without.
func isDebug(name string) bool {
	name = strings.TrimPrefix(name, ".rel")
	return strings.HasPrefix(name, ".debug") || strings.HasPrefix(name, ".BTF") || name == addrsig
}

func (o *object) readSymbols(f *elf.File) error {
	symbols, err := f.Symbols()
	if err != nil {
		return o.errorf("symbols: %w", err)
	}
	o.symbols = make([]symbol, 1, len(symbols)+1)
	for _, s := range symbols {
		o.symbols = append(o.symbols, symbol{
			name: s.Name, section: int(s.Section), value: s.Value,
			kind: elf.ST_TYPE(s.Info), global: elf.ST_BIND(s.Info) != elf.STB_LOCAL,
		})
	}
	return nil
}

// in is the section a symbol lies in, nil if it is none of a program's.
func (o *object) in(sym symbol) *section {
	if sym.section <= 0 || sym.section >= len(o.sections) {
		return nil
	}
	return o.sections[sym.section]
}

// called names a symbol in messages: section symbols have no name of their own.
func (o *object) called(sym symbol) string {
	if sym.name != "" {
		return sym.name
	}
	if s := o.in(sym); s != nil {
		return s.name
	}
	return "without a name"
}

func (o *object) readRelocations(f *elf.File) error {
	for _, h := range f.Sections {
		if h.Type != elf.SHT_REL && h.Type != elf.SHT_RELA || int(h.Info) >= len(o.sections) {
			continue
		}
		s := o.sections[h.Info]
		if s == nil {
			continue
		}
		if h.Type == elf.SHT_RELA {
			return o.errorf("section %s: relocations with addends are not eBPF's", h.Name)
		}
		if h.Size > maxSection {
			return o.errorf("section %s: %d bytes of relocations, at most %d are possible", h.Name, h.Size, maxSection)
		}
		data, err := h.Data()
		if err != nil {
			return o.errorf("section %s: %w", h.Name, err)
		}
		for ; len(data) >= 16; data = data[16:] {
			at, info := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
			r := reloc{symbol: int(info >> 32), kind: uint32(info)}
			if at >= uint64(s.size) || s.code && at%slotBytes != 0 || s.zero || r.symbol <= 0 || r.symbol >= len(o.symbols) {
				return o.errorf("section %s: relocation at %#x of symbol %d is out of range", s.name, at, r.symbol)
			}
			if _, twice := s.relocs[uint32(at)]; twice {
				return o.errorf("section %s: two relocations at %#x", s.name, at)
			}
			s.relocs[uint32(at)] = r
		}
		if len(s.relocs) > 0 {
			s.pieces = nil
		}
	}
	return nil
}

// findFunctions divides a code section into its functions. Code before the first symbol, or without
// any, is a function named after the section.
func (o *object) findFunctions(s *section) {
	for _, sym := range o.symbols {
		if sym.section == s.index && sym.kind == elf.STT_FUNC && sym.value < uint64(s.size) && sym.value%slotBytes == 0 {
			s.funcs = append(s.funcs, function{name: sym.name, start: uint32(sym.value), global: sym.global})
		}
	}
	// Of several names for one address the global one is kept.
	sort.SliceStable(s.funcs, func(i, j int) bool {
		a, b := s.funcs[i], s.funcs[j]
		return a.start < b.start || a.start == b.start && a.global && !b.global
	})
	s.funcs = slices.CompactFunc(s.funcs, func(a, b function) bool { return a.start == b.start })
	if len(s.funcs) == 0 && s.size > 0 || len(s.funcs) > 0 && s.funcs[0].start > 0 {
		s.funcs = slices.Insert(s.funcs, 0, function{name: s.name, global: len(s.funcs) == 0})
	}
	for i := range s.funcs {
		s.funcs[i].end = s.size
		if i > 0 {
			s.funcs[i-1].end = s.funcs[i].start
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

// functionHolding finds the function an offset lies in.
func (s *section) functionHolding(offset uint32) function {
	i := sort.Search(len(s.funcs), func(i int) bool { return s.funcs[i].start > offset })
	return s.funcs[i-1]
}

// place is a function of a section.
type place struct {
	sec *section
	fn  function
}

// entry finds the function a program starts with: the one named (by function or by section), or the
// only candidate.
func (o *object) entry(name string) (place, error) {
	if name == "" {
		candidates := o.candidates()
		switch len(candidates) {
		case 0:
			return place{}, o.errorf("no program: there is no global function")
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
	if len(bySection) == 1 {
		return bySection[0], nil
	}
	return place{}, o.errorf("no program %q; there are: %s", name, names(all))
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
// call are not programs, and those in sections of their own go before those in .text.
func (o *object) candidates() []place {
	candidates, referenced := o.globals(), o.referenced()
	for _, narrow := range []func(place) bool{
		func(p place) bool { return p.sec.name != ".text" },
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
			to, in := int64(sym.value), o.in(sym)
			if s.code {
				to += o.addend(s, at, r)
			}
			if in != nil && in.code && (s != in || int64(s.functionHolding(at).start) != to) {
				refs[funcID{in.index, uint32(to)}] = true
			}
		}
		for at := uint32(0); s.code && at < s.size; at += slotBytes {
			_, relocated := s.relocs[at]
			if slot, ok := decode(s.data[at:]).target(int(at / slotBytes)); ok && !relocated &&
				int(s.functionHolding(at).start) != slot*slotBytes {
				refs[funcID{s.index, uint32(slot * slotBytes)}] = true
			}
		}
	}
	return refs
}

// addend is what an instruction adds to its symbol, in bytes.
func (o *object) addend(s *section, at uint32, r reloc) int64 {
	i := decode(s.data[at:])
	switch {
	case r.kind == relocCall && i.op == opCall:
		return (int64(i.imm) + 1) * slotBytes
	case r.kind == relocLDDW && i.op == opLDDW && at+slotBytes < s.size:
		return int64(decode(s.data[at+slotBytes:]).imm)<<32 | int64(uint32(i.imm))
	}
	return 0
}
