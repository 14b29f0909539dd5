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

	"github.com/ubench-dev/ubench/abi"
)

// objects are the programs this package is tested with: testdata/objects, and all examples.
func objects(t testing.TB) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range []string{"testdata/objects/everything.*.o", "../examples/*/*.bpf.o"} {
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
func (p *Program) linked(rodata, data uint32) (text, ro, rw []byte) {
	text = slices.Clone(p.Text)
	addr := func(s Section, offset uint32) uint32 {
		switch {
		case s == Rodata:
			return rodata + offset
		case s == Text:
			return 0xf0000000 + 8*offset
		}
		return data + offset
	}
	for _, a := range p.Addresses {
		binary.LittleEndian.PutUint32(text[a.Slot*8+4:], addr(a.Section, a.Offset))
	}
	ro = slices.Clone(p.Rodata)
	rw = make([]byte, len(p.Data)+int(p.BSS))
	copy(rw, p.Data)
	for _, ptr := range p.Pointers {
		in, at := ro, ptr.At
		if ptr.In == Data {
			in = rw
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
			text, ro, rw := p.linked(l.RodataAddr, l.DataAddr)
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
	for _, name := range []string{"bpf_store.bpf.o", "everything.v3.o"} {
		p := load(t, name, objects(t)[name], "")
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
	for _, c := range []struct{ object, entry, want string }{
		{"objects/everything.c", "", "everything.c: not an ELF object"},
		{"objects/everything.v3.o", "nothing", `everything.v3.o: no program "nothing"; there are: cube, unused, everything`},
		{"objects/everything.v3.o", "square", `everything.v3.o: no program "square"`},
		{"objects/several.o", "", "several.o: several programs, name one of them: first, second"},
		{"objects/badmaps.o", "no_size", "badmaps.o: map no_size_map: number of entries is not one that this type of map can have: 0; hash maps have"},
		{"objects/badmaps.o", "large_key", "badmaps.o: map large_key_map: key size is not one that this type of map can have: it has 300 bytes; an array's has 4, a hash map's 1 to 256"},
		{"objects/badmaps.o", "overflow", "badmaps.o: map overflow_map: number of entries is not one that this type of map can have: 4294967295; "},
		{"objects/badmaps.o", "unknown", "badmaps.o: section .text: function unknown: slot 4: map unknown_map: not supported: maps of type 11; there are hash, array, "},
		{"objects/badmaps.o", "pinned", "badmaps.o: section .text: function pinned: slot 4: map pinned_map: not supported: a map that is pinned"},
		{"objects/core.o", "", "core.o: section .text: function core: slot 0: not supported: CORERelocation"},
		{"objects/undefined.o", "undefined", "undefined.o: section .text: function undefined: slot 1: symbol missing is not defined"},
		{"objects/undefined.o", "undefined_data", "undefined.o: section .text: function undefined_data: slot 0: symbol nowhere is not defined"},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", c.object))
		if err != nil {
			t.Fatal(err)
		}
		_, err = LoadObject(filepath.Base(c.object), data, c.entry)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %s: error %v, want %s", c.object, c.entry, err, c.want)
		}
	}
}

// An object may end anywhere: no crash, one line.
func TestTruncatedObjects(t *testing.T) {
	object := objects(t)["everything.v3.o"]
	for n := 0; n < len(object); n += 7 {
		if _, err := LoadObject("cut.o", object[:n], ""); err == nil {
			t.Errorf("accepted with %d of %d bytes", n, len(object))
		} else if !strings.HasPrefix(err.Error(), "cut.o: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestEntries(t *testing.T) {
	several, err := os.ReadFile("testdata/objects/several.o")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		entry, function string
		index           uint16
	}{{"first", "first", 1}, {"second", "second", 2}, {"one", "first", 1}, {"shared", "shared", 0}} {
		p := load(t, "several.o", several, c.entry)
		if p.Functions[0].Name != c.function || p.EntryIndex(abi.ELFObject) != c.index {
			t.Errorf("%s: function %s, index %d", c.entry, p.Functions[0].Name, p.EntryIndex(abi.ELFObject))
		}
		image, err := p.Encode(abi.ELFObject)
		if err != nil {
			t.Fatal(err)
		}
		l, err := Load(abi.ELFObject, image, p.EntryIndex(abi.ELFObject), false)
		if err != nil {
			t.Fatal(err)
		}
		// The entry function moves its argument into r1 and calls the shared one, or is that one.
		if got := l.Text[l.Entry*8:][:8]; !bytes.Equal(got, p.Text[:8]) {
			t.Errorf("%s: the device enters at %x, want %x", c.entry, got, p.Text[:8])
		}
	}
}

// TestObjectsOfOursAreObjects: what pack writes as an object is one for every command. Those with constants once were not: an empty
// section ctx_min, by which they do not ask for anything, was refused.
func TestObjectsOfOursAreObjects(t *testing.T) {
	again := 0
	files, err := filepath.Glob("../internal/toolchains/testdata/gcc0/*.o")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		object, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p := load(t, name, object, "prog")
		written, err := p.Encode(abi.ELFObject)
		if err != nil || bytes.Equal(written, object) {
			continue
		}
		q, err := LoadObject(name, written, p.Functions[0].Name)
		if err != nil {
			t.Error(err)
			continue
		}
		again++
		if !bytes.Equal(q.Text, p.Text) || len(q.Addresses) != len(p.Addresses) || q.CtxMin != p.CtxMin || len(q.Maps) != len(p.Maps) {
			t.Errorf("%s: it is another program when it was written and read", name)
		}
	}
	if again < 10 {
		t.Errorf("%d objects were written by us", again)
	}
}

func TestLines(t *testing.T) {
	p := load(t, "everything.v3.o", objects(t)["everything.v3.o"], "")
	if len(p.Lines) == 0 {
		t.Fatal("no source lines")
	}
	l := p.Lines[0]
	if l.Slot != 0 || !strings.HasSuffix(l.File, "everything.c") || !strings.Contains(l.Text, "everything(void *ctx, u64 len)") {
		t.Errorf("the first line is %+v", l)
	}
	if !slices.IsSortedFunc(p.Lines, func(a, b Line) int { return a.Slot - b.Slot }) {
		t.Error("lines are not ascending")
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
