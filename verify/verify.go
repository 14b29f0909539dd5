// SPDX-License-Identifier: GPL-2.0-or-later

// Package verify holds the device's program checks (verify.h) and links them into host programs.
// It must not know any engine.
package verify

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/..
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
