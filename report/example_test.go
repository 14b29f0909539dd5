// SPDX-License-Identifier: GPL-2.0-or-later

package report_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/ubench-dev/ubench/report"
)

func ExampleTable_WriteText() {
	table := report.Table{
		Title:  "sizes",
		Header: []string{"program", "bytes"},
		Left:   []bool{true, false},
		Rows:   []report.Row{{Cells: []string{"printf", "106"}}, {Cells: []string{"bpf_fetch", "14"}}},
		Notes:  []string{"packed images"},
	}
	if err := table.WriteText(os.Stdout, false); err != nil {
		log.Fatal(err)
	}
	// Output:
	// sizes
	//
	// program    bytes
	// printf       106
	// bpf_fetch     14
	//
	// packed images
}

// Two result files, as ubench run --json writes them; thresholds are percent by which a metric may grow.
func ExampleCompare() {
	file := func(instructions int) *report.Results {
		text := fmt.Sprintf(`{"schema": "ubench.results/v1", "samples": [{"benchmark": "fib", "size": 8, "engine": "jit", "target": "unicorn",
			"core": "cortex-m4", "ok": true, "result": "0x1", "phases": {"execute": {"instructions": %d}}}]}`, instructions)
		r, err := report.Read("results.json", strings.NewReader(text))
		if err != nil {
			log.Fatal(err)
		}
		return r
	}
	compared, err := report.Compare(file(1000), file(1010), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range compared.Changes {
		fmt.Println(c.Metric, c.Old, c.New)
	}
	// Output: instructions 1000 1010
}

// Lines that benchstat and continuous benchmarks read.
func ExampleWriteGoBench() {
	results, err := report.Read("results.json", strings.NewReader(`{"schema": "ubench.results/v1", "samples": [
		{"benchmark": "fib", "size": 8, "engine": "vm", "target": "unicorn", "core": "cortex-m4", "ok": true, "result": "0x1",
			"phases": {"execute": {"instructions": 1200}}, "ram_bytes": 96},
		{"benchmark": "fib", "size": 8, "engine": "jit", "target": "unicorn", "core": "cortex-m4", "ok": false, "error": "e-budget"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	if err := report.WriteGoBench(os.Stdout, results); err != nil {
		log.Fatal(err)
	}
	// Output:
	// target: unicorn
	// core: cortex-m4
	// BenchmarkFib/size=8/engine=vm 1 1200 instructions 150.00 instructions/byte 96 ram-bytes
	// # BenchmarkFib/size=8/engine=jit failed: e-budget
}

// How a metric changed from commit to commit: a step is where it did.
func ExampleHistory() {
	revision := func(name string, instructions int) report.Revision {
		text := fmt.Sprintf(`{"schema": "ubench.results/v1", "samples": [{"benchmark": "fib", "size": 8, "engine": "jit", "target": "unicorn",
			"core": "cortex-m4", "ok": true, "result": "0x1", "phases": {"execute": {"instructions": %d}}}]}`, instructions)
		results, err := report.Read(name, strings.NewReader(text))
		if err != nil {
			log.Fatal(err)
		}
		return report.Revision{Name: name, Results: results}
	}
	history, err := report.NewHistory([]report.Revision{revision("a1b2c3d", 1000), revision("b2c3d4e", 1000), revision("c3d4e5f", 900)}, "instructions")
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range history.Steps() {
		fmt.Printf("%s in %s: %+.0f %%\n", step.Line, history.Revisions[step.Revision].Name, step.Percent)
	}
	// Output: jit in c3d4e5f: -10 %
}
