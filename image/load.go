// SPDX-License-Identifier: GPL-2.0-or-later

package image

/*
#include "abi/engine.h"
#include "image/image.h"
*/
import "C"

import (
	"encoding/binary"
	"runtime"
	"slices"
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
)

// LoadAddr is the device address of the memory Load gives the reader.
const LoadAddr = 0x20004000

// LoadBytes is the size of that memory: what the boards have.
const LoadBytes = 112 << 10

// Loaded is a program as the device's reader leaves it, at LoadAddr.
type Loaded struct {
	Text                 []byte
	Entry                int
	Rodata, Data         []byte // Data is .data and .bss
	RodataAddr, DataAddr uint32
	CtxMin               uint32
	Helpers              []uint16
	Functions            []uint16 // those only the reader knows of
	Femto                bool     // lddwd and lddwr were left in the text
	Plan                 []byte   // for the compiler
	Maps                 []maps.Def
	MemoryBytes          int // taken beside the image
}

// Load runs the device's image reader on the host. femto keeps lddwd and lddwr for the engine of that
// name. An error is an abi.Fault: Addr is the offset in the image where reading stopped.
func Load(f abi.Format, image []byte, entry uint16, femto bool) (*Loaded, error) {
	return loadIn(f, image, entry, femto, 0, LoadBytes)
}

// Constants says where the read-only data of an image lies, and how much it is, on a device that has the image at
// an address, a multiple of 8.
func Constants(f abi.Format, image []byte, entry uint16, femto bool, addr uint32) (start, bytes uint32, err error) {
	l, err := loadAt(addr, f, image, entry, femto, 0, LoadBytes)
	if err != nil {
		return 0, 0, err
	}
	return l.RodataAddr, uint32(len(l.Rodata)), nil
}

// loadIn gives the reader `size` bytes of memory, a multiple of 8, and leaves `gap` bytes, as well,
// between the image and what the reader takes.
func loadIn(f abi.Format, image []byte, entry uint16, femto bool, gap, size int) (*Loaded, error) {
	return loadAt(LoadAddr, f, image, entry, femto, gap, size)
}

// loadAt does so where that memory, which begins with the image, has a device address.
func loadAt(addr uint32, f abi.Format, image []byte, entry uint16, femto bool, gap, size int) (*Loaded, error) {
	if size == 0 || len(image)+gap > size {
		return nil, abi.Fault{Status: abi.StatusMemory}
	}
	mem := make([]uint64, size/8)
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&mem[0])), size)
	copy(bytes, image)
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&mem[0])

	used := C.uint32_t(len(image)+gap+7) &^ 7
	arena := C.struct_ub_arena{mem: (*C.uint8_t)(&bytes[0]), addr: C.uint32_t(addr), size: C.uint32_t(size), used: used}
	caps := C.uint32_t(0)
	if femto {
		caps = C.UB_ENGINE_FEMTO
	}
	var p C.struct_ub_program
	var where C.struct_ub_fault
	status := C.image_load(C.uint32_t(f), arena.mem, C.uint32_t(len(image)), C.uint32_t(entry), caps, &arena, &p, &where)
	if status != 0 {
		return nil, abi.Fault{Status: abi.Status(status), PC: uint32(where.pc), Addr: uint32(where.addr)}
	}
	at := func(start, n C.uint32_t) []byte {
		if n == 0 {
			return nil
		}
		return slices.Clone(bytes[uint32(start)-addr:][:n])
	}
	l := &Loaded{
		Entry:  int(p.entry),
		Rodata: at(p.rodata_addr, p.rodata_len), RodataAddr: uint32(p.rodata_addr),
		Data: at(p.data_addr, p.data_len), DataAddr: uint32(p.data_addr),
		CtxMin: uint32(p.ctx_min), Femto: p.flags&C.UB_PROGRAM_FEMTO != 0, MemoryBytes: int(arena.used - used),
	}
	if p.slots > 0 {
		l.Text = slices.Clone(unsafe.Slice((*byte)(unsafe.Pointer(p.text)), int(p.slots)*slotBytes))
	}
	if p.plan_bytes > 0 {
		l.Plan = slices.Clone(unsafe.Slice((*byte)(unsafe.Pointer(p.plan)), int(p.plan_bytes)))
	}
	for _, d := range unsafe.Slice(p.maps, int(p.nmaps)) {
		def := maps.Def{
			Name: C.GoString(&d.name[0]), Type: abi.MapType(d._type), Flags: uint8(d.flags), KeySize: uint32(d.key_size),
			ValueSize: uint32(d.value_size), MaxEntries: uint32(d.max_entries),
		}
		for rows := unsafe.Slice((*byte)(d.programs), int(d.nprograms)*4); len(rows) > 0; rows = rows[4:] {
			def.Programs = append(def.Programs, maps.Program{
				Index: int(binary.LittleEndian.Uint16(rows)), Slot: int(binary.LittleEndian.Uint16(rows[2:])),
			})
		}
		l.Maps = append(l.Maps, def)
	}
	if p.nhelpers > 0 {
		l.Helpers = slices.Clone(unsafe.Slice((*uint16)(unsafe.Pointer(p.helpers)), int(p.nhelpers)))
	}
	if p.nfuncs > 0 {
		l.Functions = slices.Clone(unsafe.Slice((*uint16)(unsafe.Pointer(p.funcs)), int(p.nfuncs)))
	}
	return l, nil
}
