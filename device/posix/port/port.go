// SPDX-License-Identifier: GPL-2.0-or-later

// Package port has the header by which device/ is compiled for the host: a thread of device/posix.
package port

import "embed"

// Headers holds the C header of this folder.
//
//go:embed *.h
var Headers embed.FS
