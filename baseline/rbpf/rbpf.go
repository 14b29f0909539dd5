// SPDX-License-Identifier: GPL-2.0-or-later

// Package rbpf holds the rbpf-style interpreter (rbpf.h), a baseline, and links it into host
// programs. It must not know any other engine.
package rbpf

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "baseline/rbpf/rbpf.h"
*/
import "C"

import (
	"embed"
	"unsafe"

	_ "github.com/ubench-dev/ubench/abi" // its headers
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS

// Engine is the address of rbpf_engine, a const struct ub_engine, for packages that run it.
func Engine() unsafe.Pointer { return unsafe.Pointer(&C.rbpf_engine) }

// Variants are the addresses of rbpf_decode_engine and rbpf_cache_engine.
func Variants() []unsafe.Pointer {
	return []unsafe.Pointer{unsafe.Pointer(&C.rbpf_decode_engine), unsafe.Pointer(&C.rbpf_cache_engine)}
}
