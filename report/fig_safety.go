// SPDX-License-Identifier: GPL-2.0-or-later

package report

import "github.com/ubench-dev/ubench/bench"

// SafetyFigure is what safety costs: every benchmark on jit and jit-unchecked, against native, with jit-plan beside them. It is
// nil unless jit was measured.
func SafetyFigure(samples []bench.Sample) *Figure {
	f, rows := kernelFigure(samples, []string{Reference, "jit", "jit-plan", "jit-unchecked", "vm"}, "jit")
	if f == nil {
		return nil
	}
	f.Name, f.Command = "g-all-kernels", "ubench run --all --engines native-O2,jit,jit-plan,jit-unchecked,vm"
	f.Title = "All kernels, and what safety costs"
	f.Caption = "Execution against the same C compiled natively, each at its largest size. jit-unchecked is the same compiler as jit, with memory " +
		"checks and budget switched off; jit-plan is the one that follows plans of the host. Where jit-unchecked is slower than jit (base64), the tests that jit makes before a loop show that pointers and " +
		"counters stay within 32 bits, so that their high halves need no arithmetic; without checks there are no such tests."
	for _, r := range rows {
		if a, b := r.values["jit"], r.values["jit-unchecked"]; a > 0 && b > 0 {
			f.add("jit", r.name, "cost of safety", a/b, "ratio", Measured+", "+samples[0].Target)
		}
	}
	return f
}
