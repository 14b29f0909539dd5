// SPDX-License-Identifier: GPL-2.0-or-later

// Package onepass holds the device's compiler that follows plans (onepass.h) and links it into host programs, which can
// compile but not run what came out.
package onepass

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "jit/onepass/onepass.h"
*/
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi" // its headers
	_ "github.com/ubench-dev/ubench/jit" // its assembler
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
