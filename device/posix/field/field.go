// SPDX-License-Identifier: GPL-2.0-or-later

// Package field is a device with the server of device/server, within this process: its network is handed over datagram by
// datagram, its power can be cut, and its clock stands still but for what tests skip.
package field

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Wno-unused-parameter -Werror -I${SRCDIR}/../../.. -I${SRCDIR}/../port
#cgo LDFLAGS: -lpthread
#include <string.h>
#include "device/posix/field/field.h"
#include "device/posix/link.h"
*/
import "C"

import (
	"fmt"
	"math"
	"sync"
	"time"
	"unsafe"

	_ "github.com/ubench-dev/ubench/device/posix" // os.c, link.c
	_ "github.com/ubench-dev/ubench/device/posix/nor"
	_ "github.com/ubench-dev/ubench/device/server"
	_ "github.com/ubench-dev/ubench/firmware/agent" // the host's counters
	"github.com/ubench-dev/ubench/internal/devmem"
)

// Sizes.
const (
	PoolAddr      = 0x20008000
	PoolBytes     = 96 << 10
	DatagramBytes = C.OS_DATAGRAM_BYTES
	Contexts      = C.FIELD_CONTEXTS
	Upload        = C.COAP_UPLOAD_US * time.Microsecond
	Tears         = C.TEARS
)

// Key is one that signs: its id, and the point.
type Key struct {
	ID    [8]byte
	Point [64]byte
	Flags byte // 1 development, 2 revoked
}

// Secret is what a context of OSCORE is derived from.
type Secret struct {
	Master         [16]byte
	Device, Client []byte
}

// Setup is what a device has.
type Setup struct {
	Keys             []Key
	Secrets          []Secret
	Production       bool
	Vendor           [16]byte
	Classes          [2][16]byte
	AreaBytes, Areas int
	Block            int
}

// Device is the process's.
type Device struct{ flash []byte }

var (
	once   sync.Once
	failed error
	memory *devmem.Space // for as long as the process lives
	flash  []byte
)

const mostFlash = 1 << 20

// New makes the device anew, with empty flash and without power. There is one in a process.
func New(s Setup) (*Device, error) {
	once.Do(func() {
		if memory, failed = devmem.Reserve(); failed != nil {
			return
		}
		if _, failed = memory.Map(PoolAddr, PoolBytes); failed == nil {
			flash, failed = memory.Map(0x08000000, mostFlash)
		}
	})
	if failed != nil {
		return nil, failed
	}
	if s.AreaBytes*s.Areas > mostFlash || len(s.Keys) > C.FIELD_KEYS || len(s.Secrets) > C.FIELD_CONTEXTS {
		return nil, fmt.Errorf("no such device: %+v", s)
	}
	var c C.struct_field_setup
	c.base = (*C.uint8_t)(memory.Base())
	c.pool_addr, c.pool_bytes = PoolAddr, PoolBytes
	c.flash = (*C.uint8_t)(unsafe.SliceData(flash))
	c.area_bytes, c.areas, c.block = C.uint32_t(s.AreaBytes), C.uint32_t(s.Areas), C.uint32_t(s.Block)
	c.random = 0x12345
	copyTo(unsafe.Pointer(&c.firmware), []byte("test"))
	for i, k := range s.Keys {
		copyTo(unsafe.Pointer(&c.keys[i].id), k.ID[:])
		copyTo(unsafe.Pointer(&c.keys[i].point), k.Point[:])
		c.keys[i].flags = C.uint8_t(k.Flags)
	}
	c.nkeys, c.nsecrets = C.uint32_t(len(s.Keys)), C.uint32_t(len(s.Secrets))
	if s.Production {
		c.production = 1
	}
	copyTo(unsafe.Pointer(&c.vendor), s.Vendor[:])
	for i := range s.Classes {
		copyTo(unsafe.Pointer(&c.classes[i]), s.Classes[i][:])
	}
	for i, x := range s.Secrets {
		copyTo(unsafe.Pointer(&c.secrets[i].master), x.Master[:])
		for id, from := range map[*C.struct_oscore_id][]byte{&c.secrets[i].device: x.Device, &c.secrets[i].client: x.Client} {
			id.len = C.uint8_t(len(from))
			copyTo(unsafe.Pointer(&id.bytes), from)
		}
	}
	C.field_make(&c)
	d := &Device{flash[:s.AreaBytes*s.Areas]}
	for i := range d.flash {
		d.flash[i] = 0xff
	}
	return d, nil
}

func copyTo(to unsafe.Pointer, from []byte) { copy(unsafe.Slice((*byte)(to), len(from)), from) }

// Start switches it on. An error is one of the store.
func (d *Device) Start() error {
	if err := C.field_start(); err != 0 {
		return fmt.Errorf("the store: error %d", int(err))
	}
	return nil
}

// Halt switches it off.
func (d *Device) Halt() { C.field_halt() }

// Flash is what it has in flash, to be looked at and, while it is off, to be changed.
func (d *Device) Flash() []byte { return d.flash }

// Cut lets the power of flash fail in the write that comes after so many others. From then on nothing has an effect.
func (d *Device) Cut(after, tear int) {
	f := C.field_flash()
	f.cut_at, f.tear = f.writes+C.uint32_t(after), C.uint32_t(tear)
}

// Mend lets flash be written again.
func (d *Device) Mend() {
	f := C.field_flash()
	f.off, f.cut_at = 0, math.MaxUint32
}

// Writes is how many words and areas of flash were written so far.
func (d *Device) Writes() int { return int(C.field_flash().writes) }

// Violated tells whether flash was used as flash cannot be.
func (d *Device) Violated() bool { return C.field_flash().violated != 0 }

// Dead tells whether the power of flash has failed.
func (d *Device) Dead() bool { return C.field_flash().off != 0 }

// Give hands it a datagram from somebody.
func (d *Device) Give(from byte, b []byte) {
	var peer C.struct_os_peer
	peer.bytes[0] = C.uint8_t(from)
	C.posix_give(&peer, (*C.uint8_t)(unsafe.SliceData(b)), C.uint32_t(len(b)))
}

// Queue has a datagram lie there as well when the next one is given: the device takes both before it goes on with anything else.
func (d *Device) Queue(from byte, b []byte) {
	var peer C.struct_os_peer
	peer.bytes[0] = C.uint8_t(from)
	C.posix_queue(&peer, (*C.uint8_t)(unsafe.SliceData(b)), C.uint32_t(len(b)))
}

// Take returns what it has sent, and to whom, or nil.
func (d *Device) Take() (to byte, b []byte) {
	var peer C.struct_os_peer
	buffer := make([]byte, DatagramBytes)
	n := C.posix_take(&peer, (*C.uint8_t)(unsafe.SliceData(buffer)), 0)
	if n == 0 {
		return 0, nil
	}
	return byte(peer.bytes[0]), buffer[:n]
}

// Skip moves its clock on, and waits until all has been done that is due then.
func (d *Device) Skip(t time.Duration) {
	C.posix_skip(C.uint64_t(t.Microseconds()))
	d.Settle()
}

// Settle waits until the device waits for what has not come yet: it has taken all datagrams, and no program runs.
func (d *Device) Settle() { C.posix_settle() }
