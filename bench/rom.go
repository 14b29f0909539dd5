// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strings"
)

// Component is a part of a firmware and the bytes it takes.
type Component struct {
	Name   string
	Bytes  int
	Tables int // how many of them are data: symbols of objects, not of functions
}

// components are the prefixes of symbols with linkage, one for each folder of device C.
var components = []string{"vm", "jit", "femto", "rbpf", "native", "wasm2c", "verify", "image", "ubpf", "maps", "agent", "helper", "boot", "kernel", "supervisor", "console", "board",
	"test"}

// variants are prefixes of symbols that belong to a variant of a component, or are of the tool that made it: Z_ begins
// the names of functions that wasm2c exports.
var variants = map[string]string{
	"rbpf_decode": "rbpf-decode", "rbpf_cache": "rbpf-cache", "w2c": "wasm2c", "wasm": "wasm2c", "Z": "wasm2c", "op": "jit-plan", "onepass": "jit-plan",
	"os": "kernel", "pool": "supervisor", "gate": "supervisor",
}

// library is the component of what the compiler and the C library bring.
const library = "library"

// ROM attributes the bytes of a firmware's code and tables to components, largest first. A symbol
// with linkage belongs to the folder its prefix names, a static one to the folder of the file it is
// in, which is known by the other symbols of the file or by what the linker placed before it.
func ROM(firmware []byte) ([]Component, error) {
	return attribute(firmware, func(s *elf.Section) bool { return s.Flags&elf.SHF_ALLOC != 0 && s.Type == elf.SHT_PROGBITS })
}

// StaticRAM attributes the bytes of .data and .bss.
func StaticRAM(firmware []byte) ([]Component, error) {
	return attribute(firmware, func(s *elf.Section) bool { return s.Flags&elf.SHF_WRITE != 0 && s.Flags&elf.SHF_ALLOC != 0 })
}

// symbol is an elf.Symbol with the file a static one is in.
type symbol struct {
	elf.Symbol
	file string
}

func attribute(firmware []byte, pick func(*elf.Section) bool) ([]Component, error) {
	f, err := elf.NewFile(bytes.NewReader(firmware))
	if err != nil {
		return nil, fmt.Errorf("firmware: %w", err)
	}
	defer f.Close()
	all, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("firmware: %w", err)
	}
	rest, wanted := 0, map[elf.SectionIndex]bool{}
	for i, s := range f.Sections {
		if pick(s) {
			wanted[elf.SectionIndex(i)] = true
			rest += int(s.Size)
		}
	}
	symbols := placed(all, wanted)
	sum := map[string]Component{}
	files := fileComponents(symbols)
	last := library
	for _, s := range symbols {
		name := prefix(s.Name)
		switch {
		case name != "":
		case s.file == "":
			name = library
		case files[s.file] != "":
			name = files[s.file]
		default:
			name = last
		}
		last = name
		c := sum[name]
		c.Bytes += int(s.Size)
		if elf.ST_TYPE(s.Info) == elf.STT_OBJECT {
			c.Tables += int(s.Size)
		}
		sum[name] = c
		rest -= int(s.Size)
	}
	if rest > 0 {
		sum["padding and constants"] = Component{Bytes: rest, Tables: rest}
	}
	var parts []Component
	for name, c := range sum {
		if c.Bytes > 0 {
			c.Name = name
			parts = append(parts, c)
		}
	}
	slices.SortFunc(parts, func(a, b Component) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
	})
	return parts, nil
}

// placed lists functions and objects of the wanted sections by address, each address once.
func placed(all []elf.Symbol, wanted map[elf.SectionIndex]bool) []symbol {
	var symbols []symbol
	file := ""
	for _, s := range all {
		kind := elf.ST_TYPE(s.Info)
		switch {
		case kind == elf.STT_FILE:
			file = s.Name
		case (kind == elf.STT_FUNC || kind == elf.STT_OBJECT) && s.Size > 0 && wanted[s.Section]:
			s.Value &^= 1 // Thumb
			where := ""
			if elf.ST_BIND(s.Info) == elf.STB_LOCAL {
				where = file
			}
			symbols = append(symbols, symbol{s, where})
		}
	}
	slices.SortStableFunc(symbols, func(a, b symbol) int { return cmp.Compare(a.Value, b.Value) })
	return slices.CompactFunc(symbols, func(a, b symbol) bool { return a.Value == b.Value })
}

// fileComponents finds the component of files by the prefixes of their static symbols.
func fileComponents(symbols []symbol) map[string]string {
	files := map[string]string{}
	for _, s := range symbols {
		if p := prefix(s.Name); p != "" && s.file != "" {
			files[s.file] = p
		}
	}
	return files
}

// prefix is the component a symbol's name begins with, or "".
func prefix(name string) string {
	for p, component := range variants {
		if strings.HasPrefix(name, p+"_") {
			return component
		}
	}
	head, _, _ := strings.Cut(name, "_")
	if slices.Contains(components, head) {
		return head
	}
	return ""
}
