// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"bytes"
	"debug/elf"
	"testing"

	"github.com/ubench-dev/ubench/firmware"
)

// Every byte of a firmware belongs to a component, and what is left for the C library is what a C library is.
func TestROM(t *testing.T) {
	for _, b := range firmware.Boards() {
		data, err := firmware.ELF(b.Name)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := ROM(data)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		rest := 0
		for _, s := range f.Sections {
			if s.Flags&elf.SHF_ALLOC != 0 && s.Type == elf.SHT_PROGBITS {
				rest += int(s.Size)
			}
		}
		found := map[string]int{}
		for _, p := range parts {
			rest -= p.Bytes
			found[p.Name] = p.Bytes
			if p.Tables > p.Bytes || p.Bytes <= 0 {
				t.Errorf("%s: %+v", b.Name, p)
			}
		}
		if rest != 0 {
			t.Errorf("%s: %d bytes belong nowhere", b.Name, rest)
		}
		for _, c := range []string{"vm", "jit", "femto", "rbpf", "native", "verify", "image", "maps", "agent", "helper", "boot", library} {
			if found[c] == 0 {
				t.Errorf("%s has no %s", b.Name, c)
			}
		}
		if found[library] > 4096 {
			t.Errorf("%s: a library of %d bytes: what is in it?", b.Name, found[library])
		}
	}
	if _, err := ROM([]byte("no ELF")); err == nil {
		t.Error("no error")
	}
}
