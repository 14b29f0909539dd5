// SPDX-License-Identifier: GPL-2.0-or-later

// Package symbols finds names for addresses of code, so that whoever reports where a firmware
// stands can name the function.
package symbols

import (
	"debug/elf"
	"fmt"
	"sort"
)

// Table holds the symbols of a program.
type Table struct {
	functions []elf.Symbol // ascending
	byName    map[string]elf.Symbol
}

// Read takes the symbols out of a file. A stripped file has none: addresses stay numbers.
func Read(f *elf.File) *Table {
	s := &Table{byName: map[string]elf.Symbol{}}
	all, err := f.Symbols()
	if err != nil {
		return s
	}
	for _, sym := range all {
		if elf.ST_TYPE(sym.Info) == elf.STT_FUNC {
			sym.Value &^= 1
			s.functions = append(s.functions, sym)
		}
		s.byName[sym.Name] = sym
	}
	sort.SliceStable(s.functions, func(i, j int) bool { return s.functions[i].Value < s.functions[j].Value })
	return s
}

// Addr is the address of a symbol, bit 0 clear.
func (s *Table) Addr(name string) (uint32, bool) {
	if s == nil {
		return 0, false
	}
	sym, ok := s.byName[name]
	return uint32(sym.Value) &^ 1, ok
}

// Locate writes an address as people read it: "0x08001234 (agent_run+0x1c)", or the number alone.
func (s *Table) Locate(pc uint32) string {
	if in := s.In(pc); in != "" {
		return fmt.Sprintf("0x%08x (%s)", pc, in[len(" in "):])
	}
	return fmt.Sprintf("0x%08x", pc)
}

// In names the function an address is in: " in agent_run+0x1c"; empty if there is none.
func (s *Table) In(pc uint32) string {
	if s == nil {
		return ""
	}
	i := sort.Search(len(s.functions), func(i int) bool { return s.functions[i].Value > uint64(pc) })
	if i == 0 {
		return ""
	}
	f := s.functions[i-1]
	switch offset := uint64(pc) - f.Value; {
	case offset >= max(f.Size, 1):
		return ""
	case offset == 0:
		return " in " + f.Name
	default:
		return fmt.Sprintf(" in %s+%#x", f.Name, offset)
	}
}
