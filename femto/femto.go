// SPDX-License-Identifier: GPL-2.0-or-later

// Package femto holds the Femto-Containers-style interpreter (femto.h), a baseline, and links it
// into host programs. It must not know any other engine.
package femto

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/..
#include "femto/femto.h"
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

// Engine is the address of femto_engine, a const struct ub_engine, for packages that run it.
func Engine() unsafe.Pointer { return unsafe.Pointer(&C.femto_engine) }
