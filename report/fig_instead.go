// SPDX-License-Identifier: GPL-2.0-or-later

package report

import "github.com/ubench-dev/ubench/bench"

// InsteadEngines are what people would use instead, and ours: the figure has those that were measured.
var InsteadEngines = []string{Reference, "wasm2c", "jit", "jit-plan", "vm"}

// InsteadFigure sets the same kernels through WebAssembly, ahead of time and checked, beside our engines. It is nil unless
// wasm2c was measured.
func InsteadFigure(samples []bench.Sample) *Figure {
	f, _ := kernelFigure(samples, InsteadEngines, "wasm2c")
	if f == nil {
		return nil
	}
	f.Name, f.Command = "j-instead", "ubench run --all --engines native-O2,wasm2c,jit,jit-plan,vm"
	f.Title = "What would you use instead? WebAssembly, ahead of time"
	f.Caption = "Execution against the same C compiled natively, each kernel at its largest size. wasm2c is the same source through " +
		"WebAssembly (clang, wasm2c, gcc -O2) with every access checked and no limit on time: it is compiled on the host and linked " +
		"into the firmware, while the others take programs that arrive."
	return f
}
