// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks_test

import (
	"fmt"

	"github.com/ubench-dev/ubench/benchmarks"
)

// What a benchmark brings: input of a size, and the answer that engines must give.
func ExampleLookup() {
	b, ok := benchmarks.Lookup("crc32")
	input := b.Input(80)
	r0, _ := b.Oracle(input)
	fmt.Printf("%v, %s\n%d bytes of context, r0 = %#x\n", ok, b.Doc, len(input), r0)
	// Output:
	// true, CRC-32 a bit at a time; size in bytes
	// 84 bytes of context, r0 = 0x7d4a3503
}
