// SPDX-License-Identifier: GPL-2.0-or-later

// Package mapstest drives the device's maps on the host, for tests: against a model in Go, against Linux, and with
// hostile programs.
package mapstest

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "internal/mapstest/shim.h"
*/
import "C"

import (
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	_ "github.com/ubench-dev/ubench/image" // its C
	"github.com/ubench-dev/ubench/maps"
	_ "github.com/ubench-dev/ubench/ubpf" // its C
	_ "github.com/ubench-dev/ubench/verify"
	_ "github.com/ubench-dev/ubench/vm"
)

// Maps are the maps of a program, in memory of their own.
type Maps struct {
	c    *C.struct_shim
	Defs []maps.Def
}

// New makes maps in so many bytes. An error is an abi.Fault, with the index of the map as PC.
func New(bytes int, defs ...maps.Def) (*Maps, error) {
	rows := make([]C.struct_ub_map_def, max(len(defs), 1))
	for i, d := range defs {
		r := &rows[i]
		r._type, r.flags, r.key_size = C.uint8_t(d.Type), C.uint8_t(d.Flags), C.uint16_t(d.KeySize)
		r.value_size, r.max_entries = C.uint32_t(d.ValueSize), C.uint32_t(d.MaxEntries)
		for k, c := range []byte(d.Name)[:min(len(d.Name), len(r.name))] {
			r.name[k] = C.char(c)
		}
	}
	var fault C.struct_ub_fault
	c := C.shim_new(&rows[0], C.uint32_t(len(defs)), C.uint32_t(bytes), &fault)
	if c == nil {
		return nil, abi.Fault{Status: abi.Status(fault.status), PC: uint32(fault.pc)}
	}
	return &Maps{c, defs}, nil
}

// Need is the memory that maps take.
func Need(defs ...maps.Def) int {
	n := 4096 // what a host needs beside
	for _, d := range defs {
		values, other := d.Bytes()
		n += values + other + 64
	}
	return n
}

// Close frees the memory.
func (m *Maps) Close() { C.shim_free(m.c) }

func pointer(b []byte) unsafe.Pointer {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Pointer(&b[0])
}

func (m *Maps) at(index int) *C.struct_maps_map { return C.shim_map(m.c, C.uint32_t(index)) }

// Lookup is the value at a key, nil if there is none; as a program does it.
func (m *Maps) Lookup(index int, key []byte) []byte {
	e := C.maps_lookup(m.at(index), pointer(key))
	if e == C.MAPS_NONE {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(C.maps_value(m.at(index), e)), C.int(m.Defs[index].ValueSize))
}

// Update, Delete, Push and Pop return 0 or a negative errno.
func (m *Maps) Update(index int, key, value []byte, flags uint32) int {
	return int(C.maps_update(m.at(index), pointer(key), pointer(value), C.uint32_t(flags)))
}

// Delete removes an entry.
func (m *Maps) Delete(index int, key []byte) int {
	return int(C.maps_delete(m.at(index), pointer(key)))
}

// Push appends to a queue or stack.
func (m *Maps) Push(index int, value []byte, flags uint32) int {
	return int(C.maps_push(m.at(index), pointer(value), C.uint32_t(flags)))
}

// Pop is the next value of a queue or stack.
func (m *Maps) Pop(index int, take bool) ([]byte, int) {
	value := make([]byte, m.Defs[index].ValueSize)
	err := C.maps_pop(m.at(index), pointer(value), C.bool(take))
	return value, int(err)
}

// Next is the first entry from a number on, ok if there is one, with its key.
func (m *Maps) Next(index, from int) (entry int, key []byte, ok bool) {
	e := C.maps_next(m.at(index), C.uint32_t(from))
	if e == C.MAPS_NONE {
		return 0, nil, false
	}
	key = make([]byte, m.Defs[index].KeySize)
	C.maps_key(m.at(index), e, pointer(key))
	return int(e), key, true
}

// Reserve makes room for a record in a ring buffer: its offset, 0 if there is none.
func (m *Maps) Reserve(index, bytes int) int {
	return int(C.maps_reserve(m.at(index), 0, C.uint32_t(bytes)))
}

// Room is what was reserved at an offset.
func (m *Maps) Room(index, offset, bytes int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(m.at(index).values), offset)), bytes)
}

// Submit gives a record to the consumer.
func (m *Maps) Submit(index, offset int, discard bool) bool {
	return bool(C.maps_submit(m.at(index), C.uint32_t(offset), C.bool(discard)))
}

// Record is the oldest record of a ring buffer, nil if there is none yet.
func (m *Maps) Record(index int) []byte {
	var n C.uint32_t
	p := C.maps_record(m.at(index), &n)
	if p == nil {
		return nil
	}
	return append([]byte{}, unsafe.Slice((*byte)(p), int(n))...)
}

// Consume makes room of the oldest record.
func (m *Maps) Consume(index int) { C.maps_consume(m.at(index)) }

// Dropped is how many records there was no room for.
func (m *Maps) Dropped(index int) int { return int(m.at(index).dropped) }

// Dump is a map as whoever looks from outside sees it.
func (m *Maps) Dump(index int) []byte {
	dump := make([]byte, C.maps_dump_bytes(m.at(index)))
	C.maps_dump(m.at(index), 0, (*C.uint8_t)(pointer(dump)), C.uint32_t(len(dump)))
	return dump
}

// Scratch is memory of the program, at ScratchAddr.
func (m *Maps) Scratch() []byte { return unsafe.Slice((*byte)(m.c.scratch), C.SHIM_SCRATCH) }

// ScratchAddr is where a program sees it.
const ScratchAddr = C.SHIM_ADDR

// Call calls a helper.
func (m *Maps) Call(id uint16, args [5]uint32) (uint64, abi.Fault) {
	var fault C.struct_ub_fault
	c := [5]C.uint32_t{C.uint32_t(args[0]), C.uint32_t(args[1]), C.uint32_t(args[2]), C.uint32_t(args[3]), C.uint32_t(args[4])}
	r := C.shim_call(m.c, C.uint32_t(id), &c[0], &fault)
	return uint64(r), abi.Fault{Status: abi.Status(fault.status), Addr: uint32(fault.addr)}
}

// Memory is everything there is, at ScratchAddr.
func (m *Maps) Memory() []byte { return unsafe.Slice((*byte)(m.c.mem), int(m.c.arena.size)) }

// Embed runs a packed image as firmware of others does, on the interpreter, once on each context, and returns the results
// and how many entries the first map has.
func Embed(image []byte, contexts [][]byte) (results []uint64, entries int, err error) {
	var all []byte
	for _, c := range contexts {
		all = append(all, c...)
	}
	results = make([]uint64, len(contexts))
	var n C.uint32_t
	status := C.shim_embed((*C.uint8_t)(pointer(image)), C.uint32_t(len(image)), (*C.uint8_t)(pointer(all)), C.uint32_t(len(contexts)),
		C.uint32_t(len(contexts[0])), (*C.uint64_t)(unsafe.Pointer(&results[0])), &n)
	if status != 0 {
		return nil, 0, abi.Fault{Status: abi.Status(status)}
	}
	return results, int(n), nil
}
