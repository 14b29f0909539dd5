// SPDX-License-Identifier: GPL-2.0-or-later

package targets_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
)

// A program that is stopped is no error: what stopped it is in the outcome.
func ExampleOpen() {
	ctx := context.Background()
	target, err := targets.Open(ctx, "unicorn+no-cycles")
	if err != nil {
		log.Fatal(err)
	}
	defer target.Close()
	fmt.Println(target.Info().Core)

	for _, text := range [][]byte{
		{0xb7, 0, 0, 0, 7, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0},       // r0 = 7; exit
		{0x61, 0x10, 8, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0},    // r0 = *(u32 *)(r1 + 8); exit
		{0x05, 0, 0xff, 0xff, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}, // goto -1
	} {
		got, err := target.Run(ctx, emu.Job{Engine: "jit", Format: abi.TextOnly, Image: text, Context: make([]byte, 8), Budget: 1000})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(got.Fault.Status.Name(), got.Result)
	}
	// Output:
	// cortex-m4
	// ok 7
	// e-read 0
	// e-budget 0
}
