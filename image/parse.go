// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// parseObject reads the sections, symbols and relocations of an ELF object.
func parseObject(name string, data []byte) (*object, error) {
	o := &object{name: name, raw: data}
	if what := Foreign(data); what != "" {
		return nil, o.errorf("%s", what)
	}
	if !bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		return nil, o.errorf("not an ELF object")
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("it ends before what its header speaks of: was it cut short?")
		}
		return nil, o.errorf("ELF object is damaged: %w", err)
	}
	defer f.Close()
	switch {
	case f.Machine != elf.EM_BPF:
		return nil, o.errorf("an object for %s, not for eBPF: compile with clang --target=bpfel", machine(f.Machine))
	case f.Class != elf.ELFCLASS64:
		return nil, o.errorf("a 32-bit ELF file, and eBPF has 64 bits: compile with clang --target=bpfel")
	case f.Data != elf.ELFDATA2LSB:
		return nil, o.errorf("big-endian, and the devices are little-endian: compile with clang --target=bpfel or bpf-gcc -mlittle-endian")
	case f.Type == elf.ET_EXEC || f.Type == elf.ET_DYN:
		return nil, o.errorf("linked already (%s), which loses what loading needs: name the object that the compiler made, or link with -r", f.Type)
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
	o.findFunctions()
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
		if h.Type != elf.SHT_NULL && h.Type != elf.SHT_NOBITS && (h.Offset > uint64(len(o.raw)) || h.FileSize > uint64(len(o.raw))-h.Offset) {
			return o.errorf("section %s: %d bytes at offset %d, but the file ends at %d: it was cut short", h.Name, h.FileSize, h.Offset, len(o.raw))
		}
		if h.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		switch {
		case h.Size > 0 && (h.Type == elf.SHT_INIT_ARRAY || h.Type == elf.SHT_FINI_ARRAY || h.Type == elf.SHT_PREINIT_ARRAY):
			return o.errorf("section %s: %w", h.Name, unsupported("functions that run before or after the program (constructors, destructors)"))
		case h.Flags&elf.SHF_TLS != 0:
			return o.errorf("section %s: %w", h.Name, unsupported("thread-local variables; leave out __thread"))
		case h.Type != elf.SHT_PROGBITS && h.Type != elf.SHT_NOBITS:
			continue
		}
		if h.Size > maxSection || h.Addralign > maxAlign {
			return o.errorf("section %s: %d bytes aligned to %d, at most %d and %d are possible",
				h.Name, h.Size, h.Addralign, maxSection, maxAlign)
		}
		if h.Addralign&(h.Addralign-1) != 0 {
			return o.errorf("section %s: aligned to %d, which is no power of two", h.Name, h.Addralign)
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

func (o *object) readSymbols(f *elf.File) error {
	symbols, err := f.Symbols()
	if errors.Is(err, elf.ErrNoSymbols) {
		o.odd = true
		if what := o.lostWithSymbols(); what != "" {
			return o.errorf("there is no symbol table, and with it went %s: compile again, and strip no more than debug information (strip -g)", what)
		}
	} else if err != nil {
		return o.errorf("symbols: %w", err)
	}
	o.symbols = make([]symbol, 1, len(symbols)+1)
	for _, s := range symbols {
		o.symbols = append(o.symbols, symbol{
			name: s.Name, section: int(s.Section), value: s.Value, size: s.Size,
			kind: elf.ST_TYPE(s.Info), global: elf.ST_BIND(s.Info) != elf.STB_LOCAL, weak: elf.ST_BIND(s.Info) == elf.STB_WEAK,
		})
	}
	return nil
}

// lostWithSymbols is what an object cannot be linked without that was in its symbol table, and in the relocations that went
// with it; "" if nothing is missing.
func (o *object) lostWithSymbols() string {
	for _, s := range o.sections {
		switch {
		case s == nil || s.size == 0:
			continue
		case s.code && s.calls():
			return "which functions there are in section " + s.name + ", and which of them the program begins with"
		case !s.code && s.name != ctxMinSection:
			return "what refers to section " + s.name
		}
	}
	return ""
}

func (o *object) readRelocations(f *elf.File) error {
	var all []rawReloc
	for _, h := range f.Sections {
		if h.Type != elf.SHT_REL && h.Type != elf.SHT_RELA {
			continue
		}
		if int64(h.Info) >= int64(len(o.sections)) {
			return o.errorf("section %s: relocations of section %d, and the last one is %d", h.Name, h.Info, len(o.sections)-1)
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
		for ; len(data) >= relBytes; data = data[relBytes:] {
			at, info := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
			r := rawReloc{section: s, symbol: int(info >> 32), kind: uint32(info)}
			if at >= uint64(s.size) || s.code && at%slotBytes != 0 || s.zero || r.symbol <= 0 || r.symbol >= len(o.symbols) {
				return o.errorf("section %s: relocation at %#x of symbol %d is out of range", s.name, at, r.symbol)
			}
			r.at = uint32(at)
			all = append(all, r)
			s.pieces = nil
		}
	}
	made, err := o.producer(f, all)
	if err != nil {
		return err
	}
	for _, r := range all {
		if _, twice := r.section.relocs[r.at]; twice {
			return o.errorf("section %s: two relocations at %#x", r.section.name, r.at)
		}
		addend, sum := o.addends(r)
		if made == sumInPlace {
			o.odd = o.odd || addend != sum
			addend = sum
			if r.kind == relocGNUData64 && !r.section.code {
				r.kind, o.odd = relocABS64, true
			}
		}
		r.section.relocs[r.at] = reloc{symbol: r.symbol, kind: r.kind, addend: addend}
	}
	return nil
}
