// SPDX-License-Identifier: GPL-2.0-or-later

// Package server compiles the server of devices in the field for the host; device/posix/field runs it.
package server

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../.. -I${SRCDIR}/../posix/port
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/device/cbor"
	_ "github.com/ubench-dev/ubench/device/coap"
	_ "github.com/ubench-dev/ubench/device/crypto"
	_ "github.com/ubench-dev/ubench/device/oscore"
	_ "github.com/ubench-dev/ubench/device/store"
	_ "github.com/ubench-dev/ubench/device/supervisor"
	_ "github.com/ubench-dev/ubench/device/trust"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
