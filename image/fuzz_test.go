// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
)

// FuzzLoadObject feeds the linker. Whatever an object holds: one line that names it, or a program
// that can be encoded and read back.
func FuzzLoadObject(f *testing.F) {
	files, err := filepath.Glob("testdata/objects/*.o")
	if err != nil || len(files) == 0 {
		f.Fatal("no objects", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := Entries("fuzz.o", data)
		if err != nil {
			entries = []string{""}
		}
		for _, entry := range entries {
			p, err := LoadObject("fuzz.o", data, entry)
			if err != nil {
				if !strings.HasPrefix(err.Error(), "fuzz.o: ") {
					t.Errorf("%q does not name the object", err)
				}
				continue
			}
			for _, format := range abi.Formats() {
				image, err := p.Encode(format)
				if errors.Is(err, ErrUnsupported) || len(image) > LoadBytes {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				_, err = Load(format, image, p.EntryIndex(format), false)
				if fault := (abi.Fault{}); err != nil && (!errors.As(err, &fault) || format != abi.ELFObject && fault.Status != abi.StatusMemory) {
					t.Errorf("%s: the device refuses what was made for it: %v", format, err)
				}
			}
		}
	})
}

// seal gives a packed image the checksum it should have, so that fuzzing gets behind it.
func seal(image []byte) []byte {
	if len(image) < packedLeast {
		return image
	}
	body := image[:len(image)-2]
	return binary.BigEndian.AppendUint16(body[:len(body):len(body)], crc16(body))
}

// FuzzLoad feeds the device's readers. Their memory ends `room` bytes behind the image: under -asan a
// step outside is seen. Refusals are statuses of the reader with a place in the image.
func FuzzLoad(f *testing.F) {
	for name, data := range objects(f) {
		p := load(f, name, data, "")
		for _, format := range abi.Formats() {
			if image, err := p.Encode(format); err == nil {
				f.Add(byte(format), uint16(0), uint16(8<<10), false, image)
				f.Add(byte(format), uint16(1), uint16(8), true, image[:len(image)/2])
			}
		}
	}
	f.Fuzz(func(t *testing.T, format byte, entry, room uint16, femto bool, image []byte) {
		if abi.Format(format) == abi.Packed {
			image = seal(image)
		}
		size := min((len(image)+int(room)+7)/8*8, LoadBytes)
		l, err := loadIn(abi.Format(format), image, entry, femto, 0, size)
		if err != nil {
			fault := abi.Fault{}
			if !errors.As(err, &fault) || fault.Status > -2 || fault.Status < -29 {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if len(l.Text)%slotBytes != 0 || l.MemoryBytes < 0 || l.MemoryBytes > size {
			t.Errorf("%d bytes of text, %d taken", len(l.Text), l.MemoryBytes)
		}
		for i := 1; i < len(l.Helpers); i++ {
			if l.Helpers[i] <= l.Helpers[i-1] {
				t.Errorf("helpers %v do not ascend", l.Helpers)
			}
		}
		if abi.Format(format) == abi.ELFObject {
			return // the reader looks at less than the linker does
		}
		if abi.Format(format) != abi.Packed {
			if _, err := Inspect(abi.Format(format), image); err != nil {
				t.Errorf("accepted, but it cannot be inspected: %v", err)
			}
			return
		}
		// What can be inspected is canonical: the fields are all of it.
		if fields, err := Inspect(abi.Packed, image); err == nil {
			last := fields[len(fields)-1]
			if last.At+last.Bits != len(image)*8 {
				t.Errorf("the last field ends at bit %d of %d", last.At+last.Bits, len(image)*8)
			}
		}
	})
}

// Every word of an image becomes one that overflows, overlaps or leads outside: refused with a status, or
// read within the memory (go test -asan sees).
func TestStrangeWords(t *testing.T) {
	for name, data := range objects(t) {
		p := load(t, name, data, "")
		for _, format := range abi.Formats() {
			good, err := p.Encode(format)
			if err != nil {
				continue
			}
			size := (len(good) + 8<<10) / 8 * 8
			for at := 0; at+4 <= len(good); at += 2 {
				for _, v := range []uint32{0, 0xffffffff, 0x7fffffff, 0x80000000, 0xfffffff8, uint32(len(good)), uint32(size)} {
					bad := append([]byte{}, good...)
					binary.LittleEndian.PutUint32(bad[at:], v)
					if format == abi.Packed {
						bad = seal(bad)
					}
					_, err := loadIn(format, bad, p.EntryIndex(format), false, 0, size)
					if fault := (abi.Fault{}); err != nil && (!errors.As(err, &fault) || fault.Status > -2 || fault.Status < -29) {
						t.Errorf("%s: %s: word %#x at %d: %v", name, format, v, at, err)
					}
				}
			}
		}
	}
}
