// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

func TestCallOnTheDesk(t *testing.T) {
	d := Host(t)
	n := d.Started(t, device.Config{Name: "sum", Format: abi.TextOnly, Context: 16}, sum)
	r, err := d.Call(t.Context(), n, []byte{1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	if r.Fault.Status != abi.OK || r.R0 != 0x103 {
		t.Errorf("%+v", r)
	}
}
