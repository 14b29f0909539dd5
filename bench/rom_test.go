// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"bytes"
	"debug/elf"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/firmware"
)

// images are the committed firmwares, those that measure and those of devices.
func images(t *testing.T) map[string][]byte {
	all := map[string][]byte{}
	for _, b := range firmware.Boards() {
		data, err := firmware.ELF(b.Name)
		if err != nil {
			t.Fatal(err)
		}
		all[b.Name] = data
	}
	for _, b := range firmware.DeviceBoards() {
		data, err := firmware.Device(b.Name)
		if err != nil {
			t.Fatal(err)
		}
		all["device-"+b.Name] = data
	}
	return all
}

// What ROM and StaticRAM say are the bytes of the ELF's sections, and what is left for the C library is what a C library is.
func TestROM(t *testing.T) {
	for name, data := range images(t) {
		f, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var flash, ram int
		for _, s := range f.Sections {
			if s.Flags&elf.SHF_ALLOC != 0 && s.Type == elf.SHT_PROGBITS {
				flash += int(s.Size)
			}
			if s.Flags&elf.SHF_ALLOC != 0 && s.Flags&elf.SHF_WRITE != 0 {
				ram += int(s.Size)
			}
		}
		parts, err := ROM(data)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]int{}
		for _, p := range parts {
			flash -= p.Bytes
			found[p.Name] = p.Bytes
			if p.Tables > p.Bytes || p.Bytes <= 0 {
				t.Errorf("%s: %+v", name, p)
			}
		}
		static, err := StaticRAM(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range static {
			ram -= p.Bytes
		}
		if flash != 0 || ram != 0 {
			t.Errorf("%s: %d bytes of flash and %d of RAM belong nowhere", name, flash, ram)
		}
		names := []string{"vm", "jit", "verify", "image", "maps", "agent", "helper", library}
		if strings.HasPrefix(name, "device-") {
			names = append(names, "kernel", "supervisor", "console", "board")
		} else {
			names = append(names, "boot", "jit-plan", "femto", "rbpf", "rbpf-cache", "rbpf-decode", "native", "wasm2c")
		}
		for _, c := range names {
			if found[c] == 0 {
				t.Errorf("%s has no %s", name, c)
			}
		}
		if found[library] > 4096 {
			t.Errorf("%s: a library of %d bytes: what is in it?", name, found[library])
		}
	}
	if _, err := ROM([]byte("no ELF")); err == nil {
		t.Error("no error")
	}
}

// Static functions, whose names say nothing, belong to the folder of their file: jit/onepass once had 2,000 bytes of jit's, and jit
// as many of its.
func TestROMOfStaticFunctions(t *testing.T) {
	folders := map[string]string{"jit": "jit", "jit/onepass": "jit-plan", "vm": "vm", "verify": "verify", "image": "image", "maps": "maps",
		"device/kernel": "kernel", "device/supervisor": "supervisor"}
	files := map[string][]string{} // the components that have a file of this name
	all, err := filepath.Glob("../*/*.c")
	deeper, err2 := filepath.Glob("../*/*/*.c")
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for _, file := range slices.Concat(all, deeper) {
		folder := filepath.ToSlash(filepath.Dir(file))[len("../"):]
		files[filepath.Base(file)] = append(files[filepath.Base(file)], folders[folder])
	}
	for name, data := range images(t) {
		f, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		symbols, err := f.Symbols()
		if err != nil {
			t.Fatal(err)
		}
		of := map[uint64]string{} // by address
		for _, p := range pieces(f.Sections, symbols) {
			for _, s := range p.symbols {
				of[s.Value] = p.component
			}
		}
		file, checked := "", 0
		for _, s := range symbols {
			if elf.ST_TYPE(s.Info) == elf.STT_FILE {
				file = s.Name
			}
			if elf.ST_TYPE(s.Info) != elf.STT_FUNC || elf.ST_BIND(s.Info) != elf.STB_LOCAL || len(files[file]) != 1 || files[file][0] == "" {
				continue
			}
			checked++
			if got := of[s.Value&^1]; got != files[file][0] {
				t.Errorf("%s: %s of %s is in %s", name, s.Name, file, got)
			}
		}
		if checked < 100 {
			t.Errorf("%s: %d static functions", name, checked)
		}
	}
}
