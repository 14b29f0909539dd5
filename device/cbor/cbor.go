// SPDX-License-Identifier: GPL-2.0-or-later

// Package cbor compiles the device's reader and writer of CBOR for the host, and calls them for tests.
package cbor

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "device/cbor/cbor.h"

static const char *text(int32_t error)
{
	switch (error) {
#define CBOR_ERROR(name, number, text) case CBOR_##name: return text;
	CBOR_ERRORS(CBOR_ERROR)
#undef CBOR_ERROR
	}
	return "no such error";
}

static uint32_t head(uint8_t *to, uint32_t size, int type, uint64_t number)
{
	struct cbor_buffer b = {to, size, 0};
	struct cbor_writer w = {cbor_buffer_put, &b};
	cbor_head(&w, (enum cbor_type)type, number);
	return b.len;
}

static uint32_t put_int(uint8_t *to, uint32_t size, int64_t value)
{
	struct cbor_buffer b = {to, size, 0};
	struct cbor_writer w = {cbor_buffer_put, &b};
	cbor_int(&w, value);
	return b.len;
}

static int32_t get_int(const uint8_t *from, uint32_t len, int64_t *value)
{
	struct cbor_reader r = {from, from + len};
	return cbor_read_int(&r, value);
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

// Error is what the reader found wrong.
type Error int32

func (e Error) Error() string {
	return C.GoString(C.text(C.int32_t(e)))
}

func start(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }

func outcome(status C.int32_t) error {
	if status == 0 {
		return nil
	}
	return Error(status)
}

// Check tells whether the device takes the bytes as one item in the deterministic encoding.
func Check(b []byte) error { return outcome(C.cbor_check(start(b), C.uint32_t(len(b)))) }

// Head is what the device writes in front of an item, for a major type and its number.
func Head(major int, number uint64) []byte {
	b := make([]byte, 9)
	return b[:C.head(start(b), 9, C.int(major), C.uint64_t(number))]
}

// Int is an integer as the device writes it.
func Int(value int64) []byte {
	b := make([]byte, 9)
	return b[:C.put_int(start(b), 9, C.int64_t(value))]
}

// ReadInt reads an integer as the device does.
func ReadInt(b []byte) (int64, error) {
	var value C.int64_t
	err := outcome(C.get_int(start(b), C.uint32_t(len(b)), &value))
	return int64(value), err
}
