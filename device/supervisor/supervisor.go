// SPDX-License-Identifier: GPL-2.0-or-later

// Package supervisor compiles the device's supervisor for the host; device/posix runs it.
package supervisor

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../.. -I${SRCDIR}/../posix/port
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi" // rebuild when its headers change
	_ "github.com/ubench-dev/ubench/device"
	_ "github.com/ubench-dev/ubench/device/config"
	_ "github.com/ubench-dev/ubench/device/posix/port"
	_ "github.com/ubench-dev/ubench/firmware/helpers"
	_ "github.com/ubench-dev/ubench/image"
	_ "github.com/ubench-dev/ubench/jit"
	_ "github.com/ubench-dev/ubench/ubpf"
	_ "github.com/ubench-dev/ubench/verify"
	_ "github.com/ubench-dev/ubench/vm"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
