// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// Magic numbers of the formats with a header (image.h).
const (
	femtoMagic    = 0x46504272
	femtoMagicLE  = 0x72425046
	extendedMagic = 0x78425046
)

// sections are the parts the header formats share, as they lie in the image.
type sections struct {
	data, rodata, text []byte
	functions          []byte // 6 bytes each
}

// headerSections lays out text with lddwd and lddwr, the data sections padded to whole slots (as
// Femto-Containers' own tool does, so that text stays aligned), and a table of the global functions.
// Their names follow the read-only data. So many zeros go in front of the first section.
func (p *Program) headerSections(front int) (sections, error) {
	s := sections{text: slices.Clone(p.Text), data: slices.Clone(p.Data), rodata: slices.Clone(p.Rodata)}
	var shift [Data + 1]int
	if len(p.Data)+int(p.BSS) > 0 {
		s.data, shift[Data] = append(make([]byte, front), s.data...), front
	} else {
		s.rodata, shift[Rodata] = append(make([]byte, front), s.rodata...), front
	}
	for _, ptr := range p.Pointers {
		return s, unsupported("%s+%#x holds a pointer, and the format relocates only instructions; use packed",
			Section(ptr.In), ptr.At)
	}
	var foreign error
	p.each(func(slot int, i insn) {
		if i.op == opLDDWD || i.op == opLDDWR {
			foreign = unsupported("the instruction at slot %d is the format's own, and the program is no image", slot)
		}
	})
	if foreign != nil {
		return s, foreign
	}
	for _, a := range p.Addresses {
		i := p.at(a.Slot)
		i.op, i.src, i.imm = opLDDWD, 0, int32(a.Offset)+int32(shift[a.Section])
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
	s.rodata = append(s.rodata[:shift[Rodata]:shift[Rodata]], pad(s.rodata[shift[Rodata]:])...)
	return s, nil
}

func pad(b []byte) []byte {
	for len(b)%slotBytes != 0 {
		b = append(b, 0)
	}
	return b
}

// femtoHeader is the length of the header: .data lies behind it, in the image.
const femtoHeader = 28

// encodeFemto: the image format of RIOT's rBPF and Femto-Containers. It has no .bss, so zeros are
// part of .data. Images lie at multiples of 8, and the header is no multiple of it: four zeros go in front
// of data that needs it.
func (p *Program) encodeFemto() ([]byte, error) {
	for slot := range p.Slots() {
		if i := p.at(slot); i.op == opCallX || i.op == opCall && i.src == srcLocal {
			return nil, unsupported("the instruction at slot %d calls a function of the program, and Femto-Containers calls only helpers", slot)
		}
	}
	front := 0
	switch {
	case p.Align > slotBytes:
		return nil, unsupported("data is aligned to %d bytes, and the format has it where the image lies, at a multiple of %d; use packed",
			p.Align, slotBytes)
	case p.Align == slotBytes:
		front = slotBytes - femtoHeader%slotBytes
	}
	s, err := p.headerSections(front)
	if err != nil {
		return nil, err
	}
	if s.data = append(s.data, make([]byte, p.BSS)...); len(s.data) > 0 {
		s.data = append(s.data[:front:front], pad(s.data[front:])...)
	}
	b := make([]byte, 0, femtoHeader+len(s.data)+len(s.rodata)+len(s.text)+len(s.functions))
	for _, word := range []int{femtoMagic, 0, 0, len(s.data), len(s.rodata), len(s.text), len(s.functions) / 6} {
		b = binary.LittleEndian.AppendUint32(b, uint32(word))
	}
	return slices.Concat(b, s.data, s.rodata, s.text, s.functions), nil
}

// extendedVersion is the version of the extended-header format.
const extendedVersion = 1

// encodeExtended: the layout of the paper's own bytecode images. Local calls are left to relocate, as
// a linker on the device would.
func (p *Program) encodeExtended() ([]byte, error) {
	s, err := p.headerSections(0)
	if err != nil {
		return nil, err
	}
	if len(p.Data) > 0 {
		s.data = pad(s.data)
	}
	var calls, helpers []byte
	p.each(func(slot int, i insn) {
		if i.op != opCall || i.src != srcLocal {
			return
		}
		calls = binary.LittleEndian.AppendUint32(calls, uint32(slot*slotBytes))
		calls = binary.LittleEndian.AppendUint32(calls, uint32((slot+1+int(i.imm))*slotBytes))
		i.imm = -1
		i.put(s.text[slot*slotBytes:])
	})
	for _, id := range p.Helpers {
		if id > math.MaxUint8 {
			return nil, unsupported("helper %#x: the format's ids have one byte", id)
		}
		helpers = append(helpers, byte(id))
	}
	if len(calls)/8 > math.MaxUint16 || len(s.functions)/6 > math.MaxUint16 {
		return nil, unsupported("%d local calls and %d functions, at most 65535 are possible", len(calls)/8, len(s.functions)/6)
	}
	// .bss begins where the stored .data ends, so padding is taken from it.
	bss := int(p.BSS) - (len(s.data) - len(p.Data))
	b := binary.LittleEndian.AppendUint32(nil, extendedMagic)
	b = binary.LittleEndian.AppendUint16(b, extendedVersion)
	b = binary.LittleEndian.AppendUint16(b, uint16(p.CtxMin))
	for _, word := range []int{len(s.data), max(bss, 0), len(s.rodata), len(s.text)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(word))
	}
	power := 0
	if p.Align > slotBytes {
		power = bits.TrailingZeros32(p.Align)
	}
	for _, half := range []int{len(s.functions) / 6, len(calls) / 8, len(helpers), power} {
		b = binary.LittleEndian.AppendUint16(b, uint16(half))
	}
	return slices.Concat(b, s.data, s.rodata, s.text, s.functions, calls, helpers), nil
}
