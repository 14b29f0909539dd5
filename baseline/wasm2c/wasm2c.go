// SPDX-License-Identifier: GPL-2.0-or-later

// Package wasm2c is the engine that runs the benchmark kernels through WebAssembly, compiled ahead of time
// into the firmware. On the host it has no code.
package wasm2c

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "baseline/wasm2c/wasm2c.h"
*/
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi" // its headers
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
