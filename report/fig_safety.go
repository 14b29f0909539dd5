// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"slices"

	"github.com/ubench-dev/ubench/bench"
)

// SafetyFigure is what safety costs: every benchmark on jit and jit-unchecked, against native. It is
// nil unless both were measured.
func SafetyFigure(samples []bench.Sample) *Figure {
	var chosen []bench.Sample
	for _, s := range samples {
		if slices.Contains([]string{Reference, "jit", "jit-unchecked", "vm"}, s.Engine) {
			chosen = append(chosen, s)
		}
	}
	d := kernelDots(chosen)
	if d == nil || !slices.Contains(d.names, "jit") {
		return nil
	}
	f := &Figure{
		Name: "g-all-kernels", Command: "ubench run --all",
		Title: "All kernels, and what safety costs",
		Caption: "Execution against the same C compiled natively, each at its largest size. jit-unchecked is the same compiler with memory " +
			"checks and budget switched off. Where it is the slower one (base64), the tests that jit makes before a loop show that pointers and " +
			"counters stay within 32 bits, so that their high halves need no arithmetic; without checks there are no such tests.",
		width: chartWidth * 3 / 2, height: d.height(), drawing: d,
	}
	for _, r := range d.rows {
		for _, n := range d.names {
			if v, ok := r.values[n]; ok {
				f.add(n, r.name, d.x, v, "ratio", Measured+", "+samples[0].Target)
			}
		}
		if a, b := r.values["jit"], r.values["jit-unchecked"]; a > 0 && b > 0 {
			f.add("jit", r.name, "cost of safety", a/b, "ratio", Measured+", "+samples[0].Target)
		}
	}
	return f
}
