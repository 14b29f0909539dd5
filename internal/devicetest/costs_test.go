// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"debug/elf"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu/targets"
)

// Costs of the walls; figures of docs/device.md. Limits are those the design is held to. What is counted is the firmware as
// committed (make firmware), under Unicorn, as picture h of `ubench figures` shows it.
func TestCosts(t *testing.T) {
	if deskOnly {
		t.Skip("costs are counted on an emulated board, not of what this build tests")
	}
	// What is counted does not depend on how long it takes here: the request is sent once (wire.Lossless). Sent again, it would
	// interrupt a switch, which then counts as twice as long.
	walled, err := targets.Open(t.Context(), "unicorn+"+targets.NoCycles+"+"+targets.Walls)
	if err != nil {
		t.Fatal(err)
	}
	defer walled.Close()
	open, err := targets.Open(t.Context(), "unicorn+"+targets.NoCycles)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	r, err := bench.MeasureIsolation(t.Context(), walled.(bench.Compartments), open, benchmarks.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	most := map[string]uint64{bench.HelperCall: 80, bench.Switch: 250}
	for _, c := range r.Costs {
		more := c.With.Instructions
		if c.Without != nil {
			more -= c.Without.Instructions
		}
		t.Logf("%s %s: %d instructions, %d more than without walls", c.What, c.Engine, c.With.Instructions, more)
		if limit := most[c.What]; limit > 0 && more > limit {
			t.Errorf("%s %s costs %d instructions behind walls, more than %d", c.What, c.Engine, more, limit)
		}
	}
	for _, engine := range []string{"vm", "jit", "jit-mpu"} {
		whole := r.Mean(engine, func(k bench.IsolationRatio) float64 { return k.Instructions })
		inside := r.Mean(engine, func(k bench.IsolationRatio) float64 { return k.Inside })
		t.Logf("%s: %d kernels take %.4f times the instructions without walls (geometric mean), %.4f without entering and leaving", engine,
			len(r.Kernels)/3, whole, inside)
		if engine != "jit-mpu" && inside > 1.03 {
			t.Errorf("%s: the walls cost %.1f %%, more than 3", engine, 100*(inside-1))
		}
		if engine != "jit-mpu" && whole > 1.03 {
			t.Errorf("%s: the walls cost %.1f %% with entering and leaving, more than 3", engine, 100*(whole-1))
		}
	}
}

// The kernel is at most 4 KB of code.
func TestKernelIsSmall(t *testing.T) {
	for _, board := range Some() {
		f, err := elf.NewFile(bytes.NewReader(ELF(t, board, true)))
		if err != nil {
			t.Fatal(err)
		}
		all, err := f.Symbols()
		if err != nil {
			t.Fatal(err)
		}
		var bytes uint64
		for _, s := range all {
			if elf.ST_TYPE(s.Info) == elf.STT_FUNC && (strings.HasPrefix(s.Name, "kernel_") || strings.HasPrefix(s.Name, "os_")) {
				bytes += s.Size
			}
		}
		components, err := bench.ROM(ELF(t, board, true))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range components {
			if c.Name == "kernel" {
				t.Logf("%s: %d bytes of the kernel, static functions and tables included", board, c.Bytes)
				bytes = max(bytes, uint64(c.Bytes))
			}
		}
		if bytes == 0 || bytes > 4096 {
			t.Errorf("%s: the kernel is %d bytes", board, bytes)
		}
	}
}
