// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// What cannot be is refused by a status of its own, with the index of the map; on the host, with its name and the limits.
func TestDeclarations(t *testing.T) {
	good := maps.Def{Name: "good", Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 10}
	change := func(f func(*maps.Def)) []maps.Def {
		d := good
		d.Name = "bad"
		f(&d)
		return []maps.Def{good, d}
	}
	for _, c := range []struct {
		name, status string
		defs         []maps.Def
	}{
		{"unknown type", "e-map-type", change(func(d *maps.Def) { d.Type = 11 })},
		{"no type", "e-map-type", change(func(d *maps.Def) { d.Type = 0 })},
		{"no key", "e-map-key", change(func(d *maps.Def) { d.KeySize = 0 })},
		{"large key", "e-map-key", change(func(d *maps.Def) { d.KeySize = 257 })},
		{"largest key", "e-map-key", change(func(d *maps.Def) { d.KeySize = math.MaxUint16 })},
		{"key of an array", "e-map-key", change(func(d *maps.Def) { d.Type, d.KeySize = abi.MapArray, 8 })},
		{"key of a queue", "e-map-key", change(func(d *maps.Def) { d.Type = abi.MapQueue })},
		{"key of a ring", "e-map-key", change(func(d *maps.Def) { d.Type = abi.MapRingbuf })},
		{"no value", "e-map-value", change(func(d *maps.Def) { d.ValueSize = 0 })},
		{"large value", "e-map-value", change(func(d *maps.Def) { d.ValueSize = 32769 })},
		{"negative value", "e-map-value", change(func(d *maps.Def) { d.ValueSize = math.MaxUint32 })},
		{"value of a ring", "e-map-value", change(func(d *maps.Def) { d.Type, d.KeySize, d.MaxEntries = abi.MapRingbuf, 0, 64 })},
		{"value of a program array", "e-map-value", change(func(d *maps.Def) { d.Type = abi.MapProgArray })},
		{"no entries", "e-map-entries", change(func(d *maps.Def) { d.MaxEntries = 0 })},
		{"many entries", "e-map-entries", change(func(d *maps.Def) { d.MaxEntries = 16384 })},
		{"entries and values overflow", "e-map-entries", change(func(d *maps.Def) { d.Type, d.MaxEntries, d.ValueSize = abi.MapArray, 65535, 32768 })},
		{"negative entries", "e-map-entries", change(func(d *maps.Def) { d.Type, d.MaxEntries = abi.MapArray, math.MaxUint32 })},
		{"ring of 0", "e-map-entries", change(func(d *maps.Def) { d.Type, d.KeySize, d.ValueSize, d.MaxEntries = abi.MapRingbuf, 0, 0, 0 })},
		{"ring of 100", "e-map-entries", change(func(d *maps.Def) { d.Type, d.KeySize, d.ValueSize, d.MaxEntries = abi.MapRingbuf, 0, 0, 100 })},
		{"huge ring", "e-map-entries", change(func(d *maps.Def) { d.Type, d.KeySize, d.ValueSize, d.MaxEntries = abi.MapRingbuf, 0, 0, 1<<31 })},
		{"unknown flag", "e-map-flags", change(func(d *maps.Def) { d.Flags = 4 })},
		{"contradicting flags", "e-map-flags", change(func(d *maps.Def) { d.Flags = 3 })},
		{"name twice", "e-map-name", change(func(d *maps.Def) { d.Name = "good" })},
		{"no name", "e-map-name", change(func(d *maps.Def) { d.Name = "" })},
		{"odd name", "e-map-name", change(func(d *maps.Def) { d.Name = "a\nb" })},
		{"large hash map", "e-memory", change(func(d *maps.Def) { d.MaxEntries = 16383 })},
	} {
		_, err := New(8192, c.defs...)
		fault := abi.Fault{}
		if !errors.As(err, &fault) || fault.Status.Name() != c.status || fault.PC != 1 {
			t.Errorf("%s: %v, want %s of map 1", c.name, err, c.status)
		}
		if c.status == "e-memory" {
			continue
		}
		err = maps.Check(c.defs)
		if err == nil || !strings.HasPrefix(err.Error(), "map "+c.defs[1].Name+": ") || strings.Count(err.Error(), ": ") < 2 {
			t.Errorf("%s: the host says %v", c.name, err)
		}
	}
	var many []maps.Def
	for i := range 17 {
		d := good
		d.Name = "map" + string(rune('a'+i))
		many = append(many, d)
	}
	if _, err := New(1<<20, many...); err == nil || err.(abi.Fault).Status.Name() != "e-map-count" {
		t.Errorf("17 maps: %v", err)
	}
	if err := maps.Check(many); err == nil || err.Error() != "17 maps, at most 16 are possible" {
		t.Errorf("17 maps: the host says %v", err)
	}
}

// FuzzDeclarations: whatever is declared is made in the memory there is, and can be used, or is refused.
func FuzzDeclarations(f *testing.F) {
	f.Add(uint8(1), uint8(0), uint16(4), uint32(8), uint32(1000), uint16(20000))
	f.Add(uint8(2), uint8(1), uint16(4), uint32(1), uint32(65535), uint16(65535))
	f.Add(uint8(3), uint8(0), uint16(4), uint32(4), uint32(3), uint16(300))
	f.Add(uint8(9), uint8(2), uint16(256), uint32(32768), uint32(1), uint16(40000))
	f.Add(uint8(23), uint8(0), uint16(0), uint32(3), uint32(7), uint16(500))
	f.Add(uint8(27), uint8(0), uint16(0), uint32(0), uint32(256), uint16(700))
	f.Fuzz(func(t *testing.T, kind, flags uint8, key uint16, value, entries uint32, memory uint16) {
		d := maps.Def{Name: "a", Type: abi.MapType(kind), Flags: flags, KeySize: uint32(key), ValueSize: value, MaxEntries: entries}
		m, err := New(int(memory), d)
		if checked := maps.Check([]maps.Def{d}); checked != nil && err == nil {
			t.Fatalf("the device makes what the host refuses: %v", checked)
		}
		if err != nil {
			return
		}
		defer m.Close()
		k, v := make([]byte, max(d.KeySize, 4)), make([]byte, d.ValueSize+1)
		for i := range 20 {
			k[0] = byte(i)
			switch d.Type {
			case abi.MapQueue, abi.MapStack:
				m.Push(0, v, uint32(i%3))
				m.Pop(0, i%2 == 0)
			case abi.MapRingbuf:
				if at := m.Reserve(0, i); at > 0 {
					clear(m.Room(0, at, i))
					m.Submit(0, at, false)
				}
			default:
				m.Update(0, k, v, uint32(i%4))
				m.Lookup(0, k)
				if i%3 == 0 {
					m.Delete(0, k)
				}
			}
		}
		if len(m.Dump(0)) != d.DumpBytes() {
			t.Error("the host expects another dump")
		}
	})
}
