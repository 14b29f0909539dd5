// SPDX-License-Identifier: GPL-2.0-or-later

// Package crypto compiles the device's cryptography for the host, for tests. It is BearSSL's, and needs its sources:
// scripts/setup.sh sources. What runs on the host alone uses Go's.
package crypto

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../.. -isystem ${SRCDIR}/../../build/bearssl-0.6/src -isystem ${SRCDIR}/../../build/bearssl-0.6/inc
#include "device/crypto/crypto.h"

static void sha256(const uint8_t *bytes, uint32_t len, uint32_t first, uint8_t *digest)
{
	struct crypto_sha256 h;
	crypto_sha256_begin(&h);
	crypto_sha256_take(&h, bytes, first);
	crypto_sha256_take(&h, bytes + first, len - first);
	crypto_sha256_end(&h, digest);
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

func start(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }

// SHA256 hashes what comes in two pieces.
func SHA256(b []byte, first int) []byte {
	digest := make([]byte, C.CRYPTO_SHA256_BYTES)
	C.sha256(start(b), C.uint32_t(len(b)), C.uint32_t(first), start(digest))
	return digest
}

// ES256 tells whether a signature, r and s, is good for a point, x and y.
func ES256(point [64]byte, digest [32]byte, signature [64]byte) bool {
	return C.crypto_es256(start(point[:]), start(digest[:]), start(signature[:])) != 0
}

// HKDF derives len bytes.
func HKDF(salt, secret, info []byte, n int) []byte {
	to := make([]byte, n)
	C.crypto_hkdf(start(salt), C.uint32_t(len(salt)), start(secret), C.uint32_t(len(secret)), start(info),
		C.uint32_t(len(info)), start(to), C.uint32_t(n))
	return to
}
