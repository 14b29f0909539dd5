// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"slices"

	"github.com/ubench-dev/ubench/bench"
)

// InsteadEngines are what people would use instead, and ours: the figure has those that were measured.
var InsteadEngines = []string{Reference, "wasm2c", "jit", "jit-plan", "vm"}

// InsteadFigure sets the same kernels through WebAssembly, ahead of time and checked, beside our engines. It is nil unless
// wasm2c was measured.
func InsteadFigure(samples []bench.Sample) *Figure {
	chosen := slices.DeleteFunc(slices.Clone(samples), func(s bench.Sample) bool { return !slices.Contains(InsteadEngines, s.Engine) })
	d := kernelDots(chosen)
	if d == nil || !slices.Contains(d.names, "wasm2c") {
		return nil
	}
	f := &Figure{
		Name: "i-instead", Command: "ubench run --all --engines native-O2,wasm2c,jit,jit-plan,vm",
		Title: "What would you use instead? WebAssembly, ahead of time",
		Caption: "Execution against the same C compiled natively, each kernel at its largest size. wasm2c is the same source through " +
			"WebAssembly (clang, wasm2c, gcc -O2) with every access checked and no limit on time: it is compiled on the desk and linked " +
			"into the firmware, while the others take programs that arrive.",
		width: chartWidth * 3 / 2, height: d.height(), drawing: d,
	}
	for _, r := range d.rows {
		for _, n := range d.names {
			if v, ok := r.values[n]; ok {
				f.add(n, r.name, d.x, v, "ratio", Measured+", "+samples[0].Target)
			}
		}
	}
	return f
}
