// SPDX-License-Identifier: GPL-2.0-or-later

// Package coap compiles the device's CoAP server for the host; internal/coaptest runs it.
package coap

// #cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
import "C"

import "embed"

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS
