// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"

	"github.com/ubench-dev/ubench/emu/symbols"
)

// LoadELF writes the segments of a bare-metal ELF file to the addresses they are loaded at, which
// must be mapped, and returns its symbols. It does not reset the machine.
func (m *Machine) LoadELF(data []byte) (*symbols.Table, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("not a usable ELF file: %w", err)
	}
	if f.Machine != elf.EM_ARM || f.Type != elf.ET_EXEC || f.Class != elf.ELFCLASS32 || f.ByteOrder.String() != "LittleEndian" {
		return nil, fmt.Errorf("%v for %v is not a program for a Cortex-M", f.Type, f.Machine)
	}
	loaded := false
	for i, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 {
			continue
		}
		if p.Off > uint64(len(data)) || p.Filesz > uint64(len(data))-p.Off || p.Paddr > 0xffffffff {
			return nil, fmt.Errorf("segment %d is cut off", i)
		}
		if err := m.Write(uint32(p.Paddr), data[p.Off:p.Off+p.Filesz]); err != nil {
			return nil, fmt.Errorf("segment %d: %w", i, err)
		}
		loaded = true
	}
	if !loaded {
		return nil, errors.New("the ELF file has nothing to load")
	}
	return symbols.Read(f), nil
}
