// SPDX-License-Identifier: GPL-2.0-or-later

package redzone

/*
#include "internal/redzone/shim.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/progen"
)

// mapPlaces are where maps of a program lie. Values are what both sides compare; of the rest each side has its own, as wide as its
// pointers are.
type mapPlaces struct {
	values, rest *area
	making       *area // what the firmware gets to make maps of: see layout of makeMaps
}

// declare tells the shim of the program's maps.
func declare(z *C.struct_redzone, p progen.Program) error {
	if len(p.Maps) > C.UB_MAPS_MAX {
		return fmt.Errorf("%d maps are too many", len(p.Maps))
	}
	for i, d := range p.Maps {
		def := C.struct_ub_map_def{_type: C.uint8_t(d.Type), flags: C.uint8_t(d.Flags), key_size: C.uint16_t(d.KeySize),
			value_size: C.uint32_t(d.ValueSize), max_entries: C.uint32_t(d.MaxEntries)}
		for k, c := range []byte(d.Name) {
			def.name[k] = C.char(c)
		}
		z.defs[i] = def
	}
	z.program.maps, z.program.nmaps, z.program.map_places, z.maps = nil, C.uint32_t(len(p.Maps)), nil, nil
	if len(p.Maps) > 0 {
		z.program.maps = &z.defs[0]
	}
	return nil
}

// placeMaps lays out what belongs to maps, and tells compilers where it lies. A status: they cannot be as they are declared.
func placeMaps(z *C.struct_redzone, l *layout) (p mapPlaces, status C.int32_t) {
	if z.program.nmaps == 0 {
		return p, 0
	}
	bytes := C.redzone_value_bytes(z)
	if bytes < 0 {
		return p, bytes
	}
	add := func(name string, n int, free bool) *area {
		a := l.add(name, n)
		a.free = free
		return a
	}
	p = mapPlaces{
		values: add("values of maps", int(bytes), false),
		rest:   add("maps", int(C.redzone_rest_bytes(z)), true),
		making: add("what maps are made of", makingBytes+int(z.program.nmaps)*C.sizeof_struct_ub_map_def, true),
	}
	return p, C.redzone_make_maps(z, C.uint32_t(p.values.addr))
}

// Offsets of what the firmware makes maps of, in words of the device.
const (
	programAt   = 0              // struct ub_program, of which it reads maps and nmaps
	mapsAt      = programAt + 60 // ... which are there
	valuesAt    = 96             // struct ub_arena
	restAt      = valuesAt + 16  // struct ub_arena
	outAt       = restAt + 16    // struct maps *
	whereAt     = outAt + 8      // struct ub_fault
	defsAt      = whereAt + 16   // struct ub_map_def, as long here as there
	makingBytes = defsAt
)

// makeMaps makes the maps of the device, empty, by the firmware's own code, which `call` calls, and leaves their address in
// its run. On the stack below sp are the call's last arguments.
func (p *mapPlaces) makeMaps(z *C.struct_redzone, core *unicorn.Machine, run, sp uint32, call func(args ...uint32) (unicorn.Reason, error)) error {
	n := uint32(z.program.nmaps)
	b := make([]byte, p.making.len)
	put := func(at int, words ...uint32) {
		for i, w := range words {
			binary.LittleEndian.PutUint32(b[at+4*i:], w)
		}
	}
	put(mapsAt, p.making.addr+defsAt, n)
	put(valuesAt, p.values.addr, p.values.addr, uint32(p.values.len), 0)
	put(restAt, p.rest.addr, p.rest.addr, uint32(p.rest.len), 0)
	copy(b[defsAt:], C.GoBytes(unsafe.Pointer(&z.defs[0]), C.int(n)*C.sizeof_struct_ub_map_def))
	more := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, p.making.addr+outAt), p.making.addr+whereAt)
	if err := core.Write(p.making.addr, b); err != nil {
		return err
	}
	if err := core.Write(sp, more); err != nil {
		return err
	}
	at := func(offset uint32) uint32 { return p.making.addr + offset }
	reason, err := call(at(programAt), at(valuesAt), at(restAt), C.REDZONE_SEED)
	if err != nil || reason != unicorn.Until || core.Reg(0) != 0 {
		return fmt.Errorf("maps_make: %v, %v, %v", reason, abi.Status(int32(core.Reg(0))), err)
	}
	var out [4]byte
	if err := core.Read(at(outAt), out[:]); err != nil {
		return err
	}
	return core.Write(run+runMaps, out[:])
}

// runMaps is the offset of struct ub_run.maps on the device, behind what has its offset in abi/run.h.
const runMaps = C.UB_RUN_BYTES
