// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"github.com/ubench-dev/ubench/abi"
)

// foreign are files that are handed to loaders of objects by mistake: how they begin, what they are, and
// what to do.
var foreign = []struct{ magic, what string }{
	{"BC\xc0\xde", "LLVM bitcode: compile without -flto and -emit-llvm"},
	{"\xde\xc0\x17\x0b", "LLVM bitcode: compile without -flto and -emit-llvm"},
	{"; ModuleID", "LLVM assembly: compile it with clang --target=bpfel -O2 -c"},
	{"!<arch>\n", "an archive: take the object out of it with ar x"},
	{"!<thin>\n", "a thin archive: name the object itself"},
	{"\xcf\xfa\xed\xfe", "a Mach-O file, not an ELF object: compile with clang --target=bpfel"},
	{"\xce\xfa\xed\xfe", "a Mach-O file, not an ELF object: compile with clang --target=bpfel"},
	{"\x00asm", "WebAssembly, not eBPF: compile with clang --target=bpfel"},
	{"\x1f\x8b", "compressed: unpack it with gunzip"},
	{"\xfd7zXZ\x00", "compressed: unpack it with unxz"},
	{"\x28\xb5\x2f\xfd", "compressed: unpack it with unzstd"},
	{"PK\x03\x04", "a ZIP archive: unpack it with unzip"},
	{":10", "Intel hex: objcopy -I ihex -O binary makes raw instructions of it"},
	{"\x9f\xeb", "BTF, which describes types: name the object it was taken from"},
}

// Foreign says what a file is that holds no program but is recognised by its beginning, and what to do; ""
// if it is not.
func Foreign(data []byte) string {
	for _, f := range foreign {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return f.what
		}
	}
	return ""
}

// IsObject tells an object for eBPF by its first 20 bytes.
func IsObject(start []byte) bool {
	return len(start) >= 20 && bytes.HasPrefix(start, []byte(elf.ELFMAG)) && binary.LittleEndian.Uint16(start[18:]) == uint16(elf.EM_BPF)
}

// magicOf is the first word of data, 0 if it is shorter.
func magicOf(data []byte) uint32 {
	if len(data) < 4 {
		return 0
	}
	return binary.LittleEndian.Uint32(data)
}

// Detect tells the format of an image by its bytes. Bare instructions have no mark: ok is false.
func Detect(data []byte) (f abi.Format, ok bool) {
	switch {
	case magicOf(data) == 0x464c457f:
		return abi.ELFObject, true
	case magicOf(data) == femtoMagic, magicOf(data) == femtoMagicLE:
		return abi.FemtoContainers, true
	case magicOf(data) == extendedMagic:
		return abi.ExtendedHeader, true
	case len(data) >= packedLeast && data[0]>>4 == packedVersion && crc16(data) == 0:
		return abi.Packed, true
	}
	return abi.TextOnly, false
}
