// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
)

// The ten programs go their way in every format they have; a packed image is the smallest there is of each, on the air too.
func TestWayOfAProgram(t *testing.T) {
	d := dial(t, start(t, "host", t.TempDir()))
	ways, err := deploy.MeasureWays(t.Context(), d, device.VM, suit.DevelopmentKey.SigningKey, func(int, int, string) {})
	if err != nil {
		t.Fatal(err)
	}
	packed := map[string]deploy.Way{}
	for _, w := range ways {
		if w.Format == abi.Packed.String() {
			packed[w.Program] = w
		}
	}
	if len(packed) != 10 {
		t.Errorf("%d of the ten programs came as packed", len(packed))
	}
	for _, w := range ways {
		if p := packed[w.Program]; w.Format != p.Format && (p.Image >= w.Image && w.Format != abi.TextOnly.String() || p.Datagrams > w.Datagrams+64) {
			t.Errorf("%s: packed is %d bytes, %d on the air; %s %d, %d", w.Program, p.Image, p.Datagrams, w.Format, w.Image, w.Datagrams)
		}
	}
	if programs, err := d.Programs(t.Context()); err != nil || len(programs) > 0 {
		t.Errorf("%d programs are left: %v", len(programs), err)
	}
}
