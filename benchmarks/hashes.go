// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

const siphashHeader = 4 + 4 + 16 // length, reserved, key

var siphash24 = Benchmark{
	Name:         "siphash24",
	Doc:          "SipHash-2-4, a keyed hash of 64-bit arithmetic; size in bytes",
	Object:       object("siphash24"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes,
	Input: func(size int) []byte {
		ctx := make([]byte, siphashHeader+size)
		random(ctx, uint32(size))
		le.PutUint32(ctx, uint32(size))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, siphashHeader, 1)
		if !ok {
			return Refused, nil
		}
		return siphash(le.Uint64(ctx[8:]), le.Uint64(ctx[16:]), ctx[siphashHeader:][:n]), nil
	},
}

// siphash is SipHash-2-4 as its paper describes it.
func siphash(k0, k1 uint64, data []byte) uint64 {
	v0, v1 := k0^0x736f6d6570736575, k1^0x646f72616e646f6d
	v2, v3 := k0^0x6c7967656e657261, k1^0x7465646279746573
	round := func() {
		v0, v2 = v0+v1, v2+v3
		v1, v3 = bits.RotateLeft64(v1, 13)^v0, bits.RotateLeft64(v3, 16)^v2
		v0 = bits.RotateLeft64(v0, 32)
		v2, v0 = v2+v1, v0+v3
		v1, v3 = bits.RotateLeft64(v1, 17)^v2, bits.RotateLeft64(v3, 21)^v0
		v2 = bits.RotateLeft64(v2, 32)
	}
	padded := append(bytes.Clone(data), make([]byte, 8-len(data)%8)...)
	padded[len(padded)-1] = byte(len(data))
	for ; len(padded) > 0; padded = padded[8:] {
		m := le.Uint64(padded)
		v3 ^= m
		round()
		round()
		v0 ^= m
	}
	v2 ^= 0xff
	for range 4 {
		round()
	}
	return v0 ^ v1 ^ v2 ^ v3
}

const sha256Header = 4 + 32 // length, digest

var sha256Hash = Benchmark{
	Name:         "sha256",
	Doc:          "SHA-256, which leaves its digest in the context; size in bytes",
	Object:       object("sha256"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes,
	Input: func(size int) []byte {
		ctx := make([]byte, sha256Header+size)
		le.PutUint32(ctx, uint32(size))
		random(ctx[sha256Header:], uint32(size))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		n, ok := arrayFits(ctx, sha256Header, 1)
		if !ok {
			return Refused, nil
		}
		digest := sha256.Sum256(ctx[sha256Header:][:n])
		after := bytes.Clone(ctx)
		copy(after[4:], digest[:])
		return binary.BigEndian.Uint64(digest[:]), after
	},
}
