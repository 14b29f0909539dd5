// SPDX-License-Identifier: GPL-2.0-or-later

package symbols

import (
	"bytes"
	"debug/elf"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/firmware"
)

func TestTable(t *testing.T) {
	data, err := firmware.ELF("netduinoplus2")
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	table := Read(f)
	at, ok := table.Addr("boot_main")
	if !ok || at&1 != 0 {
		t.Fatalf("boot_main at %#x, %v", at, ok)
	}
	if got := table.Locate(at); !strings.HasSuffix(got, "(boot_main)") {
		t.Error(got)
	}
	if got := table.Locate(at + 4); !strings.HasSuffix(got, "(boot_main+0x4)") {
		t.Error(got)
	}
	for _, pc := range []uint32{0, 0x20000000, 0xffffffff} {
		if got := table.Locate(pc); strings.Contains(got, "(") || table.In(pc) != "" {
			t.Error(got)
		}
	}
	if _, ok := table.Addr("no such thing"); ok {
		t.Error("found")
	}
	if got := (*Table)(nil).Locate(1); got != "0x00000001" {
		t.Error(got)
	}
}
