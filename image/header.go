// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"encoding/binary"
	"math"
	"slices"
)

// Magic numbers of the formats with a header (image.h).
const (
	femtoMagic    = 0x72425046
	extendedMagic = 0x78425046
)

// sections are the parts the header formats share, as they lie in the image.
type sections struct {
	data, rodata, text []byte
	functions          []byte // 6 bytes each
}

// headerSections lays out text with lddwd and lddwr, the data sections padded to whole slots (as
// Femto-Containers' own tool does, so that text stays aligned), and a table of the global functions.
// Their names follow the read-only data.
func (p *Program) headerSections() (sections, error) {
	s := sections{text: slices.Clone(p.Text), data: slices.Clone(p.Data), rodata: slices.Clone(p.Rodata)}
	for _, ptr := range p.Pointers {
		return s, unsupported("%s+%#x holds a pointer, and the format relocates only instructions; use packed",
			Section(ptr.In), ptr.At)
	}
	for _, a := range p.Addresses {
		i := p.at(a.Slot)
		i.op, i.src, i.imm = opLDDWD, 0, int32(a.Offset)
		if a.Section == Rodata {
			i.op = opLDDWR
		}
		i.put(s.text[a.Slot*slotBytes:])
	}
	for _, f := range p.Functions {
		if !f.Global {
			continue
		}
		if len(s.rodata) > math.MaxUint16 || f.Slot*slotBytes > math.MaxUint16 {
			return s, unsupported("function %s is out of reach of the table's 16-bit offsets", f.Name)
		}
		s.functions = binary.LittleEndian.AppendUint16(s.functions, uint16(len(s.rodata)))
		s.functions = binary.LittleEndian.AppendUint16(s.functions, 0)
		s.functions = binary.LittleEndian.AppendUint16(s.functions, uint16(f.Slot*slotBytes))
		s.rodata = append(append(s.rodata, f.Name...), 0)
	}
	s.rodata = pad(s.rodata)
	return s, nil
}

func pad(b []byte) []byte {
	for len(b)%slotBytes != 0 {
		b = append(b, 0)
	}
	return b
}

// encodeFemto: the image format of RIOT's rBPF and Femto-Containers. It has no .bss, so zeros are
// part of .data.
func (p *Program) encodeFemto() ([]byte, error) {
	for slot := range p.Slots() {
		if i := p.at(slot); i.op == opCallX || i.op == opCall && i.src == srcLocal {
			return nil, unsupported("instruction %d calls a function of the program, and Femto-Containers calls only helpers", slot)
		}
	}
	s, err := p.headerSections()
	if err != nil {
		return nil, err
	}
	s.data = pad(append(s.data, make([]byte, p.BSS)...))
	b := make([]byte, 0, 28+len(s.data)+len(s.rodata)+len(s.text)+len(s.functions))
	for _, word := range []int{femtoMagic, 0, 0, len(s.data), len(s.rodata), len(s.text), len(s.functions) / 6} {
		b = binary.LittleEndian.AppendUint32(b, uint32(word))
	}
	return slices.Concat(b, s.data, s.rodata, s.text, s.functions), nil
}
