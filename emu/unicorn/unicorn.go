// SPDX-License-Identifier: GPL-2.0-or-later

// Package unicorn emulates Cortex-M machines in-process through libunicorn. Machine is the machine
// itself: memory, registers, exact instruction counts, the peripherals the firmware needs and
// exceptions; Target runs the firmware on it.
//
// Everything that happens per block of code is C (machine.c, blocks.c, mmio.c, exceptions.c);
// hooks.h is the seam at which a timing model listens. Only this package knows libunicorn.
package unicorn

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -I${SRCDIR}/../..
#cgo !darwin LDFLAGS: -lunicorn -lm
#cgo darwin pkg-config: unicorn
#if !__has_include(<unicorn/unicorn.h>)
#error "libunicorn 2 is missing, with which ubench is built: apt install libunicorn-dev, dnf install unicorn-devel, brew install unicorn"
#endif
#include "emu/unicorn/machine.h"
*/
import "C"

import (
	"embed"
	"fmt"
)

// Headers holds the seam for timing models, so that packages with C that includes it are rebuilt
// when it changes.
//
//go:embed hooks.h
var Headers embed.FS

// Version is that of the libunicorn in use. Older than 2.0 the core cannot be chosen.
func Version() (major, minor int) {
	var a, b C.uint
	C.uc_version(&a, &b)
	return int(a), int(b)
}

// checkVersion compares the library in use with the headers the program was built with.
func checkVersion(major, minor int) error {
	if major != C.UC_API_MAJOR {
		return fmt.Errorf("libunicorn %d.%d is installed, but ubench was built for %d.x: install libunicorn-dev and build again",
			major, minor, C.UC_API_MAJOR)
	}
	return nil
}
