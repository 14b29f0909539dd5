// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"debug/elf"
	"encoding/binary"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// encodeObject is an object as the device's own reader takes it: as the compiler wrote it or, with debug
// information, what strip -d and removing BTF leave; or a new one with the program as it was linked, where
// the compiler's needs more than that reader knows.
func (p *Program) encodeObject() ([]byte, error) {
	switch {
	case !p.fromObject:
		return nil, unsupported("the program did not come from an object")
	case slices.ContainsFunc(p.Maps, func(d maps.Def) bool { return len(d.Programs) > 0 }):
		return nil, unsupported("a program array begins with programs, which images of format %s carry", abi.Packed)
	case p.object == nil:
		return p.writeObject(), nil
	}
	return slices.Clone(p.object), nil
}

// Sections of an object that writeObject makes, by index; symbols of the first ones have their numbers.
const (
	outText = 1 + iota
	outRodata
	outData
	outBSS
	outCtxMin
	outMaps
	outRelText
	outRelRodata
	outRelData
	outSymtab
	outStrtab
	outSections
)

// linked is what the sections of an object hold: addends lie in place, and relocations say what is added to them.
type linked struct {
	text, rodata, data          []byte
	bss                         int // bytes of zeros behind data
	relText, relRodata, relData []byte
}

// place is where a part of the program goes: the symbol of a section, and an offset there.
func (k *linked) place(s Section, offset uint32) (symbol int, addend uint32) {
	switch {
	case s == Text:
		return outText, offset * slotBytes
	case s == Rodata:
		return outRodata, offset
	case k.bss > 0 && offset >= uint32(len(k.data)):
		return outBSS, offset - uint32(len(k.data))
	}
	return outData, offset
}

func relocation(at uint32, symbol int, kind uint32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(at))
	return binary.LittleEndian.AppendUint64(b, uint64(symbol)<<32|uint64(kind))
}

// sections puts the addends in, and lists the relocations.
func (p *Program) sections() *linked {
	k := &linked{text: slices.Clone(p.Text), rodata: slices.Clone(p.Rodata), data: pad(slices.Clone(p.Data))}
	k.bss = max(0, len(p.Data)+int(p.BSS)-len(k.data))
	k.data = k.data[:min(len(k.data), len(p.Data)+int(p.BSS))]
	for _, a := range p.Addresses {
		symbol, addend := k.place(a.Section, a.Offset)
		binary.LittleEndian.PutUint32(k.text[a.Slot*slotBytes+4:], addend)
		k.relText = append(k.relText, relocation(uint32(a.Slot*slotBytes), symbol, relocLDDW)...)
	}
	for _, ptr := range p.Pointers {
		in, rel := k.rodata, &k.relRodata
		if ptr.In == Data {
			in, rel = k.data, &k.relData
		}
		symbol, addend := k.place(ptr.Section, ptr.Offset)
		binary.LittleEndian.PutUint64(in[ptr.At:], uint64(addend))
		*rel = append(*rel, relocation(ptr.At, symbol, relocABS64)...)
	}
	p.each(func(slot int, i insn) {
		if p.MapAt(slot) != nil {
			index := int((uint32(i.imm) - maps.Handle(0)) / 8)
			i.imm = 0
			i.put(k.text[slot*slotBytes:])
			k.relText = append(k.relText, relocation(uint32(slot*slotBytes), outBSS+2+index, relocLDDW)...)
		}
	})
	return k
}

// symbolTable has the sections, the program as the only function, and the maps; declared is what the maps are, as struct bpf_map_def.
func (p *Program) symbolTable(names *stringTable) (symbols, declared []byte) {
	symbols = make([]byte, elf.Sym64Size)
	for section := outText; section <= outBSS; section++ {
		symbols = appendStruct(symbols, elf.Sym64{Info: elf.ST_INFO(elf.STB_LOCAL, elf.STT_SECTION), Shndx: uint16(section)})
	}
	symbols = appendStruct(symbols, elf.Sym64{
		Name: names.add(p.Functions[0].Name), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: outText, Size: uint64(len(p.Text)),
	})
	for n, d := range p.Maps {
		for _, field := range [mapFields]uint32{uint32(d.Type), d.KeySize, d.ValueSize, d.MaxEntries, uint32(d.Flags) << 7} {
			declared = binary.LittleEndian.AppendUint32(declared, field)
		}
		symbols = appendStruct(symbols, elf.Sym64{
			Name: names.add(d.Name), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_OBJECT), Shndx: outMaps,
			Value: uint64(n * mapFields * 4), Size: mapFields * 4,
		})
	}
	return symbols, declared
}

// writeObject writes an object with the program, as LLVM would: addends lie in place, relative to sections.
func (p *Program) writeObject() []byte {
	k := p.sections()
	names := stringTable{offsets: map[string]uint32{"": 0}, bytes: []byte{0}}
	symbols, declared := p.symbolTable(&names)
	var ctxMin []byte
	if p.CtxMin > 0 {
		ctxMin = binary.LittleEndian.AppendUint32(nil, p.CtxMin)
	}
	const alloc, writable, code = uint64(elf.SHF_ALLOC), uint64(elf.SHF_WRITE), uint64(elf.SHF_EXECINSTR)
	align := uint64(max(p.Align, slotBytes))
	sections := [outSections]struct {
		name  string
		kind  elf.SectionType
		flags uint64
		align uint64
		data  []byte
		link  uint32
		info  uint32
		entry uint64
	}{
		outText:      {".text", elf.SHT_PROGBITS, alloc | code, slotBytes, k.text, 0, 0, 0},
		outRodata:    {".rodata", elf.SHT_PROGBITS, alloc, align, k.rodata, 0, 0, 0},
		outData:      {".data", elf.SHT_PROGBITS, alloc | writable, align, k.data, 0, 0, 0},
		outBSS:       {".bss", elf.SHT_NOBITS, alloc | writable, slotBytes, nil, 0, 0, 0},
		outCtxMin:    {ctxMinSection, elf.SHT_PROGBITS, alloc, 4, ctxMin, 0, 0, 0},
		outMaps:      {oldMaps, elf.SHT_PROGBITS, alloc | writable, 4, declared, 0, 0, 0},
		outRelText:   {".rel.text", elf.SHT_REL, 0, 8, k.relText, outSymtab, outText, relBytes},
		outRelRodata: {".rel.rodata", elf.SHT_REL, 0, 8, k.relRodata, outSymtab, outRodata, relBytes},
		outRelData:   {".rel.data", elf.SHT_REL, 0, 8, k.relData, outSymtab, outData, relBytes},
		outSymtab:    {".symtab", elf.SHT_SYMTAB, 0, 8, symbols, outStrtab, outBSS + 1, elf.Sym64Size},
		outStrtab:    {".strtab", elf.SHT_STRTAB, 0, 1, nil, 0, 0, 0},
	}
	for _, s := range sections {
		names.add(s.name)
	}
	sections[outStrtab].data = names.bytes
	out, headers := make([]byte, 64), make([]byte, 64)
	for _, s := range sections[1:] {
		if s.align > 1 && s.kind != elf.SHT_NOBITS && len(s.data) > 0 {
			out = pad(out)
		}
		h := elf.Section64{
			Name: names.add(s.name), Type: uint32(s.kind), Flags: s.flags, Off: uint64(len(out)), Size: uint64(len(s.data)),
			Link: s.link, Info: s.info, Addralign: s.align, Entsize: s.entry,
		}
		if s.kind == elf.SHT_NOBITS {
			h.Size = uint64(k.bss)
		}
		out = append(out, s.data...)
		headers = appendStruct(headers, h)
	}
	return finishObject(out, headers, outSections, outStrtab)
}
