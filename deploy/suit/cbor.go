// SPDX-License-Identifier: GPL-2.0-or-later

package suit

import (
	"slices"

	"github.com/ubench-dev/ubench/device/cbor"
)

// The pieces of CBOR that keys and manifests are made of.
func join(parts ...[]byte) []byte   { return slices.Concat(parts...) }
func number(n int64) []byte         { return cbor.Int(n) }
func bytesOf(b []byte) []byte       { return append(cbor.Head(2, uint64(len(b))), b...) }
func text(s string) []byte          { return append(cbor.Head(3, uint64(len(s))), s...) }
func tag(n uint64, b []byte) []byte { return append(cbor.Head(6, n), b...) }
func array(items ...[]byte) []byte {
	return append(cbor.Head(4, uint64(len(items))), join(items...)...)
}

type pair struct {
	key   int64
	value []byte
}

// mapOf has its pairs in the order they are given, which is that of the bytes of their keys.
func mapOf(pairs ...pair) []byte {
	b := cbor.Head(5, uint64(len(pairs)))
	for _, p := range pairs {
		b = append(append(b, number(p.key)...), p.value...)
	}
	return b
}
