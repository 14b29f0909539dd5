// SPDX-License-Identifier: GPL-2.0-or-later

package image

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -I${SRCDIR}/..
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi" // rebuild when its headers change
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
