// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// Inspect takes an image apart, to the byte; packed images to the bit. The image is read by the
// device's reader: an error is what that says of it.
func Inspect(f abi.Format, data []byte) ([]Field, error) {
	if f == abi.ELFObject {
		return inspectObject(data)
	}
	l, err := Load(f, data, 0, f == abi.FemtoContainers)
	if err != nil {
		return nil, err
	}
	switch f {
	case abi.TextOnly:
		in := inspector{data: data}
		in.instructions(l)
		return in.fields, nil
	case abi.FemtoContainers, abi.ExtendedHeader:
		return inspectHeader(f, data, l), nil
	case abi.Packed:
		return inspectPacked(data)
	}
	return nil, fmt.Errorf("unknown image format")
}

// inspector walks through an image that its reader accepted.
type inspector struct {
	data   []byte
	at     int
	fields []Field
}

func (in *inspector) take(n int, name, value string) []byte {
	in.fields = append(in.fields, Field{At: in.at * 8, Bits: n * 8, Name: name, Value: value})
	in.at += n
	return in.data[in.at-n : in.at]
}

// number takes a little-endian number of 1, 2 or 4 bytes.
func (in *inspector) number(n int, name, format string) int {
	var b [4]byte
	copy(b[:], in.take(n, name, ""))
	v := binary.LittleEndian.Uint32(b[:])
	in.fields[len(in.fields)-1].Value = fmt.Sprintf(format, v)
	return int(v)
}

// bytes takes a section, if there is one.
func (in *inspector) bytes(n int, name string) {
	if n > 0 {
		quoted := clipped(in.data[in.at:][:n])
		in.take(n, name, quoted)
	}
}

// instructions takes the text, as the reader left it.
func (in *inspector) instructions(l *Loaded) {
	for slot := 0; slot < len(l.Text)/slotBytes; {
		line, n := Disassemble(l.Text, slot, l.NameOf)
		in.take(n*slotBytes, fmt.Sprintf("slot %d", slot), line)
		slot += n
	}
}

// NameOf says which place in a data section the lddw at a slot points to, "" if to none.
func (l *Loaded) NameOf(slot int) string {
	addr := binary.LittleEndian.Uint32(l.Text[slot*slotBytes+4:])
	for n, m := range l.Maps {
		if addr == maps.Handle(n) {
			return "map " + m.Name
		}
	}
	for _, s := range []struct {
		name  string
		start uint32
		size  int
	}{{".rodata", l.RodataAddr, len(l.Rodata)}, {".data", l.DataAddr, len(l.Data)}} {
		if s.size > 0 && addr >= s.start && addr-s.start < uint32(s.size) {
			return fmt.Sprintf("%s+%#x", s.name, addr-s.start)
		}
	}
	return ""
}

func inspectHeader(f abi.Format, data []byte, l *Loaded) []Field {
	in := inspector{data: data}
	var sizes [3]int // .data, .rodata, functions
	calls, helpers := 0, 0
	in.take(4, "magic", fmt.Sprintf("%q", data[:4]))
	if f == abi.FemtoContainers {
		in.number(4, "version", "%d")
		in.number(4, "flags", "%d")
		sizes[0] = in.number(4, ".data", "%d bytes")
		sizes[1] = in.number(4, ".rodata", "%d bytes")
		in.number(4, ".text", "%d bytes")
		sizes[2] = in.number(4, "functions", "%d")
	} else {
		in.number(2, "version", "%d")
		in.number(2, "shortest context", "%d bytes")
		sizes[0] = in.number(4, ".data", "%d bytes")
		in.number(4, ".bss", "%d bytes")
		sizes[1] = in.number(4, ".rodata", "%d bytes")
		in.number(4, ".text", "%d bytes")
		sizes[2] = in.number(2, "functions", "%d")
		calls = in.number(2, "local calls", "%d")
		helpers = in.number(2, "helpers", "%d")
		in.number(2, "alignment", "2 to the power of %d; 0: that of images")
	}
	in.bytes(sizes[0], ".data")
	rodata := in.at
	in.bytes(sizes[1], ".rodata")
	in.instructions(l)
	for range sizes[2] {
		row := in.data[in.at:][:6]
		in.take(6, "function", fmt.Sprintf("%q at slot %d", nameAt(data[rodata:][:sizes[1]], row), binary.LittleEndian.Uint16(row[4:])/slotBytes))
	}
	for range calls {
		row := in.data[in.at:][:8]
		in.take(8, "local call", fmt.Sprintf("slot %d calls the function at slot %d",
			binary.LittleEndian.Uint32(row)/slotBytes, binary.LittleEndian.Uint32(row[4:])/slotBytes))
	}
	for range helpers {
		in.take(1, "helper", HelperName(uint16(in.data[in.at])))
	}
	return in.fields
}

// nameAt is the name a row of a function table points at, "" if it has none.
func nameAt(rodata, row []byte) string {
	at := int(binary.LittleEndian.Uint16(row))
	if at >= len(rodata) {
		return ""
	}
	name, _, _ := bytes.Cut(rodata[at:], []byte{0})
	return string(name)
}

// EntryNamed is the index of a function in an image that names its functions. "" is the first one.
func EntryNamed(f abi.Format, data []byte, name string) (uint16, error) {
	if name == "" {
		return 0, nil
	}
	if f != abi.FemtoContainers && f != abi.ExtendedHeader {
		return 0, fmt.Errorf("an image of format %s has one entry point and no names: leave out %q", f, name)
	}
	fields, err := Inspect(f, data)
	if err != nil {
		return 0, err
	}
	index := uint16(0)
	var known []string
	for _, field := range fields {
		if field.Name != "function" {
			continue
		}
		function, _, _ := strings.Cut(strings.TrimPrefix(field.Value, `"`), `"`)
		if function == name {
			return index, nil
		}
		known = append(known, function)
		index++
	}
	return 0, fmt.Errorf("no function %q; there are: %s", name, strings.Join(known, ", "))
}

// HelperName is a helper's id and name.
func HelperName(id uint16) string {
	for _, h := range abi.Helpers() {
		if h.ID == id {
			return fmt.Sprintf("%#02x bpf_%s", id, h.Name)
		}
	}
	return fmt.Sprintf("%#02x (no device has it)", id)
}

// inspectPacked writes the program of a packed image again and notes what goes where.
func inspectPacked(data []byte) ([]Field, error) {
	p, err := unpack(data)
	if err != nil {
		return nil, err
	}
	var fields []Field
	again, err := p.writePacked(&fields)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, fmt.Errorf("the image is valid but not canonical, or has a trailer: the program in it takes %d bytes, not %d", len(again), len(data))
	}
	return fields, nil
}

// unpack finds the program in a packed image. The device's reader runs twice, at addresses apart by the
// alignment of the program's memory: what differs is an address.
func unpack(data []byte) (*Program, error) {
	one, err := loadIn(abi.Packed, data, 0, false, 0, LoadBytes)
	if err != nil {
		return nil, err
	}
	r := bitReader{data: data, at: 8}
	apart := slotBytes << (r.number() >> 16)
	two, err := loadIn(abi.Packed, data, 0, false, apart, LoadBytes)
	if err != nil {
		return nil, err
	}
	p := &Program{Name: "image", Text: one.Text, Rodata: one.Rodata, Data: one.Data, CtxMin: one.CtxMin, Helpers: one.Helpers, Plan: one.Plan, Maps: one.Maps}
	if apart > slotBytes {
		p.Align = uint32(apart)
	}
	if data[0]&packedRodata != 0 {
		r.number()
	}
	if data[0]&packedData != 0 {
		stored := r.number()
		p.Data, p.BSS = one.Data[:stored], uint32(len(one.Data))-stored
	}
	place := func(addr uint32) (Section, uint32) {
		if addr -= one.RodataAddr; addr >= uint32(len(one.Rodata)) && len(one.Data)+int(p.BSS) > 0 {
			return Data, addr - uint32(len(one.Rodata))
		}
		return Rodata, addr
	}
	p.each(func(slot int, i insn) {
		if other := decode(two.Text[slot*slotBytes:]); i.op == opLDDW && i.imm != other.imm {
			section, offset := place(uint32(i.imm))
			p.Addresses = append(p.Addresses, Address{slot, section, offset})
			i.imm = 0
			i.put(p.Text[slot*slotBytes:])
		}
	})
	for _, s := range []struct {
		in       Section
		one, two []byte
	}{{Rodata, one.Rodata, two.Rodata}, {Data, one.Data, two.Data}} {
		for at := 0; at+8 <= len(s.one); at++ {
			v := binary.LittleEndian.Uint32(s.one[at:])
			slot := (v - codeBase) / slotBytes
			switch {
			case s.one[at] != s.two[at]:
				section, offset := place(v)
				p.Pointers = append(p.Pointers, Pointer{s.in, uint32(at), section, offset})
			case v%slotBytes == 0 && slot < maxSlots && slices.Contains(one.Functions, uint16(slot)):
				p.Pointers = append(p.Pointers, Pointer{s.in, uint32(at), Text, slot})
			default:
				continue
			}
			clear(s.one[at:][:8])
			at += 7
		}
	}
	return p, nil
}

// bitReader reads what bitWriter wrote, of an image its reader accepted.
type bitReader struct {
	data []byte
	at   int
}

func (r *bitReader) number() (v uint32) {
	for more := true; more; {
		group := uint32(0)
		for range 5 {
			group = group<<1 | uint32(r.data[r.at/8]>>(7-r.at%8)&1)
			r.at++
		}
		v, more = v<<4|group&15, group&16 != 0
	}
	return v
}

func inspectObject(data []byte) ([]Field, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("ELF object is damaged: %w", err)
	}
	defer f.Close()
	var fields []Field
	add := func(at, n uint64, name, value string) {
		if n > 0 && at <= uint64(len(data)) && n <= uint64(len(data))-at {
			fields = append(fields, Field{At: int(at) * 8, Bits: int(n) * 8, Name: name, Value: value})
		}
	}
	add(0, 64, "ELF header", fmt.Sprintf("%s, %s", f.Type, f.Machine))
	for _, s := range f.Sections {
		if s.Type == elf.SHT_NULL || s.Type == elf.SHT_NOBITS {
			continue
		}
		value := strings.TrimPrefix(s.Type.String(), "SHT_")
		if content, err := s.Data(); err == nil && s.Flags&elf.SHF_STRINGS != 0 {
			value += " " + clipped(content)
		}
		add(s.Offset, s.FileSize, s.Name, value)
	}
	if len(data) >= 64 {
		add(binary.LittleEndian.Uint64(data[40:]), uint64(len(f.Sections))*64, "section headers", fmt.Sprint(len(f.Sections)))
	}
	slices.SortStableFunc(fields, func(a, b Field) int { return a.At - b.At })
	return fields, nil
}
