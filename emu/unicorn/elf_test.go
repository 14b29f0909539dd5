// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"context"
	"testing"

	"github.com/ubench-dev/ubench/firmware"
)

// Whatever the file says, loading it ends well or with an error, and so does running it.
func FuzzLoadELF(f *testing.F) {
	good, err := firmware.ELF("netduino2")
	if err != nil {
		f.Fatal(err)
	}
	header := good[:4096]
	f.Add(header)
	f.Add(good[:52])
	f.Add([]byte("\x7fELF\x01\x01\x01"))
	m, err := NewBoard(CortexM3)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { m.Close() })
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := m.LoadELF(data)
		if err != nil {
			return
		}
		table.Locate(0x08000000)
		m.DropOutput()
		m.Reset()
		if _, err := m.Run(context.Background(), ReturnAddress, 10_000); err != nil {
			t.Error(err)
		}
	})
}
