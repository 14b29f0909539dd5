// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import (
	_ "embed"
	"encoding/hex"
	"fmt"
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
