// SPDX-License-Identifier: GPL-2.0-or-later

// Package nor compiles a model of NOR flash for the host.
package nor

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../../..
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/device/store" // store.h
)

// Headers holds the C header of this folder.
//
//go:embed *.h
var Headers embed.FS
