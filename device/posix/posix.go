// SPDX-License-Identifier: GPL-2.0-or-later

// Package posix is a device on the host: supervisor and console of the firmware on pthreads (os.c), for tests under
// sanitizers and for fuzzing. Programs run in the interpreter; there are no walls.
package posix

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../.. -I${SRCDIR}/port
#cgo LDFLAGS: -lpthread
#include "device/os.h"
#include "device/posix/host.h"
#include "device/posix/link.h"

#ifdef __SANITIZE_THREAD__
enum { HOLDS_SIGNALS = 1 };
#else
enum { HOLDS_SIGNALS = 0 };
#endif
*/
import "C"

import (
	"context"
	"errors"
	"sync"
	"time"
	"unsafe"

	_ "github.com/ubench-dev/ubench/device/console"
	_ "github.com/ubench-dev/ubench/device/supervisor"
	_ "github.com/ubench-dev/ubench/firmware/agent" // frame.c, and the host's counters
	"github.com/ubench-dev/ubench/internal/devmem"
)

// The pool of programs.
const (
	PoolAddr  = 0x20008000
	PoolBytes = 96 << 10
)

// HoldsSignals tells of a build with ThreadSanitizer, which delivers a signal only when the thread calls something: a kill does
// not interrupt a program that only computes.
const HoldsSignals = C.HOLDS_SIGNALS != 0

// Device is the process's device. It answers one request at a time.
type Device struct {
	mu  sync.Mutex
	seq byte
}

var (
	once   sync.Once
	failed error
	device Device
	memory *devmem.Space // for as long as the process lives
)

// Open starts the device, or finds the one there is.
func Open() (*Device, error) {
	once.Do(func() {
		if memory, failed = devmem.Reserve(); failed != nil {
			return
		}
		if _, failed = memory.Map(PoolAddr, PoolBytes); failed != nil {
			return
		}
		C.posix_start((*C.uint8_t)(memory.Base()), PoolAddr, PoolBytes)
	})
	return &device, failed
}

// Skip moves its clock on.
func (d *Device) Skip(t time.Duration) { C.posix_skip(C.uint64_t(t.Microseconds())) }

// Exchange asks the console.
func (d *Device) Exchange(_ context.Context, kind byte, payload []byte) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seq++
	answer, err := d.Raw(append([]byte{kind, d.seq}, payload...))
	if err != nil {
		return nil, err
	}
	if answer[0] != kind|0x80 || answer[1] != d.seq {
		return nil, errors.New("an answer to something else")
	}
	return answer[2:], nil
}

// Raw hands the device a datagram as it is and returns its answer.
func (d *Device) Raw(request []byte) ([]byte, error) {
	if len(request) > C.OS_DATAGRAM_BYTES || len(request) < 2 {
		return nil, errors.New("no datagram has such a length")
	}
	answer := make([]byte, C.OS_DATAGRAM_BYTES)
	var peer C.struct_os_peer
	C.posix_give(&peer, (*C.uint8_t)(unsafe.Pointer(&request[0])), C.uint32_t(len(request)))
	n := C.posix_take(&peer, (*C.uint8_t)(unsafe.Pointer(&answer[0])), 1)
	return answer[:n], nil
}

// Give sends the device a datagram, as somebody.
func (d *Device) Give(from byte, request []byte) error {
	if len(request) > C.OS_DATAGRAM_BYTES || len(request) < 1 {
		return errors.New("no datagram has such a length")
	}
	var peer C.struct_os_peer
	peer.bytes[0] = C.uint8_t(from)
	C.posix_give(&peer, (*C.uint8_t)(unsafe.Pointer(&request[0])), C.uint32_t(len(request)))
	return nil
}

// Take returns the next datagram from the device, and for whom it is; none if none comes for long.
func (d *Device) Take() (to byte, answer []byte) {
	answer = make([]byte, C.OS_DATAGRAM_BYTES)
	var peer C.struct_os_peer
	var n C.uint32_t
	for end := time.Now().Add(5 * time.Minute); n == 0 && time.Now().Before(end); {
		if n = C.posix_take(&peer, (*C.uint8_t)(unsafe.Pointer(&answer[0])), 0); n == 0 {
			time.Sleep(50 * time.Microsecond)
		}
	}
	return byte(peer.bytes[0]), answer[:n]
}
