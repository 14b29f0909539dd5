// SPDX-License-Identifier: GPL-2.0-or-later

//go:build unix

package oscore

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock waits until no other process has the file.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX) }
