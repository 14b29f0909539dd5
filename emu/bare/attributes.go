// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

// Attributes of a file (Arm ABI addenda, IHI 0045) and values of theirs.
const (
	tagFile = 1

	tagRawName = 4
	tagCPUName = 5
	tagArch    = 6
	tagProfile = 7
	tagCompat  = 32

	archV7     = 10
	archV6M    = 11
	archV6SM   = 12
	archV7EM   = 13
	archV8     = 14
	profileApp = 'A'
	profileRT  = 'R'
)

// coreOf is the core a file was built for; empty if it does not say.
func coreOf(f *elf.File) (unicorn.Core, error) {
	const sectionType = 0x70000003 // SHT_ARM_ATTRIBUTES
	s := f.SectionByType(sectionType)
	if s == nil {
		return "", nil
	}
	data, err := s.Data()
	if err != nil {
		return "", nil
	}
	arch, profile := readAttributes(data)
	switch {
	case profile == profileApp || profile == profileRT:
		return "", errors.New("the file is for an application or real-time processor, not for a Cortex-M")
	case arch >= archV8:
		return "", fmt.Errorf("the file is for Armv8 (architecture %d of its attributes): there are Cortex-M3 and Cortex-M4", arch)
	case arch == archV7EM:
		return unicorn.CortexM4, nil
	case arch == archV7 || arch == archV6M || arch == archV6SM:
		return unicorn.CortexM3, nil
	}
	return "", nil
}

// readAttributes reads architecture and profile from the section; damaged ones read as 0.
func readAttributes(data []byte) (arch, profile uint64) {
	if len(data) < 5 || data[0] != 'A' {
		return 0, 0
	}
	size := binary.LittleEndian.Uint32(data[1:])
	if size < 4 || uint64(size) > uint64(len(data)-1) {
		return 0, 0
	}
	vendor, rest, _ := bytes.Cut(data[5:1+size], []byte{0})
	if string(vendor) != "aeabi" || len(rest) < 5 || rest[0] != tagFile {
		return 0, 0
	}
	rest = rest[5:]
	number := func() uint64 {
		v, n := binary.Uvarint(rest) // ULEB128
		if n <= 0 {
			rest = nil
			return 0
		}
		rest = rest[n:]
		return v
	}
	text := func() { _, rest, _ = bytes.Cut(rest, []byte{0}) }
	for len(rest) > 0 {
		switch tag := number(); {
		case tag == tagArch:
			arch = number()
		case tag == tagProfile:
			profile = number()
		case tag == tagCompat:
			number()
			text()
		case tag == tagRawName, tag == tagCPUName, tag > tagCompat && tag%2 == 1:
			text()
		default:
			number()
		}
	}
	return arch, profile
}
