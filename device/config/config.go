// SPDX-License-Identifier: GPL-2.0-or-later

// Package config holds the C header that says what a program on a device is to be; packages with C that includes it import
// this one, to be rebuilt when it changes.
package config

import "embed"

// Headers holds the header.
//
//go:embed *.h
var Headers embed.FS
