// SPDX-License-Identifier: GPL-2.0-or-later

// Package vm holds the device's interpreter (vm.h) and links it into host programs. It must not
// know any other engine.
package vm

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/..
#include "vm/vm.h"
*/
import "C"

import (
	"embed"
	"unsafe"

	_ "github.com/ubench-dev/ubench/abi" // its headers
)

// Headers holds the C headers of this folder, and the C that internal/pairs includes.
//
//go:embed *.h portable.c
var Headers embed.FS

// Engine is the address of vm_engine, a const struct ub_engine, for packages that run it.
func Engine() unsafe.Pointer { return unsafe.Pointer(&C.vm_engine) }
