// SPDX-License-Identifier: GPL-2.0-or-later

// Package mpu has the header that makes regions of the MPU of walls; packages with C that includes it import this one, to be rebuilt when
// it changes.
package mpu

import "embed"

// Headers holds the C header of this folder.
//
//go:embed *.h
var Headers embed.FS
