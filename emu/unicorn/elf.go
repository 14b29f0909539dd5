// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"sort"
)

// LoadELF writes the segments of a bare-metal ELF file to the addresses they are loaded at, which
// must be mapped, and returns its symbols. It does not reset the machine.
func (m *Machine) LoadELF(data []byte) (*Symbols, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("unicorn: load: %w", err)
	}
	if f.Machine != elf.EM_ARM || f.Type != elf.ET_EXEC || f.Class != elf.ELFCLASS32 || f.ByteOrder.String() != "LittleEndian" {
		return nil, fmt.Errorf("unicorn: load: %v for %v is not a program for a Cortex-M", f.Type, f.Machine)
	}
	loaded := false
	for i, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 {
			continue
		}
		if p.Off > uint64(len(data)) || p.Filesz > uint64(len(data))-p.Off || p.Paddr > 0xffffffff {
			return nil, fmt.Errorf("unicorn: load: segment %d is cut off", i)
		}
		if err := m.Write(uint32(p.Paddr), data[p.Off:p.Off+p.Filesz]); err != nil {
			return nil, fmt.Errorf("unicorn: load: segment %d: %w", i, err)
		}
		loaded = true
	}
	if !loaded {
		return nil, errors.New("unicorn: load: the file has nothing to load")
	}
	return readSymbols(f), nil
}

// Symbols finds names for addresses of code.
type Symbols struct {
	functions []elf.Symbol // ascending
	byName    map[string]elf.Symbol
}

func readSymbols(f *elf.File) *Symbols {
	s := &Symbols{byName: map[string]elf.Symbol{}}
	all, err := f.Symbols()
	if err != nil {
		return s // a stripped file: addresses stay numbers
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
func (s *Symbols) Addr(name string) (uint32, bool) {
	sym, ok := s.byName[name]
	return uint32(sym.Value) &^ 1, ok
}

// Locate writes an address as people read it: "0x08001234 (agent_run+0x1c)", or the number alone.
func (s *Symbols) Locate(pc uint32) string {
	text := fmt.Sprintf("0x%08x", pc)
	if s == nil {
		return text
	}
	i := sort.Search(len(s.functions), func(i int) bool { return s.functions[i].Value > uint64(pc) })
	for ; i > 0; i-- {
		f := s.functions[i-1]
		switch offset := uint64(pc) - f.Value; {
		case offset >= f.Size:
			return text
		case offset == 0:
			return fmt.Sprintf("%s (%s)", text, f.Name)
		default:
			return fmt.Sprintf("%s (%s+%#x)", text, f.Name, offset)
		}
	}
	return text
}
