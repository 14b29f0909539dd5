// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

func ring(t testing.TB, size uint32) *Maps {
	d := maps.Def{Name: "ring", Type: abi.MapRingbuf, MaxEntries: size}
	m, err := New(Need(d), d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Records come out in the order in which they were reserved, whole, once, but for those that were discarded; what there was no
// room for is counted; a record that is reserved holds up those behind it.
func TestRing(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 1))
	for range 2000 {
		size := uint32(16) << r.IntN(6)
		m := ring(t, size)
		type record struct {
			offset  int
			bytes   []byte
			done    bool
			discard bool
		}
		var waiting []*record // that the consumer has not seen
		dropped := 0
		for range 60 {
			switch r.IntN(4) {
			case 0, 1: // reserve, and perhaps submit at once
				n := r.IntN(int(size) * 3 / 4)
				offset := m.Reserve(0, n)
				if offset == 0 {
					dropped++
					continue
				}
				rec := &record{offset: offset, bytes: make([]byte, n)}
				for i := range rec.bytes {
					rec.bytes[i] = byte(r.Uint32())
				}
				copy(m.Room(0, offset, n), rec.bytes)
				waiting = append(waiting, rec)
				if r.IntN(3) > 0 {
					rec.done, rec.discard = true, r.IntN(4) == 0
					if !m.Submit(0, offset, rec.discard) {
						t.Fatal("a record that was reserved cannot be submitted")
					}
					if m.Submit(0, offset, false) {
						t.Fatal("a record was submitted twice")
					}
				}
			case 2: // submit an earlier one
				for _, rec := range waiting {
					if !rec.done {
						rec.done = true
						m.Submit(0, rec.offset, false)
						break
					}
				}
			case 3:
				waiting = slices.DeleteFunc(waiting, func(rec *record) bool { return rec.discard })
				got := m.Record(0)
				if len(waiting) == 0 || !waiting[0].done {
					if got != nil {
						t.Fatalf("a record of %d bytes, and none is ready", len(got))
					}
					continue
				}
				if !bytes.Equal(got, waiting[0].bytes) {
					t.Fatalf("record %x, want %x", got, waiting[0].bytes)
				}
				m.Consume(0)
				waiting = waiting[1:]
			}
		}
		if m.Dropped(0) != dropped {
			t.Fatalf("%d dropped, want %d", m.Dropped(0), dropped)
		}
		m.Close()
	}
}

// A buffer without anything in it takes a record as large as itself less the header, wherever the last one ended.
func TestRingTakesAll(t *testing.T) {
	m := ring(t, 64)
	defer m.Close()
	if m.Reserve(0, 57) != 0 || m.Dropped(0) != 1 {
		t.Error("more than there is room for")
	}
	for range 10 {
		offset := m.Reserve(0, 56)
		if offset == 0 {
			t.Fatal("no room for a record of 56 bytes in 64")
		}
		if m.Reserve(0, 0) != 0 {
			t.Error("room beside it")
		}
		m.Submit(0, offset, false)
		if len(m.Record(0)) != 56 {
			t.Error("another record")
		}
		m.Consume(0)
	}
}

// Programs can write headers. Whatever they write, the consumer reads nothing but the buffer, and comes to an end.
func TestRingGarbled(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 2))
	for range 5000 {
		m := ring(t, 128)
		for range 4 {
			if offset := m.Reserve(0, r.IntN(40)); offset > 0 {
				m.Submit(0, offset, false)
			}
		}
		all := m.Room(0, 0, 128)
		for range 1 + r.IntN(3) {
			binary.LittleEndian.PutUint32(all[8*r.IntN(16):], r.Uint32()>>r.IntN(32))
		}
		for range 40 {
			m.Record(0)
			m.Consume(0)
			if offset := m.Reserve(0, r.IntN(100)); offset > 0 {
				m.Submit(0, offset, r.IntN(2) == 0)
			}
			if _, err := m.Defs[0].Entries(m.Dump(0)); err != nil {
				t.Fatal(err)
			}
			m.Submit(0, r.IntN(200), false)
		}
		m.Close()
	}
}
