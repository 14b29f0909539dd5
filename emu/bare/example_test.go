// SPDX-License-Identifier: GPL-2.0-or-later

package bare_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ubench-dev/ubench/emu/bare"
)

// A raw image: the initial stack pointer, the address to start at, and a loop that counts r0 down from 100.
func ExampleRun() {
	image := []byte{
		0x00, 0x10, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08,
		0x64, 0x20, // movs r0, #100
		0x01, 0x38, // subs r0, #1
		0xfd, 0xd1, // bne, back to subs
		0x00, 0xbe, // bkpt
	}
	run, err := bare.Run(context.Background(), image, bare.Options{Base: "0x08000000", Core: "cortex-m4", NoCycles: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.End)
	fmt.Println(run.Instructions, "instructions")
	// Output:
	// stops at bkpt at 0x0800000e
	// 202 instructions
}
