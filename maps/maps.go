// SPDX-License-Identifier: GPL-2.0-or-later

// Package maps holds the device's maps (maps.h): the host checks declarations, and sizes them, with the very code of the
// device.
package maps

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/..
#include "maps/maps.h"
*/
import "C"

import (
	"embed"
	"encoding/binary"
	"fmt"

	"github.com/ubench-dev/ubench/abi"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS

// Def is a map as it is declared, struct ub_map_def.
type Def struct {
	Name       string
	Type       abi.MapType
	Flags      uint8 // ReadOnly, WriteOnly
	KeySize    uint32
	ValueSize  uint32
	MaxEntries uint32 // of a ring buffer, bytes
	Programs   []Program
}

// Program is a function that a program array begins with.
type Program struct{ Index, Slot int }

// Flags of a declaration: what programs may do.
const (
	ReadOnly  = C.UB_MAP_READ_ONLY
	WriteOnly = C.UB_MAP_WRITE_ONLY
)

// Limits of declarations.
const (
	NameBytes   = C.UB_MAP_NAME_BYTES - 1
	MapsMost    = C.UB_MAPS_MAX
	keyMost     = C.UB_MAP_KEY_MAX
	valueMost   = C.UB_MAP_VALUE_MAX
	entriesMost = C.UB_MAP_ENTRIES_MAX
	bytesMost   = C.UB_MAP_BYTES_MAX
	ringLeast   = C.UB_MAP_RING_MIN
)

// Handle is what a program has instead of a pointer to the map with an index.
func Handle(index int) uint32 { return C.UB_MAP_BASE + 8*uint32(index) }

func (d Def) c() (def C.struct_ub_map_def, ok bool) {
	if d.KeySize > 0xffff || len(d.Name) > NameBytes {
		return def, false
	}
	def._type, def.flags, def.key_size = C.uint8_t(d.Type), C.uint8_t(d.Flags), C.uint16_t(d.KeySize)
	def.value_size, def.max_entries = C.uint32_t(d.ValueSize), C.uint32_t(d.MaxEntries)
	for i, c := range []byte(d.Name) {
		def.name[i] = C.char(c)
	}
	return def, true
}

// Check says what is wrong with the declarations of a program's maps: which map, and what the limits are.
func Check(defs []Def) error {
	if len(defs) > MapsMost {
		return fmt.Errorf("%d maps, at most %d are possible", len(defs), MapsMost)
	}
	rows := make([]C.struct_ub_map_def, 0, len(defs))
	for _, d := range defs {
		row, ok := d.c()
		switch {
		case len(d.Name) > NameBytes:
			return fmt.Errorf("map %s: the name has %d bytes, at most %d are possible", d.Name, len(d.Name), NameBytes)
		case !ok:
			return fmt.Errorf("map %s: keys of %d bytes, at most %d are possible", d.Name, d.KeySize, keyMost)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	var where C.struct_ub_fault
	status := abi.Status(C.maps_check(&rows[0], C.uint32_t(len(rows)), &where))
	if status == abi.OK {
		return nil
	}
	return defs[where.pc].refused(status)
}

// refused says why the device refuses a map, with its limits.
func (d Def) refused(status abi.Status) error {
	limit := ""
	switch status.Name() {
	case "e-map-type":
		limit = fmt.Sprintf("there are %s", abi.MapTypeNames())
	case "e-map-key":
		limit = fmt.Sprintf("it has %d bytes; an array's has 4, a hash map's 1 to %d, others none", d.KeySize, keyMost)
	case "e-map-value":
		limit = fmt.Sprintf("it has %d bytes; a program array's has 4, a ring buffer's none, others 1 to %d", d.ValueSize, valueMost)
	case "e-map-entries":
		limit = fmt.Sprintf("%d; hash maps have 1 to %d, others 1 to 65535, and %d bytes of values at most; a ring buffer has a power of two of bytes, %d or more",
			d.MaxEntries, entriesMost, bytesMost, ringLeast)
	case "e-map-flags":
		limit = "BPF_F_RDONLY_PROG or BPF_F_WRONLY_PROG is possible, BPF_F_NO_PREALLOC has no effect"
	case "e-map-name":
		limit = fmt.Sprintf("letters, digits, _ and dots, at most %d of them", NameBytes)
	}
	return fmt.Errorf("map %s: %s: %s", d.Name, status, limit)
}

// Bytes is the memory of the device that a map takes: values, and everything else.
func (d Def) Bytes() (values, other int) {
	def, ok := d.c()
	if !ok {
		return 0, 0
	}
	return int(C.maps_value_bytes(&def)), int(C.maps_other_bytes(&def))
}

// Reached tells whether programs have pointers to its values; queues and stacks copy them.
func (d Def) Reached() bool { return bool(C.maps_is_reached(C.uint32_t(d.Type))) }

// Entry is an entry of a map; what has no keys has none.
type Entry struct{ Key, Value []byte }

func up(n uint32) int { return int(n+3) &^ 3 }

// DumpBytes is how long a map's dump is (maps_dump in maps.h).
func (d Def) DumpBytes() int {
	if d.Type == abi.MapRingbuf {
		return ringHead + int(d.MaxEntries)
	}
	return int(d.MaxEntries) * (4 + up(d.KeySize) + up(d.ValueSize))
}

// Entries lists the entries in a dump, in the order of the device: arrays by index, queues and stacks from the oldest on,
// ring buffers the records that wait.
func (d Def) Entries(dump []byte) ([]Entry, error) {
	if len(dump) != d.DumpBytes() {
		return nil, fmt.Errorf("map %s: a dump of %d bytes, want %d", d.Name, len(dump), d.DumpBytes())
	}
	if d.Type == abi.MapRingbuf {
		records, _ := records(dump)
		return records, nil
	}
	var entries []Entry
	for size := 4 + up(d.KeySize) + up(d.ValueSize); len(dump) > 0; dump = dump[size:] {
		if dump[0] == 0 {
			continue
		}
		e := Entry{Value: dump[4+up(d.KeySize):][:d.ValueSize]}
		if d.KeySize > 0 {
			e.Key = dump[4:][:d.KeySize]
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Dropped is how many records there was no room for, says the dump of a ring buffer.
func Dropped(dump []byte) uint32 { return binary.LittleEndian.Uint32(dump[8:]) }

const (
	ringHead   = 16
	recordHead = C.MAPS_RECORD_HEADER
	busy       = 1 << 31
	discarded  = 1 << 30
)

// records lists the records of a ring buffer that were submitted; whole is false if a program has garbled it.
func records(dump []byte) (rs []Entry, whole bool) {
	produced, consumed := binary.LittleEndian.Uint32(dump), binary.LittleEndian.Uint32(dump[4:])
	ring := dump[ringHead:]
	for at := consumed; at != produced; {
		rest := ring[at%uint32(len(ring)):]
		word := binary.LittleEndian.Uint32(rest)
		n := word &^ (busy | discarded)
		all := recordHead + (n+7)&^7
		switch {
		case n > uint32(len(ring)) || all > uint32(len(rest)) || all > produced-at:
			return rs, false
		case word&busy != 0:
			return rs, true
		case word&discarded == 0:
			rs = append(rs, Entry{Value: rest[recordHead:][:n]})
		}
		at += all
	}
	return rs, true
}
