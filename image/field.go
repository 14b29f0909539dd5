// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"fmt"
)

// Field is a part of an image, without gaps to the next one.
type Field struct {
	At, Bits int // where it lies and how long it is, in bits
	Name     string
	Value    string
}

// clipped is the beginning of some bytes as text.
func clipped(b []byte) string {
	const most = 48
	if len(b) > most {
		return fmt.Sprintf("%q…", b[:most])
	}
	return fmt.Sprintf("%q", b)
}
