// SPDX-License-Identifier: GPL-2.0-or-later

package device

import "embed"

// Headers holds the seam to an operating system; packages with C that includes it import this one, to be rebuilt when it
// changes.
//
//go:embed *.h
var Headers embed.FS
