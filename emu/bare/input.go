// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// input is a program as its file has it.
type input struct {
	origin
	pieces []piece
	elf    *elf.File // nil for others
	entry  *uint32   // that the file names; a vector table comes first
	base   bool      // a vector table is at the first piece
}

// read takes a file apart. What it is shows in its first bytes.
func read(file []byte, o Options) (*input, error) {
	text := bytes.TrimLeft(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")), " \t\r\n")
	kind := ""
	switch {
	case bytes.HasPrefix(file, []byte(elf.ELFMAG)):
		kind = "an ELF file"
	case o.Base == "" && bytes.HasPrefix(text, []byte(":")) || looksLikeHex(text):
		kind = "an Intel hex file"
	}
	if kind != "" && o.Base != "" {
		return nil, badOption("base", "is for raw images, and this is %s", kind)
	}
	switch {
	case kind == "an ELF file":
		return readELF(file)
	case kind != "":
		pieces, entry, err := readHex(text)
		if err != nil {
			return nil, err
		}
		return &input{pieces: pieces, entry: entry, base: true}, nil
	case o.Base == "" && len(text) > 1 && text[0] == 'S' && text[1] >= '0' && text[1] <= '9':
		return nil, errors.New("the file looks like Motorola S-records: make an ELF, Intel hex or raw file of it (arm-none-eabi-objcopy -I srec -O ihex)")
	case bytes.HasPrefix(file, []byte("UF2\n")):
		return nil, errors.New("the file is UF2: measure the ELF or Intel hex file it was made of")
	case o.Base == "":
		return nil, badOption("base", "say where the image lies: the file is neither an ELF nor an Intel hex file")
	case len(file) == 0:
		return nil, errors.New("the file is empty")
	}
	return &input{pieces: []piece{{data: file, what: "image", size: uint32(len(file))}}, base: true}, nil
}

// readELF checks that the file is a program for a Cortex-M, and takes its segments.
func readELF(file []byte) (*input, error) {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("not a usable ELF file: %w", err)
	}
	const be8 = 0x00800000 // EF_ARM_BE8; debug/elf does not show e_flags
	flags := uint32(0)
	if f.Class == elf.ELFCLASS32 && len(file) >= 40 {
		flags = f.ByteOrder.Uint32(file[36:])
	}
	switch {
	case f.Machine != elf.EM_ARM:
		return nil, fmt.Errorf("the file is for %v and has no code for a Cortex-M", f.Machine)
	case f.Class != elf.ELFCLASS32:
		return nil, errors.New("the file is a 64-bit file")
	case f.ByteOrder != binary.LittleEndian, flags&be8 != 0:
		return nil, errors.New("the file is big-endian: build it with -mlittle-endian")
	case f.Type == elf.ET_REL:
		return nil, errors.New("the file is an object: link it first")
	case f.Type != elf.ET_EXEC:
		return nil, fmt.Errorf("the file is of type %v: a program for a bare machine is linked to fixed addresses", f.Type)
	}
	in := &input{elf: f}
	if in.origin, err = originOf(f); err != nil {
		return nil, err
	}
	code := false
	for i, s := range f.Progs {
		if s.Type != elf.PT_LOAD || s.Memsz == 0 {
			continue
		}
		what := fmt.Sprintf("segment %d%s", i, sectionsOf(f, s))
		switch {
		case s.Off > uint64(len(file)) || s.Filesz > uint64(len(file))-s.Off || s.Filesz > s.Memsz:
			return nil, fmt.Errorf("segment %d is cut off", i)
		case s.Memsz > mostMemory:
			return nil, fmt.Errorf("segment %d has %d bytes, more than %d", i, s.Memsz, mostMemory)
		case s.Vaddr+s.Memsz > 1<<32 || s.Paddr+s.Filesz > 1<<32:
			return nil, fmt.Errorf("segment %d goes beyond the address space", i)
		}
		code = code || s.Flags&elf.PF_X != 0 && s.Filesz > 0
		in.pieces = append(in.pieces, piece{addr: uint32(s.Paddr), data: file[s.Off : s.Off+s.Filesz], what: what, size: uint32(s.Memsz), runs: uint32(s.Vaddr)})
	}
	if !code {
		return nil, errors.New("the file has no code to load")
	}
	entry := uint32(f.Entry)
	in.entry = &entry
	return in, nil
}

// sectionsOf names the sections of a segment: " (.text .rodata)".
func sectionsOf(f *elf.File, s *elf.Prog) string {
	const most = 4
	var names []string
	for _, c := range f.Sections {
		if c.Flags&elf.SHF_ALLOC != 0 && c.Size > 0 && c.Addr >= s.Vaddr && c.Addr-s.Vaddr < s.Memsz {
			names = append(names, c.Name)
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case len(names) > most:
		names = append(names[:most], "…")
	}
	return " (" + strings.Join(names, " ") + ")"
}

// inARMState tells whether code at an address is in ARM state, as mapping symbols say ("$a", IHI 0044); known is false if
// none does.
func inARMState(f *elf.File, addr uint32) (arm, known bool) {
	all, err := f.Symbols()
	if err != nil {
		return false, false
	}
	type mark struct {
		at  uint32
		arm bool
	}
	var marks []mark
	for _, s := range all {
		if len(s.Name) >= 2 && s.Name[0] == '$' && (s.Name[1] == 'a' || s.Name[1] == 't') && (len(s.Name) == 2 || s.Name[2] == '.') {
			marks = append(marks, mark{uint32(s.Value), s.Name[1] == 'a'})
		}
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.at, b.at) })
	for _, m := range marks {
		if m.at > addr {
			break
		}
		arm, known = m.arm, true
	}
	return arm, known
}
