// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ubench/abi"
)

// objects are the programs this package is tested with: testdata/objects, and all examples.
func objects(t testing.TB) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range []string{"testdata/objects/*.o", "../examples/*/*.bpf.o"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.Base(f)] = data
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %d objects found", len(found))
	}
	return found
}

func load(t testing.TB, name string, data []byte, entry string) *Program {
	t.Helper()
	p, err := LoadObject(name, data, entry)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// linked is what a program must look like in memory, with its data sections at these addresses.
func (p *Program) linked(rodata, data uint32, pack bool) (text, ro, rw []byte) {
	text = slices.Clone(p.Text)
	addr := func(s Section, offset uint32) uint32 {
		switch {
		case s == Rodata:
			return rodata + offset
		case s == Text:
			return 0xf0000000 + 8*offset
		case pack:
			return data + p.packedOffset(Data, offset)
		}
		return data + offset
	}
	for _, a := range p.Addresses {
		binary.LittleEndian.PutUint32(text[a.Slot*8+4:], addr(a.Section, a.Offset))
	}
	ro = slices.Clone(p.Rodata)
	rw = make([]byte, len(p.Data)+int(p.BSS))
	copy(rw, p.Data)
	if pack {
		rw = slices.Concat(make([]byte, p.packedBSS()), p.Data)
	}
	for _, ptr := range p.Pointers {
		in, at := ro, ptr.At
		if ptr.In == Data {
			in = rw
			if pack {
				at = p.packedOffset(Data, at)
			}
		}
		binary.LittleEndian.PutUint64(in[at:], uint64(addr(ptr.Section, ptr.Offset)))
	}
	return text, ro, rw
}

// Whatever the format, the device ends up with the same program.
func TestReadersAgree(t *testing.T) {
	for name, data := range objects(t) {
		p := load(t, name, data, "")
		for _, f := range []abi.Format{abi.TextOnly, abi.FemtoContainers, abi.ExtendedHeader, abi.Packed} {
			image, err := p.Encode(f)
			if errors.Is(err, ErrUnsupported) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			l, err := Load(f, image, 0, false)
			if err != nil {
				t.Errorf("%s: %s: %v", name, f, err)
				continue
			}
			text, ro, rw := p.linked(l.RodataAddr, l.DataAddr, f == abi.Packed)
			if !bytes.Equal(l.Text, text) {
				t.Errorf("%s: %s: text is\n%x, want\n%x", name, f, l.Text, text)
			}
			if len(l.Rodata) < len(ro) || !bytes.Equal(l.Rodata[:len(ro)], ro) {
				t.Errorf("%s: %s: .rodata is %q, want %q", name, f, l.Rodata, ro)
			}
			if len(l.Data) < len(rw) || !bytes.Equal(l.Data[:len(rw)], rw) {
				t.Errorf("%s: %s: .data is %x, want %x", name, f, l.Data, rw)
			}
			if l.Entry != 0 {
				t.Errorf("%s: %s: entered at %d", name, f, l.Entry)
			}
			if f == abi.Packed || f == abi.ExtendedHeader {
				if !slices.Equal(l.Helpers, p.Helpers) {
					t.Errorf("%s: %s: helpers %v, want %v", name, f, l.Helpers, p.Helpers)
				}
				if l.CtxMin != p.CtxMin {
					t.Errorf("%s: %s: shortest context %d, want %d", name, f, l.CtxMin, p.CtxMin)
				}
			}
		}
	}
}

// Equal programs have equal images, however often they are encoded.
func TestEncodingIsDeterministic(t *testing.T) {
	for name, data := range objects(t) {
		for _, f := range abi.Formats() {
			a, errA := load(t, name, data, "").Encode(f)
			b, errB := load(t, name, data, "").Encode(f)
			if !bytes.Equal(a, b) || (errA == nil) != (errB == nil) {
				t.Errorf("%s: %s differs", name, f)
			}
		}
	}
}

// A packed image with one bit flipped is refused: the checksum sees to it.
func TestPackedBitFlips(t *testing.T) {
	for name, data := range objects(t) {
		p := load(t, name, data, "")
		image, err := p.Encode(abi.Packed)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range len(image) * 8 {
			image[bit/8] ^= 0x80 >> (bit % 8)
			if _, err := Load(abi.Packed, image, 0, false); err == nil {
				t.Errorf("%s: accepted with bit %d flipped", name, bit)
			}
			image[bit/8] ^= 0x80 >> (bit % 8)
		}
		for n := range image {
			if _, err := Load(abi.Packed, image[:n], 0, false); err == nil {
				t.Errorf("%s: accepted with %d of %d bytes", name, n, len(image))
			}
		}
	}
}

func TestObjectErrors(t *testing.T) {
	object, err := os.ReadFile("testdata/objects/everything.v3.o")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, entry string
		data        []byte
		want        string
	}{
		{"text.o", "", []byte("not an object"), "text.o: not an ELF object"},
		{"empty.o", "", nil, "empty.o: not an ELF object"},
		{"cut.o", "", object[:200], "cut.o: "},
		{"x.o", "nothing", object, `x.o: no program "nothing"; there are: `},
	} {
		_, err := LoadObject(c.name, c.data, c.entry)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestFromText(t *testing.T) {
	for _, c := range []struct {
		text []byte
		ok   bool
	}{
		{nil, false}, {make([]byte, 7), false}, {make([]byte, 8), true}, {make([]byte, 8*maxSlots), true}, {make([]byte, 8*maxSlots+8), false},
	} {
		if _, err := FromText("text", c.text); (err == nil) != c.ok {
			t.Errorf("%d bytes: %v", len(c.text), err)
		}
	}
}
