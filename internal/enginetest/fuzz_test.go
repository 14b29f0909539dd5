// SPDX-License-Identifier: GPL-2.0-or-later

package enginetest_test

import (
	"testing"

	"github.com/ubench-dev/ubench/internal/enginetest"
	"github.com/ubench-dev/ubench/vm"
)

// Bytes are a program, or none: the verifier refuses with one of its statuses and a slot of the text,
// and what it takes runs in the interpreter to an end with a status of running, inside its memory
// (which lies in pages of its own).
func FuzzVerifyAndRun(f *testing.F) {
	for _, text := range []string{
		"b700000001000000 9500000000000000",
		"0500ffff00000000",                                   // itself
		"1800000001000000 0000000002000000 9500000000000000", // lddw
		"8510000000000000 9500000000000000 8510000001000000 9500000000000000",
		"7b1af8ff00000000 db0af8ff01000000 79a0f8ff00000000 9500000000000000",
		"b701000041000000 8500000003000000 9500000000000000",
		"1840000002000000 0000000000000000 8d00000000000000 9500000000000000 9500000000000000",
	} {
		f.Add(enginetest.Hex(text), []byte{1, 2, 3, 4})
	}
	m, err := enginetest.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = m.Close() })
	f.Fuzz(func(t *testing.T, text, context []byte) {
		if len(text) > 4096 || len(context) > 256 {
			return
		}
		text = text[:len(text)/8*8]
		r, err := m.Run(vm.Engine(), enginetest.Program{Text: text, Context: context, Budget: 1000, Helpers: true})
		if err != nil {
			t.Fatal(err)
		}
		status := r.Fault.Status
		switch {
		case r.Refused && (status > -40 || status < -59):
			t.Errorf("refused with %s", status.Name())
		case !r.Refused && status != 0 && (status > -80 || status < -99):
			t.Errorf("stopped with %s", status.Name())
		case status != 0 && len(text) > 0 && int(r.Fault.PC) >= len(text)/8:
			t.Errorf("%s at slot %d of %d", status.Name(), r.Fault.PC, len(text)/8)
		}
	})
}
