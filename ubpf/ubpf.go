// SPDX-License-Identifier: GPL-2.0-or-later

// Package ubpf compiles the library that firmware takes in (ubpf.h) for the host, so that the agent and tests use the
// very code that ships.
package ubpf

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/..
#include "ubpf/ubpf.h"
*/
import "C"

import (
	"embed"

	_ "github.com/ubench-dev/ubench/abi" // its headers
	_ "github.com/ubench-dev/ubench/image"
	_ "github.com/ubench-dev/ubench/maps"
	_ "github.com/ubench-dev/ubench/verify"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
