// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"fmt"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

// The examples at once, as many as fit on a board, each giving its result.
func TestExamplesAtOnce(t *testing.T) {
	for _, board := range one() {
		t.Run(board, func(t *testing.T) {
			t.Parallel()
			d := Boot(t, board, 0)
			for _, e := range []device.Engine{device.VM, device.JITPlan} {
				fit := 0
				all := examples.All()
				for i, x := range all {
					program, err := image.LoadObject(x.Name, x.Object, "")
					if err != nil {
						t.Fatal(err)
					}
					if e == device.JITPlan {
						program = withPlan(t, program)
					}
					trace, err := abi.ParseTrace(x.Trace)
					if err != nil {
						t.Fatal(err)
					}
					n, err := d.Load(t.Context(), device.Config{
						Name: fmt.Sprintf("example-%d", i), Format: abi.Packed, Engine: e, Context: uint32(max(len(x.Context), 8)), AllHelpers: true,
						Devices: 1<<10 - 1, Keys: []device.Keys{{Last: 1<<32 - 1, Rights: 3}},
					}, packed(t, program))
					if err == nil {
						err = d.Start(t.Context(), n)
					}
					if got := name(err); got == "e-memory" || got == "e-slots" {
						continue
					} else if err != nil {
						t.Fatalf("%s: %v", x.Name, err)
					}
					fit++
					if err := d.Trace(t.Context(), trace); err != nil {
						t.Fatal(err)
					}
					r, err := d.Call(t.Context(), n, x.Context)
					if err != nil || r.Fault.Status != abi.OK || r.R0 != x.Result {
						t.Errorf("%s on %v: %v, r0 %#x, want %#x, %v", x.Name, e, r.Fault, r.R0, x.Result, err)
					}
				}
				i := d.info(t)
				t.Logf("%v: %d of %d examples at once; %d of %d bytes are left", e, fit, len(all), i.PoolFree, i.PoolBytes)
				d.clear(t)
			}
		})
	}
}
