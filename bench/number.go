// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"bytes"
	"fmt"
	"strconv"
)

// Number is a count or a size that may be unknown, which is something else than 0. The zero value is unknown, and
// left out of JSON.
type Number struct {
	value uint64
	known bool
}

// Known is the number n.
func Known(n uint64) Number { return Number{n, true} }

// KnownIf is n if that is known.
func KnownIf(known bool, n int) Number {
	if !known {
		return Number{}
	}
	return Known(uint64(n))
}

// Get returns the number, and whether it is known.
func (n Number) Get() (value uint64, known bool) { return n.value, n.known }

// Or0 is the number, 0 where it is unknown: for sums and axes that leave gaps by themselves.
func (n Number) Or0() uint64 { return n.value }

// IsZero tells whether the number is unknown; encoding/json asks by this name.
func (n Number) IsZero() bool { return !n.known }

// Plus adds what is known.
func (n Number) Plus(m Number) Number { return Number{n.value + m.value, n.known || m.known} }

// String is the number in decimal, "" where it is unknown.
func (n Number) String() string {
	if !n.known {
		return ""
	}
	return strconv.FormatUint(n.value, 10)
}

// MarshalJSON writes null for what is unknown, where it is not left out.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.known {
		return []byte("null"), nil
	}
	return strconv.AppendUint(nil, n.value, 10), nil
}

// UnmarshalJSON reads a number, or null.
func (n *Number) UnmarshalJSON(data []byte) error {
	*n = Number{}
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	value, err := strconv.ParseUint(string(data), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is no count: a whole number from 0 to 2^64-1", data[:min(len(data), 40)])
	}
	*n = Known(value)
	return nil
}
