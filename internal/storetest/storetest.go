// SPDX-License-Identifier: GPL-2.0-or-later

// Package storetest is the store of device/store on a model of NOR flash whose power can be cut at any write.
package storetest

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include <stdlib.h>
#include <string.h>
#include "device/posix/nor/nor.h"

struct storetest {
	struct nor nor;
	struct store store;
};

static struct storetest *storetest_new(uint32_t area_bytes, uint32_t areas)
{
	struct storetest *t = calloc(1, sizeof *t);
	uint8_t *bytes = malloc(area_bytes * areas);

	memset(bytes, 0xff, area_bytes * areas);
	nor_init(&t->nor, bytes, area_bytes, areas);
	return t;
}

static void storetest_free(struct storetest *t)
{
	free(t->nor.bytes);
	free(t);
}

static const char *text(int32_t error)
{
	switch (error) {
#define STORE_ERROR(name, number, text) case STORE_##name: return text;
	STORE_ERRORS(STORE_ERROR)
#undef STORE_ERROR
	}
	return "no such error";
}
*/
import "C"

import (
	"math"
	"strings"
	"unsafe"

	_ "github.com/ubench-dev/ubench/device/posix/nor"
	_ "github.com/ubench-dev/ubench/device/store" // the store
)

// Error is an error of the store.
type Error int32

func (e Error) Error() string { return C.GoString(C.text(C.int32_t(e))) }

// Errors of the store.
const (
	ErrFlash = Error(C.STORE_E_FLASH)
	ErrFull  = Error(C.STORE_E_FULL)
	ErrName  = Error(C.STORE_E_NAME)
	ErrOld   = Error(C.STORE_E_OLD)
	ErrNone  = Error(C.STORE_E_NONE)
	ErrOrder = Error(C.STORE_E_ORDER)
)

// Tears are the ways in which a write can be cut.
const Tears = C.TEARS

// Store is one, with its flash. Mount it first.
type Store struct{ c *C.struct_storetest }

// New makes a store on flash that is erased. Close it.
func New(areaBytes, areas int) *Store {
	return &Store{C.storetest_new(C.uint32_t(areaBytes), C.uint32_t(areas))}
}

// Close frees it.
func (s *Store) Close() { C.storetest_free(s.c) }

func outcome(status C.int32_t) error {
	if status == 0 {
		return nil
	}
	return Error(status)
}

// Mount is a reset with the power on: all that is not in flash is forgotten.
func (s *Store) Mount() error {
	s.c.nor.off, s.c.nor.cut_at = 0, math.MaxUint32
	return s.remount()
}

// remount is a reset during which the power may still be cut.
func (s *Store) remount() error {
	return outcome(C.store_mount(&s.c.store, &s.c.nor.flash))
}

// Cut lets the power fail in the write that comes after so many others.
func (s *Store) Cut(after, tear int) {
	s.c.nor.cut_at, s.c.nor.tear = s.c.nor.writes+C.uint32_t(after), C.uint32_t(tear)
}

// Writes is how many words and areas were written so far.
func (s *Store) Writes() int { return int(s.c.nor.writes) }

// Violated tells whether flash was used as flash cannot be.
func (s *Store) Violated() bool { return s.c.nor.violated != 0 }

// Erases is how often each area was erased.
func (s *Store) Erases() []int {
	var n []int
	for i := range int(s.c.nor.flash.areas) {
		n = append(n, int(s.c.nor.erases[i]))
	}
	return n
}

// Flash is all of flash, to be looked at and to be changed.
func (s *Store) Flash() []byte {
	return unsafe.Slice((*byte)(s.c.nor.bytes), int(s.c.nor.flash.area_bytes*s.c.nor.flash.areas))
}

func named(name string, f func(*C.char) C.int32_t) error {
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	return outcome(f(c))
}

// Begin begins to write a program.
func (s *Store) Begin(name string, sequence uint32, length int, trial bool) error {
	flags := C.uint32_t(0)
	if trial {
		flags = C.STORE_TRIAL
	}
	return named(name, func(c *C.char) C.int32_t {
		return C.store_begin(&s.c.store, c, C.uint32_t(sequence), C.uint32_t(length), flags)
	})
}

// Append writes more of it.
func (s *Store) Append(b []byte) error {
	return outcome(C.store_append(&s.c.store, (*C.uint8_t)(unsafe.SliceData(b)), C.uint32_t(len(b))))
}

// Commit makes it the name's program.
func (s *Store) Commit() error { return outcome(C.store_commit(&s.c.store)) }

// Remove removes a program.
func (s *Store) Remove(name string) error {
	return named(name, func(c *C.char) C.int32_t { return C.store_remove(&s.c.store, c) })
}

// Confirm ends a trial well.
func (s *Store) Confirm(name string) error {
	return named(name, func(c *C.char) C.int32_t { return C.store_confirm(&s.c.store, c) })
}

// Revoke ends a trial badly.
func (s *Store) Revoke(name string) error {
	return named(name, func(c *C.char) C.int32_t { return C.store_revoke(&s.c.store, c) })
}

// Entry is a program in the store.
type Entry struct {
	Name     string
	Contents string
	Sequence uint32
	Trial    bool
}

func entry(e *C.struct_store_entry) Entry {
	name := C.GoBytes(unsafe.Pointer(&e.name[0]), C.STORE_NAME)
	return Entry{
		Name: strings.TrimRight(string(name), "\x00"), Contents: string(C.GoBytes(unsafe.Pointer(e.bytes), C.int(e.len))),
		Sequence: uint32(e.sequence), Trial: e.trial != 0,
	}
}

// Find returns a name's program.
func (s *Store) Find(name string) (Entry, error) {
	var e C.struct_store_entry
	if err := named(name, func(c *C.char) C.int32_t { return C.store_find(&s.c.store, c, &e) }); err != nil {
		return Entry{}, err
	}
	return entry(&e), nil
}

// All returns all programs.
func (s *Store) All() []Entry {
	var all []Entry
	var at C.uint32_t
	var e C.struct_store_entry
	for C.store_next(&s.c.store, &at, &e) == 0 {
		all = append(all, entry(&e))
	}
	return all
}
