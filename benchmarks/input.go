// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import "encoding/binary"

var le = binary.LittleEndian

// random fills p with bytes of xorshift32, which depend on nothing but the seed.
func random(p []byte, seed uint32) []byte {
	x := seed*2654435761 | 1
	for i := range p {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		p[i] = byte(x >> 24)
	}
	return p
}

// withLength is the context most kernels take: a 32-bit length, then as many random bytes.
func withLength(size int) []byte {
	ctx := make([]byte, 4+size)
	le.PutUint32(ctx, uint32(size))
	random(ctx[4:], uint32(size))
	return ctx
}

// lengthFits splits such a context; ok is false where a kernel must refuse it.
func lengthFits(ctx []byte) (data []byte, ok bool) {
	if len(ctx) < 4 || uint64(le.Uint32(ctx)) > uint64(len(ctx)-4) {
		return nil, false
	}
	return ctx[4:][:le.Uint32(ctx)], true
}

// arrayFits reads the count that starts a context; ok is false where a kernel must refuse it because
// so many elements of a size do not fit behind the header.
func arrayFits(ctx []byte, header, size int) (n int, ok bool) {
	if len(ctx) < header || uint64(le.Uint32(ctx))*uint64(size) > uint64(len(ctx)-header) {
		return 0, false
	}
	return int(le.Uint32(ctx)), true
}

// sizes doubles from low to high.
func sizes(low, high int) (s []int) {
	for ; low <= high; low *= 2 {
		s = append(s, low)
	}
	return s
}
