// SPDX-License-Identifier: GPL-2.0-or-later

package firmware

import (
	"bytes"
	"debug/elf"
	"testing"
)

// The memory map everybody relies on: ARCHITECTURE.md.
const (
	flash    = 0x08000000
	stackTop = 0x20002000
	arena    = 0x20004000
)

func TestBoardsHaveBootableFirmware(t *testing.T) {
	for _, b := range Boards() {
		image, err := ELF(b.Name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(image))
		if err != nil {
			t.Fatalf("%s: %v", b.Name, err)
		}
		if f.Machine != elf.EM_ARM || f.Class != elf.ELFCLASS32 {
			t.Errorf("%s: built for %v, %v", b.Name, f.Machine, f.Class)
		}
		text := f.Section(".text")
		if text == nil || text.Addr != flash {
			t.Fatalf("%s: .text is not at the start of flash", b.Name)
		}
		code, err := text.Data()
		if err != nil {
			t.Fatal(err)
		}
		if sp := f.ByteOrder.Uint32(code); sp != stackTop {
			t.Errorf("%s: initial stack pointer %#x, want %#x", b.Name, sp, stackTop)
		}
		reset, _, err := Symbol(b.Name, "boot_reset")
		if err != nil {
			t.Fatal(err)
		}
		if vector := f.ByteOrder.Uint32(code[4:]); vector != reset|1 {
			t.Errorf("%s: reset vector %#x, want %#x", b.Name, vector, reset|1)
		}
		bss := f.Section(".bss")
		if bss == nil || bss.Addr+bss.Size > arena {
			t.Errorf("%s: .bss reaches into the arena", b.Name)
		}
	}
}

// Paths and dates would make builds on other machines differ.
func TestFirmwareHasNoDebugInformation(t *testing.T) {
	for _, b := range Boards() {
		image, _ := ELF(b.Name)
		f, err := elf.NewFile(bytes.NewReader(image))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Sections {
			switch s.Name {
			case "", ".text", ".data", ".bss", ".symtab", ".strtab", ".shstrtab":
			default:
				t.Errorf("%s: unexpected section %s", b.Name, s.Name)
			}
		}
	}
}

func TestSymbol(t *testing.T) {
	for _, b := range Boards() {
		addr, size, err := Symbol(b.Name, "native_O2_fletcher16")
		if err != nil || addr&1 != 0 || addr < flash || size < 20 || size > 1000 {
			t.Errorf("%s: native_O2_fletcher16 at %#x, %d bytes, %v", b.Name, addr, size, err)
		}
		if _, _, err := Symbol(b.Name, "no_such_symbol"); err == nil {
			t.Errorf("%s: unknown symbol found", b.Name)
		}
	}
	if _, err := ELF("netduino3"); err == nil {
		t.Error("unknown board found")
	}
}
