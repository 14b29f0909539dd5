// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
)

// maxBytes bounds what kernels take: more than the boards' memory for programs holds beside the
// stack and a program.
const maxBytes = 96 << 10

var fletcher16 = Benchmark{
	Name:         "fletcher16",
	Doc:          "Fletcher-16 checksum, a modulo per byte and sum; size in bytes",
	Object:       object("fletcher16"),
	Sized:        true,
	DefaultSizes: sizes(80, 2560),
	MaxSize:      maxBytes,
	Input:        withLength,
	Oracle: func(ctx []byte) (uint64, []byte) {
		data, ok := lengthFits(ctx)
		if !ok {
			return Refused, nil
		}
		var sum1, sum2 uint64
		for _, b := range data {
			sum1 = (sum1 + uint64(b)) % 255
			sum2 = (sum2 + sum1) % 255
		}
		return sum2<<8 | sum1, nil
	},
}

var fletcher32 = Benchmark{
	Name:         "fletcher32",
	Doc:          "Fletcher-32 checksum of 16-bit words, the modulo deferred; size in words",
	Object:       object("fletcher32"),
	Sized:        true,
	DefaultSizes: sizes(40, 1280),
	MaxSize:      maxBytes / 2,
	Input: func(words int) []byte {
		ctx := withLength(2 * words)
		le.PutUint32(ctx, uint32(words))
		return ctx
	},
	Oracle: func(ctx []byte) (uint64, []byte) {
		words, ok := arrayFits(ctx, 4, 2)
		if !ok {
			return Refused, nil
		}
		// Sums start at 65535, which is 0, and by carrying around never become 0.
		var sum1, sum2 uint64
		for i := range words {
			sum1 = (sum1 + uint64(le.Uint16(ctx[4+2*i:]))) % 65535
			sum2 = (sum2 + sum1) % 65535
		}
		nonzero := func(sum uint64) uint64 {
			if sum == 0 {
				return 65535
			}
			return sum
		}
		return nonzero(sum2)<<16 | nonzero(sum1), nil
	},
}

func crc32Benchmark(name, doc string) Benchmark {
	return Benchmark{
		Name:         name,
		Doc:          doc,
		Object:       object(name),
		Sized:        true,
		DefaultSizes: sizes(80, 2560),
		MaxSize:      maxBytes,
		Input:        withLength,
		Oracle: func(ctx []byte) (uint64, []byte) {
			data, ok := lengthFits(ctx)
			if !ok {
				return Refused, nil
			}
			return uint64(crc32.ChecksumIEEE(data)), nil
		},
	}
}

var (
	crc32Bitwise = crc32Benchmark("crc32", "CRC-32 a bit at a time; size in bytes")
	crc32Table   = crc32Benchmark("crc32table", "CRC-32 a byte at a time, with a table in .rodata; size in bytes")
)

//go:embed fletcher16/peers.hex
var peersHex string

// PeersFletcher16 is the text of the Fletcher-16 program that other people's engines were
// measured with (fletcher16/peers.hex). It takes fletcher16's context.
func PeersFletcher16() []byte {
	var text []byte
	for n, line := range strings.Split(strings.TrimSpace(peersHex), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		slot, err := hex.DecodeString(line)
		if err != nil || len(slot) != 8 {
			panic(fmt.Sprintf("BUG: fletcher16/peers.hex:%d: %q", n+1, line))
		}
		text = append(text, slot...)
	}
	return text
}
