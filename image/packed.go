// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/ubench-dev/ubench/image/internal/packcode"
	"github.com/ubench-dev/ubench/maps"
)

// Flags of a packed image, the low nibble of its first byte; the high one is the version.
const (
	packedVersion = 1
	packedLeast   = 5       // bytes of an image
	packedMost    = 1 << 20 // numbers are below it

	packedRodata  = 1
	packedData    = 2
	packedExtra   = 4
	packedTrailer = 8

	// Types of entries of the trailer; with 0x80, readers that do not know them refuse the image.
	trailerPlan     = 1
	trailerMap      = 0x81
	trailerPrograms = 0x82
)

// packedTables are the tables of the header the decoder is compiled with.
var packedTables = sync.OnceValue(func() *packcode.Tables {
	text, err := Headers.ReadFile("packed_tables.h")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return packcode.Parse(string(text))
})

// encodePacked writes the packed format, see SPEC.md. It is canonical: of the codes an instruction
// or a text can have it takes the shortest, of equally short ones the one with the lowest number.
func (p *Program) encodePacked() ([]byte, error) { return p.writePacked(nil) }

// writePacked notes what goes where in fields, unless that is nil.
func (p *Program) writePacked(fields *[]Field) ([]byte, error) {
	if err := p.packable(); err != nil {
		return nil, err
	}
	if n := len(p.packedRodata()) + len(p.Data) + int(p.BSS); n >= packedMost/2 {
		return nil, unsupported("%d bytes of data; the format's numbers end at %d", n, packedMost/2-1)
	}
	t := packedTables()
	flags := byte(0)
	if len(p.Rodata) > 0 {
		flags |= packedRodata
	}
	if len(p.Data)+int(p.BSS) > 0 {
		flags |= packedData
	}
	functions := p.pointedAt()
	if p.CtxMin > 0 || len(functions) > 0 || len(p.Pointers) > 0 {
		flags |= packedExtra
	}
	if len(p.Plan)+len(p.Maps) > 0 {
		flags |= packedTrailer
	}

	w := &bitWriter{fields: fields}
	w.note("version, flags", "%d, %#x", packedVersion, flags)
	w.bits(packedVersion<<4|uint64(flags), 8)
	above := uint32(bits.TrailingZeros32(p.packedAlign() / slotBytes))
	if above == 0 {
		w.note("text", "%d slots", p.Slots())
	} else {
		w.note("text", "%d slots; memory at a multiple of %d", p.Slots(), p.Align)
	}
	w.number(above<<16 | uint32(p.Slots()))
	rodata := p.packedRodata()
	if flags&packedRodata != 0 {
		w.note(".rodata", "%d bytes", len(rodata))
		w.number(uint32(len(rodata)))
	}
	if flags&packedData != 0 {
		w.note(".data", "%d bytes", len(p.Data))
		w.number(uint32(len(p.Data)))
		w.note(".bss", "%d bytes", p.BSS)
		w.number(p.BSS)
	}
	w.note("helpers", "%#x", p.Helpers)
	w.list(p.Helpers)
	if flags&(packedRodata|packedData) != 0 {
		w.data(slices.Concat(rodata, p.Data), t.Dictionary)
	}
	w.text(p, t)
	if flags&packedExtra != 0 {
		w.extra(p, functions)
	}
	w.note("padding", "")
	w.pad()
	w.maps(p.Maps)
	for entry := range slices.Chunk(p.Plan, math.MaxUint8) {
		w.note("plan", "%d bytes", len(entry))
		w.entry(trailerPlan, entry)
	}
	crc := crc16(w.bytes)
	w.note("checksum", "%#04x", crc)
	w.bits(uint64(crc), 16)
	w.note("", "")
	return w.bytes, nil
}

// entry writes an entry of the trailer.
func (w *bitWriter) entry(kind byte, payload []byte) {
	w.bits(uint64(kind)<<8|uint64(len(payload)), 16)
	for _, b := range payload {
		w.bits(uint64(b), 8)
	}
}

// maps writes how maps are declared, then what program arrays begin with.
func (w *bitWriter) maps(defs []maps.Def) {
	for _, d := range defs {
		w.note("map "+d.Name, "%s", MapText(d))
		b := binary.LittleEndian.AppendUint16([]byte{byte(d.Type), d.Flags}, uint16(d.KeySize))
		b = binary.LittleEndian.AppendUint32(b, d.ValueSize)
		b = binary.LittleEndian.AppendUint32(b, d.MaxEntries)
		w.entry(trailerMap, append(b, d.Name...))
	}
	for n, d := range defs {
		if len(d.Programs) == 0 {
			continue
		}
		w.note("programs of "+d.Name, "%d", len(d.Programs))
		b := []byte{byte(n)}
		for _, p := range d.Programs {
			b = binary.LittleEndian.AppendUint16(b, uint16(p.Index))
			b = binary.LittleEndian.AppendUint16(b, uint16(p.Slot))
		}
		w.entry(trailerPrograms, b)
	}
}

// packable refuses programs with instructions the stream cannot hold, which no compiler emits.
func (p *Program) packable() (err error) {
	const most = (math.MaxUint8 - 1) / 4
	for _, d := range p.Maps {
		if len(d.Programs) > most {
			return unsupported("map %s begins with %d programs, at most %d are possible", d.Name, len(d.Programs), most)
		}
	}
	p.each(func(slot int, i insn) {
		switch {
		case err != nil:
		case i.op == opLDDW && slot+1 >= p.Slots():
			err = unsupported("the second half of the lddw at slot %d is missing", slot)
		case i.dst > 10 || i.src > 10:
			err = unsupported("the instruction at slot %d names register %d", slot, max(i.dst, i.src))
		case i.op == opLDDW && i.src == srcMap:
			err = unsupported("the lddw at slot %d names a map by number, and the program has none", slot)
		case i.op == opLDDW && (i.src >= packcode.KindMemory || p.at(slot+1).op != 0 || p.at(slot+1).dst|p.at(slot+1).src != 0 || p.at(slot+1).off != 0):
			err = unsupported("the lddw at slot %d has unknown fields", slot)
		case i.op == opLDDWD || i.op == opLDDWR:
			err = unsupported("the instruction at slot %d belongs to the femto-containers format", slot)
		case i.op == opCall && i.src == srcHelper && (i.imm < 0 || i.imm > 0xffff):
			err = unsupported("the instruction at slot %d calls helper %d", slot, i.imm)
		}
	})
	return err
}

// packedAlign is what the address of a packed program's memory is a multiple of.
func (p *Program) packedAlign() uint32 { return max(p.Align, slotBytes) }

// packedRodata is .rodata as it lies in a packed program's memory: .data and .bss follow, aligned.
func (p *Program) packedRodata() []byte {
	if len(p.Data)+int(p.BSS) > 0 {
		return append(slices.Clone(p.Rodata), make([]byte, p.packedOffset(Data, 0)-uint32(len(p.Rodata)))...)
	}
	return p.Rodata
}

// packedOffset is where a place in a section lies in a packed program's memory: .rodata, .data, .bss.
func (p *Program) packedOffset(s Section, offset uint32) uint32 {
	if s == Data {
		align := p.packedAlign()
		offset += (uint32(len(p.Rodata)) + align - 1) / align * align
	}
	return offset
}

// pointedAt lists the slots of functions that pointers in data, and program arrays, point at.
func (p *Program) pointedAt() []uint16 {
	var slots []uint16
	for _, d := range p.Maps {
		for _, program := range d.Programs {
			slots = append(slots, uint16(program.Slot))
		}
	}
	for _, ptr := range p.Pointers {
		if ptr.Section == Text {
			slots = append(slots, uint16(ptr.Offset))
		}
	}
	slices.Sort(slots)
	return slices.Compact(slots)
}

// list writes ascending numbers as the gaps between them.
func (w *bitWriter) list(numbers []uint16) {
	w.number(uint32(len(numbers)))
	next := uint32(0)
	for _, n := range numbers {
		w.number(uint32(n) - next)
		next = uint32(n) + 1
	}
}

// extra writes what few programs have.
func (w *bitWriter) extra(p *Program, functions []uint16) {
	w.note("functions pointed at", "%d", functions)
	w.list(functions)
	w.note("shortest context", "%d bytes", p.CtxMin)
	w.number(p.CtxMin)
	w.note("pointers", "%d", len(p.Pointers))
	w.number(uint32(len(p.Pointers)))
	type pointer struct{ at, to uint32 }
	var ps []pointer
	for _, ptr := range p.Pointers {
		to := ptr.Offset<<1 | 1
		if ptr.Section != Text {
			to = p.packedOffset(ptr.Section, ptr.Offset) << 1
		}
		ps = append(ps, pointer{p.packedOffset(ptr.In, ptr.At), to})
	}
	slices.SortFunc(ps, func(a, b pointer) int { return cmp.Compare(a.at, b.at) })
	next := uint32(0)
	for _, ptr := range ps {
		w.number(ptr.at - next)
		w.number(ptr.to)
		next = ptr.at + 8
	}
}

// data writes the bytes of a section: coded text if that is shorter, else as they are.
func (w *bitWriter) data(data []byte, d *packcode.Dictionary) {
	tokens, bits := d.Parse(data)
	if bits >= len(data)*8 {
		w.note("data, as it is", "%s", clipped(data))
		w.bits(0, 1)
		for _, c := range data {
			w.bits(uint64(c), 8)
		}
		return
	}
	w.note("data, coded", "%s", clipped(data))
	w.bits(1, 1)
	for _, t := range tokens {
		w.bits(uint64(d.Tiers.Code(t.Code)), d.Tiers.Length(t.Code))
		if t.Code == d.RawCode() {
			w.bits(uint64(t.Raw), 8)
		}
	}
}

// packContext and packStream are what packcode needs to know of a program.
func (p *Program) packContext() *packcode.Context {
	memory := slices.Concat(p.packedRodata(), p.Data, make([]byte, p.BSS))
	return &packcode.Context{
		HelperBits: packcode.Width(len(p.Helpers) - 1),
		MemoryBits: packcode.Width(len(memory)),
		Memory:     memory,
	}
}

func (p *Program) packStream() []packcode.Insn {
	memory := map[int]uint32{}
	for _, a := range p.Addresses {
		memory[a.Slot] = p.packedOffset(a.Section, a.Offset)
	}
	text := p.Text
	if len(p.Maps) > 0 { // maps are named by their index
		text = slices.Clone(text)
		p.each(func(slot int, _ insn) {
			if p.MapAt(slot) != nil {
				i := p.at(slot)
				i.src, i.imm = srcMap, int32((uint32(i.imm)-maps.Handle(0))/8)
				i.put(text[slot*slotBytes:])
			}
		})
	}
	return packcode.Stream(text, memory, p.Helpers)
}

// text writes the instructions.
func (w *bitWriter) text(p *Program, t *packcode.Tables) {
	ctx, st := p.packContext(), packcode.State{}
	escape := len(t.Templates)
	for _, i := range p.packStream() {
		template, operands := packcode.Escape(i)
		best, bits := escape, t.TemplateTiers.Length(escape)+operands
		for k := escape - 1; k >= 0; k-- {
			if n := t.Templates[k].Cost(i, ctx, st); n >= 0 && n+t.TemplateTiers.Length(k) <= bits {
				best, bits, template = k, n+t.TemplateTiers.Length(k), t.Templates[k]
			}
		}
		if w.fields != nil {
			line, _ := Disassemble(p.Text, i.Slot, p.AddressAt)
			w.note(fmt.Sprintf("slot %d", i.Slot), "%s", line)
		}
		w.bits(uint64(t.TemplateTiers.Code(best)), t.TemplateTiers.Length(best))
		if best == escape {
			w.bits(uint64(template.Op), 8)
			w.bits(uint64(template.Src<<4|template.Dst), 8)
			w.bits(uint64(template.Imm<<4|template.Off), 8)
		}
		packcode.Put(&template, i, ctx, st, w.bits)
		st.Advance(i, template.Imm == packcode.ImmNext, ctx.Memory)
	}
}

// bitWriter appends bits, most significant first.
type bitWriter struct {
	bytes  []byte
	free   int // bits left in the last byte
	fields *[]Field
}

// note names what is written next.
func (w *bitWriter) note(name, format string, args ...any) {
	if w.fields == nil {
		return
	}
	at := len(w.bytes)*8 - w.free
	if n := len(*w.fields); n > 0 {
		last := &(*w.fields)[n-1]
		if last.Bits = at - last.At; last.Bits == 0 {
			*w.fields = (*w.fields)[:n-1]
		}
	}
	if name != "" {
		*w.fields = append(*w.fields, Field{At: at, Name: name, Value: fmt.Sprintf(format, args...)})
	}
}

func (w *bitWriter) bits(v uint64, n int) {
	for n > 0 {
		n--
		if w.free == 0 {
			w.bytes = append(w.bytes, 0)
			w.free = 8
		}
		w.free--
		w.bytes[len(w.bytes)-1] |= byte(v>>n&1) << w.free
	}
}

func (w *bitWriter) pad() { w.bits(0, w.free) }

// number writes a number in groups of four bits, the highest first, each behind a bit that says
// whether more follow.
func (w *bitWriter) number(v uint32) {
	groups := 1
	for ; groups < 8 && v>>(4*groups) != 0; groups++ {
	}
	for g := groups - 1; g >= 0; g-- {
		more := uint64(0)
		if g > 0 {
			more = 1
		}
		w.bits(more<<4|uint64(v>>(4*g)&15), 5)
	}
}

// crc16 is CRC-16/CCITT-FALSE: polynomial 0x1021, initially all ones.
func crc16(data []byte) uint16 {
	crc := uint16(0xffff)
	for _, b := range data {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// PackSamples is the program's instructions for training the tables of the packed format. Long
// programs count less, so that many small ones are not outweighed.
func (p *Program) PackSamples() []packcode.Sample {
	const long = 100
	ctx, stream, st := p.packContext(), p.packStream(), packcode.State{}
	samples := make([]packcode.Sample, 0, len(stream))
	for _, i := range stream {
		samples = append(samples, packcode.Sample{Insn: i, Ctx: ctx, State: st, Weight: long / max(long, float64(len(stream)))})
		next := i.Op == opLDDW && i.Src == packcode.KindMemory && i.Imm == int64(st.Next)
		st.Advance(i, next, ctx.Memory)
	}
	return samples
}
