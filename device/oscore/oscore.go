// SPDX-License-Identifier: GPL-2.0-or-later

// Package oscore compiles the device's side of OSCORE for the host, and calls it for tests.
package oscore

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include <stdlib.h>
#include <string.h>

#include "device/oscore/oscore.h"

static const char *text(int32_t error)
{
	switch (error) {
#define OSCORE_ERROR(name, number, class, detail, text) case OSCORE_##name: return text;
	OSCORE_ERRORS(OSCORE_ERROR)
#undef OSCORE_ERROR
	}
	return "no such error";
}

// What survives a reset.
struct flash {
	uint64_t end;
	int32_t fails, writes;
};

static int32_t keep(void *arg, const struct oscore_context *c, uint64_t end)
{
	struct flash *f = arg;
	(void)c;
	if (f->fails)
		return -1;
	f->end = end;
	f->writes++;
	return 0;
}

static void begin(struct oscore_context *c, struct flash *f)
{
	c->reserve = keep;
	c->arg = f;
	c->sequence = c->reserved = f->end;
}
*/
import "C"

import (
	"bytes"
	"embed"
	"unsafe"

	_ "github.com/ubench-dev/ubench/device/cbor"
	_ "github.com/ubench-dev/ubench/device/coap"
	_ "github.com/ubench-dev/ubench/device/crypto"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS

// Error is why a request is refused.
type Error int32

func (e Error) Error() string { return C.GoString(C.text(C.int32_t(e))) }

// Reasons.
const (
	ErrPlain    = Error(C.OSCORE_E_PLAIN)
	ErrOption   = Error(C.OSCORE_E_OPTION)
	ErrContext  = Error(C.OSCORE_E_CONTEXT)
	ErrReplay   = Error(C.OSCORE_E_REPLAY)
	ErrDecrypt  = Error(C.OSCORE_E_DECRYPT)
	ErrFresh    = Error(C.OSCORE_E_FRESH)
	ErrSequence = Error(C.OSCORE_E_SEQUENCE)
	ErrRoom     = Error(C.OSCORE_E_ROOM)
)

// Reserve is how many sequence numbers the device reserves at a time.
const Reserve = C.OSCORE_RESERVE

// Client is one that a device knows: what they share.
type Client struct {
	Master, Salt, IDContext []byte
	Sender, Recipient       []byte // seen from the device
}

// Device has contexts, and flash that sequence numbers are kept in. Close it.
type Device struct {
	contexts *C.struct_oscore_context
	n        int
	flash    *C.struct_flash
}

func id(b []byte) (i C.struct_oscore_id) {
	i.len = C.uint8_t(len(b))
	for k, v := range b {
		i.bytes[k] = C.uint8_t(v)
	}
	return i
}

// New makes a device that knows clients.
func New(clients ...Client) *Device {
	n := len(clients)
	d := &Device{(*C.struct_oscore_context)(C.calloc(C.size_t(n)+1, C.sizeof_struct_oscore_context)), n, (*C.struct_flash)(C.calloc(1, C.sizeof_struct_flash))}
	for i, c := range clients {
		master, salt, context := C.CBytes(c.Master), C.CBytes(c.Salt), C.CBytes(c.IDContext)
		secret := C.struct_oscore_secret{
			master: (*C.uint8_t)(master), master_len: C.uint32_t(len(c.Master)),
			salt: (*C.uint8_t)(salt), salt_len: C.uint32_t(len(c.Salt)),
			id_context: (*C.uint8_t)(context), id_context_len: C.uint32_t(len(c.IDContext)),
		}
		sender, recipient := id(c.Sender), id(c.Recipient)
		C.oscore_derive(&d.all()[i], &secret, &sender, &recipient)
		for _, p := range []unsafe.Pointer{master, salt, context} {
			C.free(p)
		}
	}
	return d
}

func (d *Device) all() []C.struct_oscore_context { return unsafe.Slice(d.contexts, d.n) }

// Close frees it.
func (d *Device) Close() {
	C.free(unsafe.Pointer(d.contexts))
	C.free(unsafe.Pointer(d.flash))
}

// Reset makes the device forget what it did not keep, and remember the sequence numbers it reserved.
func (d *Device) Reset() {
	for i := range d.all() {
		c := &d.all()[i]
		C.begin(c, d.flash)
		c.highest, c.window, c.lost, c.challenge = 0, 0, 1, C.uint64_t(1)<<40
	}
}

// Keep has the device keep its sequence numbers from now on.
func (d *Device) Keep() {
	for i := range d.all() {
		C.begin(&d.all()[i], d.flash)
	}
}

// FlashFails makes keeping fail.
func (d *Device) FlashFails() { d.flash.fails = 1 }

// Writes is how often something was kept.
func (d *Device) Writes() int { return int(d.flash.writes) }

// SetSequence sets the next number of the device.
func (d *Device) SetSequence(n uint64) {
	for i := range d.all() {
		d.all()[i].sequence = C.uint64_t(n)
	}
}

// Keys are those of a client: what the device sends with, what it receives with, and the common IV.
func (d *Device) Keys(i int) (sender, recipient, iv []byte) {
	c := &d.all()[i]
	b := func(p unsafe.Pointer, n C.int) []byte { return C.GoBytes(p, n) }
	return b(unsafe.Pointer(&c.sender_key), 16), b(unsafe.Pointer(&c.recipient_key), 16), b(unsafe.Pointer(&c.common_iv), 13)
}

// Exchange is a request that came.
type Exchange struct{ x C.struct_oscore_exchange }

// in runs f on a copy of the message in memory of `size` bytes of its own, so that a sanitizer sees what is read behind it.
func in(message []byte, size int, f func(*C.uint8_t) C.int32_t) ([]byte, error) {
	p := C.malloc(C.size_t(max(size, 1)))
	defer C.free(p)
	copy(unsafe.Slice((*byte)(p), size), message)
	n := f((*C.uint8_t)(p))
	if n < 0 {
		return nil, Error(n)
	}
	return bytes.Clone(unsafe.Slice((*byte)(p), n)), nil
}

// Unprotect is what the device makes of a datagram.
func (d *Device) Unprotect(datagram []byte) ([]byte, *Exchange, error) {
	x := &Exchange{}
	b, err := in(datagram, len(datagram), func(p *C.uint8_t) C.int32_t {
		return C.oscore_unprotect_request(d.contexts, C.uint32_t(d.n), p, C.uint32_t(len(datagram)), &x.x)
	})
	return b, x, err
}

// Known tells whether the request was protected.
func (x *Exchange) Known() bool { return x.x.context != nil }

// Protect is what the device sends instead of an answer, in a buffer of some size.
func (x *Exchange) Protect(answer []byte, size int) ([]byte, error) {
	return in(answer, size, func(p *C.uint8_t) C.int32_t {
		return C.oscore_protect_response(&x.x, p, C.uint32_t(len(answer)), C.uint32_t(size))
	})
}

// Refuse is the answer to what could not be unprotected.
func (x *Exchange) Refuse(e Error, size int) []byte {
	b, _ := in(nil, size, func(p *C.uint8_t) C.int32_t {
		return C.int32_t(C.oscore_refuse(C.int32_t(e), &x.x, p, C.uint32_t(size)))
	})
	return b
}
