// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

// What an empty program costs that is attached to calls of helpers: in an interrupt, on vm. The counter of instructions is the emulator's.
func TestHookCosts(t *testing.T) {
	const calls = 100
	d := Boot(t, Boards[0], 0)
	asks := d.Started(t, device.Config{Name: "asks", Format: abi.TextOnly, Engine: device.JIT, Helpers: []uint16{0x20}},
		program(bytes.Repeat(callHelper(0x20), calls), exit()))
	measure := func() uint32 {
		best := ^uint32(0)
		for range 5 { // a tick may come in between
			r, err := d.Call(t.Context(), asks, nil)
			if err != nil || r.Fault.Status != abi.OK {
				t.Fatal(r.Fault, err)
			}
			best = min(best, r.Instructions)
		}
		return best
	}
	without := measure()
	one := d.Started(t, hook(t, "one", "tracepoint/helper"), program(movImm(0, 0), exit()))
	with := measure()
	d.Started(t, hook(t, "two", "tracepoint/helper"), program(movImm(0, 0), exit()))
	two := measure()
	t.Logf("%d instructions for each call with an empty program attached, %d more with another", (with-without)/calls, (two-with)/calls)
	if with <= without || two <= with {
		t.Errorf("%d calls: %d instructions, %d with a program attached, %d with two", calls, without, with, two)
	}
	if err := d.Unload(t.Context(), one); err != nil {
		t.Error(err)
	}
}
