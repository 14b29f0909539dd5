// SPDX-License-Identifier: GPL-2.0-or-later

// Package slipmux frames messages for a serial line and finds them in it, with the device's own C.
package slipmux

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include <stdlib.h>
#include "device/slipmux/slipmux.h"

struct line {
	uint8_t *bytes;
	uint32_t len;
};

static void put(void *arg, uint8_t byte)
{
	struct line *l = arg;
	l->bytes[l->len++] = byte;
}

static uint32_t frame(uint8_t *to, int kind, const uint8_t *payload, uint32_t len)
{
	struct line l = {to, 0};
	slipmux_send(put, &l, (enum slipmux_kind)kind, payload, len);
	return l.len;
}
*/
import "C"

import (
	"embed"
	"unsafe"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS

// Kind is what a frame carries.
type Kind int

// Kinds of frames.
const (
	Text Kind = C.SLIPMUX_TEXT // for a person
	CoAP Kind = C.SLIPMUX_COAP // a message
	IP   Kind = C.SLIPMUX_IP   // a packet
)

// Frame is what goes over the line for a payload.
func Frame(kind Kind, payload []byte) []byte {
	// Every byte may become two; the first, the checksum and both ends.
	b := make([]byte, 2*(len(payload)+C.SLIPMUX_MORE_BYTES)+2)
	return b[:C.frame((*C.uint8_t)(unsafe.SliceData(b)), C.int(kind), (*C.uint8_t)(unsafe.SliceData(payload)), C.uint32_t(len(payload)))]
}

// Reader finds frames. Close it.
type Reader struct{ c C.struct_slipmux }

// NewReader makes one for payloads of so many bytes at most; longer ones are dropped.
func NewReader(most int) *Reader {
	size := C.size_t(most + C.SLIPMUX_MORE_BYTES)
	return &Reader{C.struct_slipmux{bytes: (*C.uint8_t)(C.malloc(size)), size: C.uint32_t(size)}}
}

// Close frees it.
func (r *Reader) Close() { C.free(unsafe.Pointer(r.c.bytes)) }

// Read takes bytes of the line and hands on each frame that became whole.
func (r *Reader) Read(b []byte, found func(Kind, []byte)) {
	var payload *C.uint8_t
	var n C.uint32_t
	for _, x := range b {
		if kind := C.slipmux_take(&r.c, C.uint8_t(x), &payload, &n); kind != C.SLIPMUX_NONE {
			found(Kind(kind), C.GoBytes(unsafe.Pointer(payload), C.int(n)))
		}
	}
}
