// SPDX-License-Identifier: GPL-2.0-or-later

// Package trust compiles for the host what decides on the device whether a program may come onto it, and calls it for tests.
package trust

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include <stdlib.h>
#include <string.h>

#include "device/trust/trust.h"

static const char *text(int32_t error)
{
	switch (error) {
#define TRUST_ERROR(name, number, text) case TRUST_##name: return text;
	TRUST_ERRORS(TRUST_ERROR)
#undef TRUST_ERROR
	}
	return "no such error";
}

static uint32_t newest(void *arg, const char *name)
{
	(void)name;
	return *(const uint32_t *)arg;
}

// What a device has, and what comes to it in pieces.
struct given {
	struct trust_key keys[8];
	uint32_t nkeys, revoked, production, newest;
	uint8_t vendor[TRUST_UUID_BYTES], classes[4][TRUST_UUID_BYTES];
	uint32_t nclasses;
	const char *name; // NULL: any
};

static int32_t take(const struct given *g, const uint8_t *bytes, uint32_t len, uint32_t piece, struct trust_manifest *m,
		    uint32_t *at, uint8_t *image, uint32_t *image_len)
{
	const struct trust_keys keys = {g->keys, g->nkeys, g->revoked, (uint8_t)g->production};
	struct trust_device device = {.keys = &keys, .classes = g->classes, .nclasses = g->nclasses, .newest = newest, .arg = (void *)&g->newest};
	struct trust_intake *in = malloc(sizeof *in);
	struct crypto_es256 verifier;
	int32_t err = 0;

	memcpy(device.vendor, g->vendor, sizeof device.vendor);
	trust_begin(in, &device, g->name);
	*image_len = 0;
	for (uint32_t i = 0; !err && i < len; i += piece) {
		// A copy of its own, so that a sanitizer sees what is read behind it.
		uint32_t n = piece < len - i ? piece : len - i;
		uint8_t *copy = malloc(n);
		const uint8_t *of;
		uint32_t of_len;
		memcpy(copy, bytes + i, n);
		err = trust_take(in, copy, n, &of, &of_len);
		if (err == TRUST_CHECKING) {
			while ((err = trust_check(in, &verifier)) == TRUST_CHECKING)
				;
			if (!err)
				err = trust_take(in, of, of_len, &of, &of_len);
		}
		if (!err && of_len) {
			memcpy(image + *image_len, of, of_len);
			*image_len += of_len;
		}
		free(copy);
	}
	if (!err)
		err = trust_finish(in);
	*m = in->manifest;
	*at = in->at;
	free(in);
	return err;
}
*/
import "C"

import (
	"embed"
	"unsafe"

	_ "github.com/ubench-dev/ubench/abi"
	_ "github.com/ubench-dev/ubench/device/cbor"
	_ "github.com/ubench-dev/ubench/device/config"
	_ "github.com/ubench-dev/ubench/device/crypto"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS

// Error is why a program was refused.
type Error int32

func (e Error) Error() string { return C.GoString(C.text(C.int32_t(e))) }

// Reasons.
const (
	ErrForm        = Error(C.TRUST_E_FORM)
	ErrSubset      = Error(C.TRUST_E_SUBSET)
	ErrLong        = Error(C.TRUST_E_LONG)
	ErrAlgorithm   = Error(C.TRUST_E_ALGORITHM)
	ErrKey         = Error(C.TRUST_E_KEY)
	ErrRevoked     = Error(C.TRUST_E_REVOKED)
	ErrDevelopment = Error(C.TRUST_E_DEVELOPMENT)
	ErrSignature   = Error(C.TRUST_E_SIGNATURE)
	ErrVendor      = Error(C.TRUST_E_VENDOR)
	ErrClass       = Error(C.TRUST_E_CLASS)
	ErrName        = Error(C.TRUST_E_NAME)
	ErrSlot        = Error(C.TRUST_E_SLOT)
	ErrOld         = Error(C.TRUST_E_OLD)
	ErrGrants      = Error(C.TRUST_E_GRANTS)
	ErrSize        = Error(C.TRUST_E_SIZE)
	ErrDigest      = Error(C.TRUST_E_DIGEST)
)

// HeadBytes is how long an envelope may be before its image.
const HeadBytes = C.TRUST_HEAD_BYTES

// Key is a public key of a device.
type Key struct {
	ID                   [8]byte
	Point                [64]byte
	Development, Revoked bool
}

// Device is what an envelope is held against.
type Device struct {
	Keys       []Key
	Revoked    uint32 // bits by index: since it was built
	Production bool
	Vendor     [16]byte
	Classes    [][16]byte
	Newest     uint32
	Name       string // what it is sent to; "": any
}

// Accepted is what was signed.
type Accepted struct {
	Name, Application string
	Sequence, Size    uint32
	Digest            [32]byte
	Start             bool
	Answers           uint8
	TrialS            uint32
	Key               int
	Config            []byte // struct supervisor_config
	Image             []byte
}

// Take has the device take an envelope in pieces. If it is refused, at says where in it.
func (d *Device) Take(envelope []byte, piece int) (a Accepted, at int, err error) {
	g := (*C.struct_given)(C.calloc(1, C.sizeof_struct_given))
	defer C.free(unsafe.Pointer(g))
	for i, k := range d.Keys {
		c := &g.keys[i]
		copyBytes(c.id[:], k.ID[:])
		copyBytes(c.point[:], k.Point[:])
		if k.Development {
			c.flags |= C.TRUST_KEY_DEVELOPMENT
		}
		if k.Revoked {
			c.flags |= C.TRUST_KEY_REVOKED
		}
	}
	g.nkeys, g.revoked, g.newest = C.uint32_t(len(d.Keys)), C.uint32_t(d.Revoked), C.uint32_t(d.Newest)
	if d.Production {
		g.production = 1
	}
	copyBytes(g.vendor[:], d.Vendor[:])
	for i, c := range d.Classes {
		copyBytes(g.classes[i][:], c[:])
	}
	g.nclasses = C.uint32_t(len(d.Classes))
	if d.Name != "" {
		g.name = C.CString(d.Name)
		defer C.free(unsafe.Pointer(g.name))
	}
	var m C.struct_trust_manifest
	var place, n C.uint32_t
	image := make([]byte, len(envelope)+1)
	status := C.take(g, start(envelope), C.uint32_t(len(envelope)), C.uint32_t(piece), &m, &place, start(image), &n)
	if status != 0 {
		return Accepted{}, int(place), Error(status)
	}
	a = accepted(&m)
	a.Image = image[:n]
	return a, 0, nil
}

func accepted(m *C.struct_trust_manifest) Accepted {
	a := Accepted{
		Name: C.GoString(&m.config.name[0]), Application: C.GoString(&m.application[0]),
		Sequence: uint32(m.sequence), Size: uint32(m.size), Start: m.start == C.TRUST_START_ALWAYS, Answers: uint8(m.answers),
		TrialS: uint32(m.trial_s), Key: int(m.key),
		Config: C.GoBytes(unsafe.Pointer(&m.config), C.sizeof_struct_supervisor_config),
	}
	copy(a.Digest[:], C.GoBytes(unsafe.Pointer(&m.digest), C.CRYPTO_SHA256_BYTES))
	return a
}

// Read is what the device finds in an envelope that it kept.
func Read(envelope []byte) (Accepted, error) {
	var m C.struct_trust_manifest
	copied := C.CBytes(envelope)
	defer C.free(copied)
	var image *C.uint8_t
	if status := C.trust_read(&m, (*C.uint8_t)(copied), C.uint32_t(len(envelope)), &image); status != 0 {
		return Accepted{}, Error(status)
	}
	a := accepted(&m)
	a.Image = C.GoBytes(unsafe.Pointer(image), C.int(m.size))
	return a, nil
}

// History remembers sequence numbers of programs that were removed.
type History struct{ c C.struct_trust_history }

// Removed remembers one.
func (h *History) Removed(name string, sequence uint32) {
	s := C.CString(name)
	C.trust_removed(&h.c, s, C.uint32_t(sequence))
	C.free(unsafe.Pointer(s))
}

// Newest is the number that another one has to be above.
func (h *History) Newest(name string, present uint32) uint32 {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return uint32(C.trust_newest(&h.c, s, C.uint32_t(present)))
}

func start(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }

func copyBytes(to []C.uint8_t, from []byte) {
	for i, b := range from {
		to[i] = C.uint8_t(b)
	}
}
