// SPDX-License-Identifier: GPL-2.0-or-later

package bench_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu/targets"
)

func ExamplePlan_Run() {
	ctx := context.Background()
	target, err := targets.Open(ctx, "unicorn:cortex-m4+no-cycles")
	if err != nil {
		log.Fatal(err)
	}
	defer target.Close()
	plan := bench.Plan{Benchmarks: benchmarks.All()[:1], Sizes: []int{80}, Engines: []string{"native-O2"}}
	samples, err := plan.Run(ctx, target, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range samples {
		fmt.Println(s.Benchmark, s.Size, s.Engine, s.OK, s.Result, s.Phases.Execute.Instructions)
	}
	// Output:
	// fletcher16 80 native-O2 true 0x4450 1233
}

func ExampleParseShard() {
	shard, err := bench.ParseShard("2/3")
	if err != nil {
		log.Fatal(err)
	}
	for place := range 7 {
		fmt.Print(shard.Has(place), " ")
	}
	fmt.Println(shard)
	// Output: false true false false true false false shard 2 of 3
}
