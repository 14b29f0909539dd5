// SPDX-License-Identifier: GPL-2.0-or-later

// Package jit holds the device's compiler (jit.h) and links it into host programs, which can compile
// but not run what came out. It must not know any other engine.
package jit

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/..
#include "jit/jit.h"
*/
import "C"

import (
	"embed"

	_ "ubench/abi" // its headers
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
