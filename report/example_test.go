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
