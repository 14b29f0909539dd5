// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Relocation types of data as GNU as numbers them up to binutils 2.40. The types of instructions have
// the numbers LLVM gives them.
const (
	relocGNUData32 = 11
	relocGNUData64 = 12
)

// convention is what the bytes under a relocation mean. eBPF relocations have no addend of their own: it
// lies in the place that is relocated.
type convention int

// LLVM, and GNU as since binutils 2.41, write the addend. GNU as up to 2.40 (Debian's bpf-gcc) writes the
// sum of symbol and addend, as if the object were linked at address 0; in calls the value of the symbol in
// bytes, and the addend in slots.
const (
	unknownConvention convention = iota
	addendInPlace
	sumInPlace
)

// rawReloc is a relocation before it is known what its bytes mean.
type rawReloc struct {
	section *section
	at      uint32
	symbol  int
	kind    uint32
}

// addends are the two readings of a relocation, in bytes; equal where it does not matter who wrote the object.
func (o *object) addends(r rawReloc) (addend, sum int64) {
	data, sym := r.section.data[r.at:], o.symbols[r.symbol]
	value := int64(sym.value)
	if sym.section == int(elf.SHN_UNDEF) || sym.section == int(elf.SHN_COMMON) {
		value = 0
	}
	switch {
	case !r.section.code:
		if len(data) < 8 {
			return 0, 0
		}
		in := int64(binary.LittleEndian.Uint64(data))
		return in, in - value
	case r.kind == relocCall && decode(data).op == opCall:
		imm := int64(decode(data).imm)
		return (imm + 1) * slotBytes, (imm - value + 1) * slotBytes
	case r.kind == relocLDDW && decode(data).op == opLDDW && len(data) >= 2*slotBytes:
		low, high := decode(data).imm, decode(data[slotBytes:]).imm
		in := int64(high)<<32 | int64(uint32(low))
		if high == 0 { // LLVM writes the low half of a negative addend only
			in = int64(low)
		}
		return in, in - value
	}
	return 0, 0
}

// fits tells whether an addend is one a compiler would write: within what the symbol names, or nothing
// for a function.
func (o *object) fits(r rawReloc, addend int64) bool {
	sym := o.symbols[r.symbol]
	if s := o.in(sym); s == nil || s.code && sym.kind != elf.STT_SECTION {
		return addend == 0
	} else if sym.kind == elf.STT_SECTION || sym.size == 0 {
		to := int64(sym.value) + addend
		return to >= 0 && to <= int64(s.size)
	}
	return addend >= 0 && addend <= int64(sym.size)
}

// producer finds out which convention an object has: from the types of its relocations, which differ in
// data and debug information; from what only LLVM does; from the values themselves; from the compiler's
// name. It refuses an object that can be read in two ways.
func (o *object) producer(f *elf.File, all []rawReloc) (convention, error) {
	llvm, gnu := o.relocationTypes(f)
	if llvm != "" && gnu != "" {
		return 0, o.errorf("relocations of LLVM (section %s) and of GNU as (section %s) in one object", llvm, gnu)
	}
	if gnu != "" {
		return sumInPlace, nil
	}
	if llvm != "" || o.onlyLLVM(f) {
		return addendInPlace, nil
	}
	var ambiguous *rawReloc
	votes := map[convention]int{}
	for i, r := range all {
		addend, sum := o.addends(r)
		if addend == sum {
			continue
		}
		if ambiguous == nil {
			ambiguous = &all[i]
		}
		switch one, other := o.fits(r, addend), o.fits(r, sum); {
		case one && !other:
			votes[addendInPlace]++
		case other && !one:
			votes[sumInPlace]++
		}
	}
	switch {
	case ambiguous == nil, votes[addendInPlace] > 0 && votes[sumInPlace] == 0:
		return addendInPlace, nil
	case votes[sumInPlace] > 0 && votes[addendInPlace] == 0:
		return sumInPlace, nil
	}
	if c := o.compilerName(f); c != unknownConvention {
		return c, nil
	}
	addend, sum := o.addends(*ambiguous)
	name := o.called(o.symbols[ambiguous.symbol])
	return 0, o.errorf("section %s: offset %#x: cannot tell whether LLVM or GNU as made this object, and so whether %s or %s is meant: "+
		"keep section .comment, or compile with -g", ambiguous.section.name, ambiguous.at, plus(name, addend), plus(name, sum))
}

func plus(name string, n int64) string {
	if n == 0 {
		return name
	}
	return fmt.Sprintf("%s%+d", name, n)
}

// relocationTypes names a section whose relocations have types that only LLVM, and that only GNU as gives.
func (o *object) relocationTypes(f *elf.File) (llvm, gnu string) {
	for _, h := range f.Sections {
		if h.Type != elf.SHT_REL || h.Size > maxSection || int(h.Info) >= len(f.Sections) ||
			f.Sections[h.Info].Flags&elf.SHF_EXECINSTR != 0 {
			continue
		}
		data, err := h.Data()
		if err != nil {
			continue // refused where the relocations are read
		}
		for ; len(data) >= relBytes; data = data[relBytes:] {
			switch binary.LittleEndian.Uint32(data[8:]) {
			case relocGNUData32, relocGNUData64:
				gnu = f.Sections[h.Info].Name
			case relocABS64, relocABS32, relocNoDynamic32:
				llvm = f.Sections[h.Info].Name
			}
		}
	}
	return llvm, gnu
}

// onlyLLVM tells what GNU as up to 2.40 never writes: names of sections and of symbols in one table, LLVM's
// sections, a version of the instruction set in the header.
func (o *object) onlyLLVM(f *elf.File) bool {
	flags := binary.LittleEndian.Uint32(o.raw[48:])
	names := int(binary.LittleEndian.Uint16(o.raw[62:]))
	for _, h := range f.Sections {
		if strings.HasPrefix(h.Name, ".llvm") || h.Type == elf.SHT_SYMTAB && int(h.Link) == names {
			return true
		}
	}
	return flags != 0
}

// compilerName looks at what compilers write into .comment. GCC 12 and older came with GNU as of 2.40 and
// older, GCC 14 and newer with newer ones.
func (o *object) compilerName(f *elf.File) convention {
	h := f.Section(".comment")
	if h == nil || h.Size > maxSection {
		return unknownConvention
	}
	data, err := h.Data()
	if err != nil {
		return unknownConvention
	}
	found := unknownConvention
	for _, line := range strings.Split(string(data), "\x00") {
		c := unknownConvention
		if version, ok := strings.CutPrefix(line, "GCC: "); ok {
			number, _, _ := strings.Cut(version[strings.LastIndexByte(version, ' ')+1:], ".")
			major, err := strconv.Atoi(number)
			switch {
			case err != nil:
			case major <= 12:
				c = sumInPlace
			case major >= 14:
				c = addendInPlace
			}
		} else if strings.Contains(line, "clang") || strings.Contains(line, "LLVM") {
			c = addendInPlace
		} else {
			continue
		}
		if c == unknownConvention || found != unknownConvention && found != c {
			return unknownConvention
		}
		found = c
	}
	return found
}
