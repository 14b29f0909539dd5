// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// randomProgram has instructions no compiler emits, of which many need the escape.
func randomProgram(r *rand.Rand) *Program {
	p := &Program{Name: "random", CtxMin: uint32(r.IntN(3)) * 100, BSS: uint32(r.IntN(3)) * 5}
	p.Rodata = make([]byte, r.IntN(60))
	p.Data = make([]byte, r.IntN(20))
	for _, b := range [][]byte{p.Rodata, p.Data} {
		for i := range b {
			b[i] = byte(r.IntN(256) >> r.IntN(9)) // zeros and text often
		}
	}
	memory := len(p.Rodata) + len(p.Data) + int(p.BSS)
	for n := range r.IntN(2) * r.IntN(4) {
		d := maps.Def{
			Name: "map" + strings.Repeat("x", n), Type: abi.MapHash, Flags: uint8(r.IntN(3)), KeySize: 1 + uint32(r.IntN(256)),
			ValueSize: 1 + uint32(r.IntN(9)), MaxEntries: 1 + uint32(r.IntN(1000)),
		}
		if r.IntN(4) == 0 {
			d.Type, d.Programs = abi.MapProgArray, []maps.Program{{Index: r.IntN(9), Slot: r.IntN(99)}, {Index: 9, Slot: 0}}
		}
		p.Maps = append(p.Maps, d)
	}
	numbers := []int64{0, 1, -1, 7, 8, 15, 16, 127, 128, -128, 255, 256, 4095, 4096, math.MaxInt16, math.MinInt16, math.MaxInt32, math.MinInt32}
	for range 1 + r.IntN(40) {
		i := insn{
			op: byte(r.IntN(256)), dst: byte(r.IntN(11)), src: byte(r.IntN(11)),
			off: int16(numbers[r.IntN(len(numbers))]), imm: int32(numbers[r.IntN(len(numbers))]),
		}
		second := insn{imm: int32(numbers[r.IntN(len(numbers))])}
		switch {
		case i.op == opLDDWD || i.op == opLDDWR:
			continue
		case i.op == opLDDW || r.IntN(6) == 0:
			i.op, i.off, i.src = opLDDW, 0, []byte{0, 2, 3, 4}[r.IntN(4)]
			if len(p.Maps) > 0 && r.IntN(3) == 0 {
				i.imm, i.src, second.imm = int32(maps.Handle(r.IntN(len(p.Maps)))), 0, 0
			} else if memory > 0 && r.IntN(2) == 0 {
				a := Address{Slot: p.Slots(), Section: Rodata, Offset: uint32(r.IntN(len(p.Rodata) + 1))}
				if len(p.Rodata) == 0 {
					a.Section = Data
				}
				p.Addresses = append(p.Addresses, a)
				i.imm, i.src, second.imm = 0, 0, 0
			}
		case i.op == opCall && i.src == srcHelper || r.IntN(6) == 0:
			i.op, i.src, i.imm = opCall, srcHelper, int32(r.IntN(200))
		}
		slot := make([]byte, 2*slotBytes)
		i.put(slot)
		second.put(slot[slotBytes:])
		if i.op != opLDDW {
			slot = slot[:slotBytes]
		}
		p.Text = append(p.Text, slot...)
	}
	if len(p.Text) == 0 {
		p.Text = []byte{0x95, 0, 0, 0, 0, 0, 0, 0}
	}
	p.Helpers = p.calledHelpers()
	return p
}

// Whatever the instructions, the device decodes what was packed, and packs it again to the same bytes.
func TestPackedRandomPrograms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 3000 {
		p := randomProgram(r)
		data, err := p.Encode(abi.Packed)
		if err != nil {
			t.Fatal(err)
		}
		l, err := Load(abi.Packed, data, 0, false)
		if err != nil {
			t.Fatalf("program %d: %v\n%x", n, err, p.Text)
		}
		text, ro, rw := p.linked(l.RodataAddr, l.DataAddr)
		if !bytes.Equal(l.Text, text) || !bytes.HasPrefix(l.Rodata, ro) || !bytes.Equal(l.Data, rw) ||
			!reflect.DeepEqual(l.Maps, p.Maps) || !slices.Equal(l.Helpers, p.Helpers) || l.CtxMin != p.CtxMin {
			t.Fatalf("program %d was\n%x %q %x\nand became\n%x %q %x", n, text, ro, rw, l.Text, l.Rodata, l.Data)
		}
		if len(p.Addresses) > 0 && len(p.Rodata)%slotBytes != 0 && len(p.Data) > 0 {
			continue // an address behind .rodata may be that of its padding
		}
		if _, err := Inspect(abi.Packed, data); err != nil {
			t.Fatalf("program %d: %v", n, err)
		}
	}
}

// Behind a program there may be entries: a reader passes over those it does not know, unless they are
// critical.
func TestPackedTrailer(t *testing.T) {
	p := &Program{Text: []byte{0x95, 0, 0, 0, 0, 0, 0, 0}}
	plain, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flag   bool
		bytes  []byte
		status string
	}{
		{true, nil, "ok"},
		{true, []byte{0x01, 0x02, 0xaa, 0xbb}, "ok"},
		{true, []byte{0x01, 0x00, 0x7f, 0x01, 0x00}, "ok"},
		{true, []byte{0x83, 0x00}, "e-image-version"},
		{true, []byte{0x81, 0x00}, "e-image-section"},
		{true, []byte{0x81, 0x0c, 1, 0, 4, 0, 8, 0, 0, 0, 9, 0, 0, 0}, "e-image-section"}, // a map without a name
		{true, []byte{0x81, 0x0d, 1, 0, 4, 0, 8, 0, 0, 0, 9, 0, 0, 0, 'a'}, "ok"},
		{true, []byte{0x82, 0x05, 0, 0, 0, 0, 0}, "e-image-section"}, // programs of no map
		{true, []byte{0x82, 0x05, 0, 0, 0, 0, 0, 0x81, 0x0d, 3, 0, 4, 0, 4, 0, 0, 0, 9, 0, 0, 0, 'a'}, "ok"},
		{true, []byte{0x82, 0x04, 0, 0, 0, 0, 0x81, 0x0d, 3, 0, 4, 0, 4, 0, 0, 0, 9, 0, 0, 0, 'a'}, "e-image-section"},
		{true, bytes.Repeat([]byte{0x81, 0x0d, 1, 0, 4, 0, 8, 0, 0, 0, 9, 0, 0, 0, 'a'}, 17), "e-image-section"},
		{true, []byte{0x01, 0x00, 0xff, 0x01, 0x00}, "e-image-version"},
		{true, []byte{0x01, 0x03, 0xaa}, "e-image-truncated"},
		{true, []byte{0x01}, "e-image-version"},
		{false, []byte{0x01, 0x00}, "e-image-version"},
	} {
		data := append(bytes.Clone(plain[:len(plain)-2]), c.bytes...)
		if c.flag {
			data[0] |= packedTrailer
		}
		data = binary.BigEndian.AppendUint16(data, crc16(data))
		_, err := Load(abi.Packed, data, 0, false)
		status := "ok"
		if err != nil {
			status = err.(abi.Fault).Status.Name()
		}
		if status != c.status {
			t.Errorf("trailer %x: %s, want %s", c.bytes, status, c.status)
		}
	}
}

// Another version is another format.
func TestPackedVersion(t *testing.T) {
	data, err := (&Program{Text: []byte{0x95, 0, 0, 0, 0, 0, 0, 0}}).Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	for version := range 16 {
		data[0] = byte(version << 4)
		_, err := Load(abi.Packed, seal(data), 0, false)
		if want := version != packedVersion; (err != nil) != want {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// The text names maps by index: there is one with each, and no more than a program can have.
func TestPackedMapIndex(t *testing.T) {
	for _, c := range []struct {
		maps, named, dropped int
		status               string
	}{
		{2, 1, 0, "ok"},
		{2, 0, 1, "ok"},
		{2, 1, 1, "e-image-section"},
		{1, 0, 1, "e-image-section"},
		{16, 15, 0, "ok"},
		{17, 16, 0, "e-image-code"},
		{17, 16, 17, "e-image-code"},
	} {
		p := &Program{Text: make([]byte, 3*slotBytes)}
		insn{op: opLDDW, dst: 1, imm: int32(maps.Handle(c.named))}.put(p.Text)
		p.Text[2*slotBytes] = 0x95
		for range c.maps {
			p.Maps = append(p.Maps, maps.Def{Name: "a", Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 9})
		}
		data := encode(t, p, abi.Packed)
		const entry = 2 + 12 + 1
		data = data[:len(data)-2-c.dropped*entry]
		data = binary.BigEndian.AppendUint16(data, crc16(data))
		_, err := Load(abi.Packed, data, 0, false)
		status := "ok"
		if err != nil {
			status = err.(abi.Fault).Status.Name()
		}
		if status != c.status {
			t.Errorf("map %d of %d less %d: %s, want %s", c.named, c.maps, c.dropped, status, c.status)
		}
	}
}
