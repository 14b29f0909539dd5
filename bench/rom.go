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
	Tables int // how many of them lie outside functions: tables, constants
}

// components are the prefixes of symbols with linkage, one for each folder of device C.
var components = []string{"vm", "jit", "femto", "rbpf", "native", "wasm2c", "verify", "image", "ubpf", "maps", "agent", "helper", "boot", "kernel", "supervisor", "console", "board",
	"test", "cbor", "coap", "crypto", "oscore", "server", "store", "trust", "slipmux", "network"}

// folders are other prefixes that belong to a component: Z_ begins the names of functions that wasm2c exports, br_ those of BearSSL.
var folders = map[string]string{
	"w2c": "wasm2c", "wasm": "wasm2c", "Z": "wasm2c", "op": "jit-plan", "onepass": "jit-plan", "jit_plan": "jit-plan",
	"os": "kernel", "pool": "supervisor", "gate": "supervisor", "br": "crypto",
	"pbuf": "lwip", "netif": "lwip", "etharp": "lwip", "udp": "lwip", "memp": "lwip", "mem": "lwip", "ip4": "lwip", "icmp": "lwip", "inet": "lwip", "sys": "lwip",
}

// variants are prefixes of what belongs to one variant of an engine alone, in the file of all of them.
var variants = map[string]string{"rbpf_decode": "rbpf-decode", "rbpf_cache": "rbpf-cache"}

// library is the component of what the compiler and the C library bring, constants that of strings, which the linker merges across objects,
// padding what it leaves free behind functions and tables.
const (
	library   = "library"
	constants = "constants"
	padding   = "padding"
)

// ROM attributes the bytes of a firmware's code and tables to components, largest first. Every byte belongs to the object that it was
// linked from, and an object to the component that its symbols with linkage are named after.
func ROM(firmware []byte) ([]Component, error) {
	return attribute(firmware, func(s *elf.Section) bool { return s.Flags&elf.SHF_ALLOC != 0 && s.Type == elf.SHT_PROGBITS })
}

// StaticRAM attributes the bytes of .data and .bss.
func StaticRAM(firmware []byte) ([]Component, error) {
	return attribute(firmware, func(s *elf.Section) bool { return s.Flags&elf.SHF_WRITE != 0 && s.Flags&elf.SHF_ALLOC != 0 })
}

func attribute(firmware []byte, pick func(*elf.Section) bool) ([]Component, error) {
	f, err := elf.NewFile(bytes.NewReader(firmware))
	if err != nil {
		return nil, fmt.Errorf("firmware: %w", err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("firmware: %w", err)
	}
	sum := map[string]Component{}
	all := pieces(f.Sections, symbols)
	for i, p := range all {
		s := f.Sections[p.section]
		if !pick(s) {
			continue
		}
		end := s.Addr + s.Size
		if i+1 < len(all) && all[i+1].section == p.section {
			end = all[i+1].at
		}
		p.share(sum, end)
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

// place is where a symbol is.
type place struct {
	section elf.SectionIndex
	at      uint64
}

func of(s elf.Symbol) place { return place{s.Section, s.Value} }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.section, q.section), cmp.Compare(p.at, q.at))
}

// piece is what lies between two marks: a part of one object, and padding.
type piece struct {
	place
	object    int  // a number for each file; not above 0 if it is not known
	code      bool // begins with code
	component string
	symbols   []elf.Symbol // functions and objects, by address, each address once
}

// pieces cuts sections where the code or data of an object begins. Among symbols a file's name comes before what is local to
// its object, and there Arm's tools have a mapping symbol ($t, $d) where each section of the object begins. For data of the assembler, and
// for merged strings, the linker has some at the end, which are not the last object's: data there is taken for an object of its own.
func pieces(sections []*elf.Section, all []elf.Symbol) []piece {
	var result []piece
	var named []elf.Symbol
	object := 0
	for _, s := range all {
		kind := elf.ST_TYPE(s.Info)
		switch {
		case kind == elf.STT_FILE:
			object++
		case strings.HasPrefix(s.Name, "$"):
			result = append(result, piece{place: of(s), object: object, code: strings.HasPrefix(s.Name, "$t")})
		case kind == elf.STT_FUNC:
			s.Value &^= 1 // Thumb
			named = append(named, s)
		case kind == elf.STT_OBJECT, elf.ST_BIND(s.Info) == elf.STB_GLOBAL && int(s.Section) < len(sections):
			named = append(named, s)
		}
	}
	for i, s := range sections { // what is before the first mark
		result = append(result, piece{place: place{elf.SectionIndex(i), s.Addr}, object: object})
	}
	slices.SortStableFunc(result, func(a, b piece) int { return a.compare(b.place) })
	result = slices.CompactFunc(result, func(a, b piece) bool { return a.place == b.place })
	slices.SortFunc(named, func(a, b elf.Symbol) int {
		return cmp.Or(of(a).compare(of(b)), cmp.Compare(b.Size, a.Size), cmp.Compare(a.Name, b.Name))
	})
	named = slices.CompactFunc(named, func(a, b elf.Symbol) bool { return of(a) == of(b) })
	var cut []piece
	next, code := 0, place{} // where the last function ends: marks in it are of its constants
	for i, p := range result {
		if p.compare(code) < 0 {
			continue
		}
		if p.object == object && !p.code {
			p.object = -i
		}
		for ; next < len(named) && (i+1 == len(result) || of(named[next]).compare(result[i+1].place) < 0 || of(named[next]).compare(code) < 0); next++ {
			p.symbols = append(p.symbols, named[next])
			if end := of(named[next]); elf.ST_TYPE(named[next].Info) == elf.STT_FUNC {
				end.at += named[next].Size
				code = end
			}
		}
		cut = append(cut, p)
	}
	vote(cut)
	return cut
}

// vote gives each piece the component that most symbols with linkage of its object are named after.
func vote(all []piece) {
	votes := map[int]map[string]int{}
	for _, p := range all {
		for _, s := range p.symbols {
			c := prefix(s.Name)
			if c == "" || elf.ST_BIND(s.Info) == elf.STB_LOCAL || elf.ST_TYPE(s.Info) == elf.STT_NOTYPE && p.object > 0 { // the linker's
				continue
			}
			if votes[p.object] == nil {
				votes[p.object] = map[string]int{}
			}
			votes[p.object][c]++
		}
	}
	for i := range all {
		p, most := &all[i], 0
		p.component = library
		if p.object <= 0 {
			p.component = constants
		}
		for c, n := range votes[p.object] {
			if n > most || n == most && c < p.component {
				most, p.component = n, c
			}
		}
	}
}

// share adds the piece's bytes, up to its end, to its component, or to the variant of it that a symbol is of.
func (p piece) share(sum map[string]Component, end uint64) {
	add := func(name string, bytes, tables uint64) {
		c := sum[name]
		c.Bytes += int(bytes)
		c.Tables += int(tables)
		sum[name] = c
	}
	at := p.at
	for _, s := range p.symbols {
		from, to := max(s.Value, at), min(s.Value+s.Size, end)
		if from >= to {
			continue
		}
		name, tables := p.component, to-from
		for start, variant := range variants {
			if strings.HasPrefix(s.Name, start+"_") {
				name = variant
			}
		}
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			tables = 0
		}
		add(name, to-from, tables)
		add(p.component, from-at, from-at)
		at = to
	}
	if at > p.at {
		add(padding, end-at, end-at)
	} else {
		add(p.component, end-at, end-at)
	}
}

// prefix is the component a symbol's name begins with, or "".
func prefix(name string) string {
	for p, component := range folders {
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
