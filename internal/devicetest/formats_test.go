// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// Every image format runs behind walls: nothing a program needs stays where it may not look.
func TestFormats(t *testing.T) {
	d := Boot(t, "netduinoplus2", 0)
	for i, x := range examples.Paper() {
		program, err := image.LoadObject(x.Name, x.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		trace, err := abi.ParseTrace(x.Trace)
		if err != nil {
			t.Fatal(err)
		}
		for j, f := range program.Formats() {
			bytes, err := program.Encode(f)
			if err != nil {
				t.Fatal(err)
			}
			for k, e := range everyEngine {
				if !testenv.Share(i+j+k, 4) {
					continue
				}
				data := bytes
				if e == device.JITPlan && f == abi.Packed {
					data = packed(t, withPlan(t, program))
				}
				n := d.Started(t, device.Config{
					Name: "format", Format: f, Entry: program.EntryIndex(f), Engine: e, Context: uint32(max(len(x.Context), 8)), AllHelpers: true,
					Devices: 1<<10 - 1, Keys: []device.Keys{{Last: 1<<32 - 1, Rights: 3}},
				}, data)
				if err := d.Trace(t.Context(), trace); err != nil {
					t.Fatal(err)
				}
				r, err := d.Call(t.Context(), n, x.Context)
				if err != nil || r.Fault.Status != abi.OK || r.R0 != x.Result {
					t.Errorf("%s as %v on %v: %v, r0 %#x, want %#x, %v", x.Name, f, e, r.Fault, r.R0, x.Result, err)
				}
				if err := d.Unload(t.Context(), n); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
