// SPDX-License-Identifier: GPL-2.0-or-later

// Package store compiles the device's store of programs for the host; internal/storetest runs it on a model of flash.
package store

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi"
	_ "github.com/ubench-dev/ubench/firmware/agent" // frame.c
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
