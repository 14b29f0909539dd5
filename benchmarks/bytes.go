// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"encoding/base64"
)

// groups is how many groups of three bytes Base64 makes of n, the last perhaps not full.
func groups(n int) int { return (n + 2) / 3 }

var base64Text = Benchmark{
	Name:         "base64",
	Doc:          "Base64 text of binary data; size in bytes of data",
	Object:       object("base64"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes / 7 * 3,
	Input: func(size int) []byte {
		return append(withLength(size), make([]byte, 4*groups(size))...)
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		data, ok := lengthFits(ctx)
		if !ok || 4*groups(len(data)) > len(ctx)-4-len(data) {
			return Refused, nil
		}
		text := base64.StdEncoding.EncodeToString(data)
		after := bytes.Clone(ctx)
		copy(after[4+len(data):], text)
		return uint64(len(text)), after
	},
}

var strmem = Benchmark{
	Name:         "strmem",
	Doc:          "strlen and memcpy loops over strings of up to 31 bytes; size in bytes of text",
	Object:       object("strmem"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes / 2,
	Input: func(size int) []byte {
		ctx := append(withLength(size), make([]byte, size)...)
		left := 0 // of a string
		for i, b := range ctx[4:][:size] {
			if left == 0 {
				ctx[4+i] = 0
				left = int(b % 32)
			} else {
				ctx[4+i] = 'a' + b%26
				left--
			}
		}
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, 4, 2)
		if !ok {
			return Refused, nil
		}
		after := bytes.Clone(ctx)
		text := ctx[4:][:n]
		strings := bytes.Count(text, []byte{0})
		if n > 0 && text[n-1] != 0 {
			strings++ // the last need not end in a zero
		}
		copied := copy(after[4+n:], bytes.ReplaceAll(text, []byte{0}, nil))
		return uint64(strings)<<32 | uint64(copied), after
	},
}
