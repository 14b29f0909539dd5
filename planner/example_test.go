// SPDX-License-Identifier: GPL-2.0-or-later

package planner_test

import (
	"fmt"
	"log"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
)

// What the compiler on the device does about the accesses of a program, by slot: r1 is the context and r2 its length, so
// the first is known to be inside, and the second, at an offset that the context gives, is not.
func ExampleLook() {
	program, err := image.FromText("example", []byte{
		0xa5, 0x02, 3, 0, 4, 0, 0, 0, // 0: if r2 < 4 goto 4
		0x61, 0x13, 0, 0, 0, 0, 0, 0, // 1: r3 = *(u32 *)(r1 + 0)
		0x0f, 0x31, 0, 0, 0, 0, 0, 0, // 2: r1 += r3
		0x71, 0x10, 0, 0, 0, 0, 0, 0, // 3: r0 = *(u8 *)(r1 + 0)
		0x95, 0x00, 0, 0, 0, 0, 0, 0, // 4: exit
	})
	if err != nil {
		log.Fatal(err)
	}
	known, err := planner.Look(program)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("slot 1:", known.Verdict(1))
	fmt.Println("slot 3:", known.Verdict(3))
	// Output:
	// slot 1: proved
	// slot 3: checked
}
