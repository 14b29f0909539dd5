// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

// sum adds the words of its context.
var sum = program(
	movImm(0, 0),
	load32(3, 1, 0), load32(4, 1, 4),
	mov(0, 3), slot(0x0f, 0, 4, 0, 0),
	store32(1, 8, 0),
	exit())

func TestCall(t *testing.T) {
	for _, board := range Some() {
		t.Run(board, func(t *testing.T) {
			t.Parallel()
			d := Boot(t, board, 0)
			for _, e := range everyEngine {
				n := d.Started(t, device.Config{Name: "sum-" + e.String(), Format: abi.TextOnly, Engine: e, Context: 16}, sum)
				r, err := d.Call(t.Context(), n, []byte{1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0})
				if err != nil {
					t.Fatal(err)
				}
				if r.Fault.Status != abi.OK || r.R0 != 0x103 || le.Uint32(r.Context[8:]) != 0x103 {
					t.Errorf("%v: %+v", e, r)
				}
				t.Logf("%v: %d instructions", e, r.Instructions)
			}
		})
	}
}
