// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"debug/elf"
	"encoding/binary"
)

func appendStruct(b []byte, v any) []byte {
	b, err := binary.Append(b, binary.LittleEndian, v)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return b
}

// stringTable is a string table under construction.
type stringTable struct {
	bytes   []byte
	offsets map[string]uint32
}

func (t *stringTable) add(s string) uint32 {
	at, ok := t.offsets[s]
	if !ok {
		at = uint32(len(t.bytes))
		t.offsets[s] = at
		t.bytes = append(append(t.bytes, s...), 0)
	}
	return at
}

// finishObject puts the section headers behind the sections, and the header of the file in front.
func finishObject(out, headers []byte, sections, names int) []byte {
	out = pad(out)
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_REL), Machine: uint16(elf.EM_BPF), Version: uint32(elf.EV_CURRENT),
		Shoff: uint64(len(out)), Ehsize: 64, Shentsize: 64,
		Shnum: uint16(sections), Shstrndx: uint16(names),
	}
	copy(out, appendStruct(nil, header))
	return append(out, headers...)
}
