// SPDX-License-Identifier: GPL-2.0-or-later

// Package helpers holds the C of the helper functions and the devices they simulate, for the host
// build of the firmware. Traces and device states are read and written by package abi.
package helpers

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -I${SRCDIR}/../..
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi" // rebuild when its headers change
	_ "github.com/ubench-dev/ubench/maps"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
