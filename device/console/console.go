// SPDX-License-Identifier: GPL-2.0-or-later

// Package console compiles the device's console for the host; device/posix runs it.
package console

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../.. -I${SRCDIR}/../posix/port
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi" // rebuild when its headers change
	_ "github.com/ubench-dev/ubench/device/supervisor"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
