// SPDX-License-Identifier: GPL-2.0-or-later

// Package supervisor compiles the device's supervisor for the desk; device/posix runs it.
package supervisor

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../.. -I${SRCDIR}/../posix/port
import "C"

import (
	"embed"

	_ "ubench/abi" // rebuild when its headers change
	_ "ubench/device"
	_ "ubench/device/posix/port"
	_ "ubench/firmware/helpers"
	_ "ubench/image"
	_ "ubench/jit"
	_ "ubench/verify"
	_ "ubench/vm"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
