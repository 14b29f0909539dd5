// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/ubench-dev/ubench/abi"
)

// strip rewrites the object without the sections that only debuggers read, and their symbols. What
// is left keeps its order.
func (o *object) strip() ([]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(o.raw))
	if err != nil {
		return nil, o.errorf("%w", err)
	}
	var keep []*elf.Section
	renumber := make([]uint16, len(f.Sections)) // old section index → new; 0 for dropped ones
	var symtab, strtab *elf.Section
	for i, s := range f.Sections {
		switch {
		case isDebug(s.Name):
			continue
		case s.Type == elf.SHT_SYMTAB && symtab == nil:
			symtab = s
		case s.Type == elf.SHT_STRTAB:
			if strtab != nil {
				continue // names of sections and symbols share one
			}
			strtab = s
		}
		renumber[i] = uint16(len(keep))
		keep = append(keep, s)
	}
	if symtab == nil || strtab == nil {
		return nil, o.errorf("no symbol table")
	}

	names := stringTable{offsets: map[string]uint32{"": 0}, bytes: []byte{0}}
	symbols, locals, newSymbol, err := o.stripSymbols(symtab, renumber, &names)
	if err != nil {
		return nil, err
	}
	for _, s := range keep {
		names.add(s.Name)
	}

	out := make([]byte, 64)
	headers := []byte{}
	for _, s := range keep {
		var data []byte
		h := elf.Section64{
			Name: names.add(s.Name), Type: uint32(s.Type), Flags: uint64(s.Flags), Addr: s.Addr,
			Size: s.Size, Addralign: s.Addralign, Entsize: s.Entsize, Info: s.Info,
		}
		if int(s.Link) < len(renumber) {
			h.Link = uint32(renumber[s.Link])
		}
		switch {
		case s.Type == elf.SHT_NULL:
			h = elf.Section64{}
		case s == symtab:
			data, h.Info, h.Link = symbols, locals, uint32(renumber[indexOf(f, strtab)])
		case s == strtab:
			data = names.bytes
		case s.Type == elf.SHT_REL:
			if data, err = o.stripRelocations(s, newSymbol); err != nil {
				return nil, err
			}
			if int(s.Info) < len(renumber) {
				h.Info = uint32(renumber[s.Info])
			}
		case s.Type != elf.SHT_NOBITS:
			if s.Size > maxSection {
				return nil, o.errorf("section %s: too large", s.Name)
			}
			if data, err = s.Data(); err != nil {
				return nil, o.errorf("section %s: %w", s.Name, err)
			}
		}
		if s.Type != elf.SHT_NULL {
			if h.Addralign > maxAlign {
				return nil, o.errorf("section %s: aligned to %d, at most %d is possible", s.Name, h.Addralign, maxAlign)
			}
			if h.Addralign > 1 {
				for uint64(len(out))%h.Addralign != 0 {
					out = append(out, 0)
				}
			}
			h.Off = uint64(len(out))
			if s.Type != elf.SHT_NOBITS {
				h.Size = uint64(len(data))
			}
			out = append(out, data...)
		}
		headers = appendStruct(headers, h)
	}
	return finishObject(out, headers, len(keep), int(renumber[indexOf(f, strtab)])), nil
}

func indexOf(f *elf.File, s *elf.Section) int {
	for i := range f.Sections {
		if f.Sections[i] == s {
			return i
		}
	}
	return 0
}

// stripSymbols is the symbol table without symbols of dropped sections, the number of local ones,
// and the new index of each old symbol (0 for dropped ones).
func (o *object) stripSymbols(symtab *elf.Section, renumber []uint16, names *stringTable) ([]byte, uint32, []uint32, error) {
	if symtab.Size > maxSection {
		return nil, 0, nil, o.errorf("section %s: too large", symtab.Name)
	}
	data, err := symtab.Data()
	if err != nil {
		return nil, 0, nil, o.errorf("section %s: %w", symtab.Name, err)
	}
	var out []byte
	locals := uint32(0)
	renamed := make([]uint32, len(o.symbols))
	for i := 0; i < len(o.symbols) && (i+1)*elf.Sym64Size <= len(data); i++ {
		var sym elf.Sym64
		if _, err := binary.Decode(data[i*elf.Sym64Size:], binary.LittleEndian, &sym); err != nil {
			panic("BUG: " + err.Error())
		}
		if n := int(sym.Shndx); n > 0 && n < len(renumber) {
			if renumber[n] == 0 {
				continue
			}
			sym.Shndx = renumber[n]
		}
		sym.Name = names.add(o.symbols[i].name)
		renamed[i] = uint32(len(out) / elf.Sym64Size)
		if elf.ST_BIND(sym.Info) == elf.STB_LOCAL {
			locals = renamed[i] + 1
		}
		out = appendStruct(out, sym)
	}
	return out, locals, renamed, nil
}

func (o *object) stripRelocations(s *elf.Section, renamed []uint32) ([]byte, error) {
	if s.Size > maxSection {
		return nil, o.errorf("section %s: too large", s.Name)
	}
	data, err := s.Data()
	if err != nil {
		return nil, o.errorf("section %s: %w", s.Name, err)
	}
	data = bytes.Clone(data[:len(data)/16*16])
	for i := 0; i < len(data); i += 16 {
		symbol := binary.LittleEndian.Uint32(data[i+12:])
		if uint64(symbol) >= uint64(len(renamed)) {
			return nil, o.errorf("section %s: relocation of symbol %d, which does not exist", s.Name, symbol)
		}
		binary.LittleEndian.PutUint32(data[i+12:], renamed[symbol])
	}
	return data, nil
}

// keepObject keeps what the program's image of format elf-object is made of: the object, without what only
// debuggers read, or nothing where the device's reader would not make the same program of it.
func (p *Program) keepObject(o *object, start place) error {
	p.ObjectBytes, p.fromObject = len(o.raw), true
	if o.odd || o.callsMore(p.Helpers) {
		p.StrippedBytes = len(o.raw)
		if o.debug {
			written := p.writeObject()
			p.StrippedBytes = min(len(written), len(o.raw))
			p.DebugBytes = p.ObjectBytes - p.StrippedBytes
		}
		return nil
	}
	p.object, p.entryIndex = o.raw, o.entryIndex(start)
	stripped, err := o.strip()
	if err != nil {
		return err
	}
	p.StrippedBytes = min(len(stripped), len(o.raw))
	if o.debug {
		p.object, p.DebugBytes = stripped, p.ObjectBytes-p.StrippedBytes
	}
	_, err = Load(abi.ELFObject, p.object, p.entryIndex, false)
	if refused := (abi.Fault{}); errors.As(err, &refused) && refused.Status != abi.StatusMemory {
		p.object, p.entryIndex = nil, 0
	}
	return nil
}

// callsMore tells whether code of the object calls helpers that are not listed: the device would be sent, and
// refuse, what the program does not need.
func (o *object) callsMore(helpers []uint16) bool {
	for _, s := range o.sections {
		if s == nil || !s.code {
			continue
		}
		for _, id := range (&Program{Text: s.data}).calledHelpers() {
			if !slices.Contains(helpers, id) {
				return true
			}
		}
	}
	return false
}
