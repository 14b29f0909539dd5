// SPDX-License-Identifier: GPL-2.0-or-later

package redzone

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

const (
	ramStart  = 0x20000000
	ramBytes  = 128 << 10
	zoneBytes = 256  // between things
	zoneByte  = 0xa5 // what is there
)

// area is something in memory, between two red zones.
type area struct {
	name string
	addr uint32
	len  int
	free bool // engines may leave there what they like
	kept bool // nobody may change it
}

// layout is memory with things in it.
type layout struct {
	areas []area
	end   uint32
}

func (l *layout) add(name string, n int) *area {
	l.areas = append(l.areas, area{name: name, addr: l.end, len: n})
	l.end += uint32((n+7)&^7) + zoneBytes
	return &l.areas[len(l.areas)-1]
}

func newLayout() layout { return layout{end: ramStart + zoneBytes} }

// at is an area's part of RAM.
func (a *area) at(ram []byte) []byte {
	i := int(a.addr - ramStart)
	return ram[i : i+a.len : i+a.len]
}

func (a *area) word(ram []byte, offset uint32) uint32 {
	return binary.LittleEndian.Uint32(a.at(ram)[offset:])
}

func (a *area) put(ram []byte, offset uint32, words ...uint32) {
	for i, w := range words {
		binary.LittleEndian.PutUint32(a.at(ram)[offset+uint32(4*i):], w)
	}
}

var untouched = bytes.Repeat([]byte{zoneByte}, zoneBytes+8)

// changed says what a run changed that it must not: red zones, and what is kept as it was before.
func (l *layout) changed(before, ram []byte) string {
	from := 0
	zone := func(name string, to int) string {
		for i := from; i < to; i++ {
			if ram[i] != zoneByte {
				return fmt.Sprintf("%#x, before %s, was changed to %#x", ramStart+i, name, ram[i])
			}
		}
		return ""
	}
	for i := range l.areas {
		a := &l.areas[i]
		start := int(a.addr - ramStart)
		if !bytes.Equal(ram[from:start], untouched[:start-from]) {
			return zone(a.name, start)
		}
		if a.kept && !bytes.Equal(a.at(before), a.at(ram)) {
			return a.name + " was changed"
		}
		from = start + a.len
	}
	return zone("the end", int(l.end-ramStart))
}

// differs says which area two runs left differently.
func (l *layout) differs(a, b []byte) string {
	for i := range l.areas {
		if area := &l.areas[i]; !area.free && !bytes.Equal(area.at(a), area.at(b)) {
			return fmt.Sprintf("%s: %x, %x", area.name, area.at(a), area.at(b))
		}
	}
	return ""
}
