// SPDX-License-Identifier: GPL-2.0-or-later

package ubench_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
)

// From an object to what running it on a Cortex-M4 takes.
func Example() {
	fletcher16, _ := benchmarks.Lookup("fletcher16")
	program, err := image.LoadObject("fletcher16.o", fletcher16.Object, "fletcher16")
	if err != nil {
		log.Fatal(err)
	}
	packed, err := program.Encode(abi.Packed)
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	target, err := targets.Open(ctx, "unicorn")
	if err != nil {
		log.Fatal(err)
	}
	defer target.Close()

	input := fletcher16.Input(80)
	for _, engine := range []string{"vm", "jit"} {
		got, err := target.Run(ctx, emu.Job{Engine: engine, Format: abi.Packed, Image: packed, Context: input})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %#x, %v\n", engine, got.Result, got.Execute.Instructions < 10_000)
	}
	// Output:
	// vm: 0x4450, true
	// jit: 0x4450, true
}
