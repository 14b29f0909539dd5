// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

// Attributes of a file (Arm ABI addenda, IHI 0045) and values of theirs.
const (
	tagFile = 1

	tagRawName = 4
	tagCPUName = 5
	tagArch    = 6
	tagProfile = 7
	tagARM     = 8
	tagThumb   = 9
	tagFP      = 10
	tagCompat  = 32

	archV7     = 10
	archV6M    = 11
	archV6SM   = 12
	archV7EM   = 13
	archV8MB   = 16
	archV8MM   = 17
	archV81MM  = 21
	profileApp = 'A'
	profileRT  = 'R'

	fpV5 = 7 // and above: Cortex-M4 has FPv4
)

// attributes are what a file says of the core it was built for; values of 0 are not said.
type attributes struct {
	cpu                           string
	arch, profile, arm, thumb, fp uint64
}

// origin is what a file was built for.
type origin struct {
	core unicorn.Core // that measures it; empty if the file does not say
	// other is the core it was built for if that is not one of those there are, and why says by what that is seen.
	other, why string
	// unsure is what else it may have been built for; empty if the file is clear.
	unsure string
}

// originOf finds out what core a file was built for. Files for no Cortex-M are an error.
func originOf(f *elf.File) (origin, error) {
	const sectionType = 0x70000003 // SHT_ARM_ATTRIBUTES
	var a attributes
	if s := f.SectionByType(sectionType); s != nil {
		if data, err := s.Data(); err == nil {
			a = readAttributes(data)
		}
	}
	switch {
	case a.profile == profileApp || a.profile == profileRT:
		return origin{}, errors.New("the file is for an application or real-time processor, not for a Cortex-M")
	case a.arch > 0 && a.arch < archV7:
		return origin{}, fmt.Errorf("the file is for an older processor (%q in its build attributes), not for a Cortex-M: build it with -mcpu=cortex-m3 -mthumb, or another core of that family", a.cpu)
	case a.arm > 0 && a.thumb == 0:
		return origin{}, fmt.Errorf("the file has code in ARM state only (build attributes), and a Cortex-M has Thumb state only: build it with -mthumb")
	}
	said := fmt.Sprintf("%q in its build attributes", a.cpu)
	if cpu := namedCore(f, a); cpu != "" {
		o := origin{core: unicorn.Core(cpu), why: fmt.Sprintf("it was compiled with -mcpu=%s", cpu)}
		switch cpu {
		case string(unicorn.CortexM3), string(unicorn.CortexM4):
			return o, nil
		case "cortex-m0", "cortex-m0plus", "cortex-m1", "cortex-m23":
			o.core, o.other = unicorn.CortexM3, cpu
		default:
			o.core, o.other = unicorn.CortexM4, cpu
		}
		return o, nil
	}
	switch a.arch {
	case archV7EM:
		if a.fp >= fpV5 {
			return origin{core: unicorn.CortexM4, other: "cortex-m7", why: "FPv5 floating point in its build attributes"}, nil
		}
		if a.fp == 0 {
			return origin{core: unicorn.CortexM4, unsure: "cortex-m7"}, nil
		}
		return origin{core: unicorn.CortexM4}, nil
	case archV7:
		return origin{core: unicorn.CortexM3}, nil
	case archV6M, archV6SM:
		return origin{core: unicorn.CortexM3, other: "cortex-m0, m0plus or m1", why: said}, nil
	case archV8MB:
		return origin{core: unicorn.CortexM3, other: "cortex-m23 (Armv8-M)", why: said}, nil
	case archV8MM:
		return origin{core: unicorn.CortexM4, other: "cortex-m33 or m35p (Armv8-M)", why: said}, nil
	case archV81MM:
		return origin{core: unicorn.CortexM4, other: "cortex-m55 or later (Armv8.1-M)", why: said}, nil
	case 0:
		return origin{}, nil
	}
	return origin{core: unicorn.CortexM4, other: fmt.Sprintf("a later architecture (%d)", a.arch), why: said}, nil
}

// namedCore is the -mcpu a file was compiled with, as the name in its attributes or its debugging information tell; empty
// if they do not. Names that are not of the architecture it was linked for are those of libraries.
func namedCore(f *elf.File, a attributes) string {
	const most = 16 << 20
	names := []string{strings.ToLower(a.cpu)}
	for _, section := range []string{".debug_str", ".debug_info"} {
		s := f.Section(section)
		if s == nil || s.Size > most {
			continue
		}
		data, err := s.Data()
		if err != nil {
			continue
		}
		for _, m := range mcpu.FindAllSubmatch(data, 1000) {
			names = append(names, string(m[1]))
		}
	}
	found := ""
	for _, n := range names {
		switch n {
		case string(unicorn.CortexM3), string(unicorn.CortexM4):
			if a.arch == archV7EM && n == string(unicorn.CortexM4) || a.arch == archV7 || a.arch == 0 {
				found = cmp.Or(found, n)
			}
		case "cortex-m7":
			if a.arch == archV7EM || a.arch == 0 {
				return n
			}
		case "cortex-m0", "cortex-m0plus", "cortex-m1":
			if a.arch == archV6M || a.arch == archV6SM || a.arch == 0 {
				return n
			}
		case "cortex-m23", "cortex-m33", "cortex-m35p", "cortex-m52", "cortex-m55", "cortex-m85":
			if a.arch >= archV8MB || a.arch == 0 {
				return n
			}
		}
	}
	return found
}

var mcpu = regexp.MustCompile(`-mcpu=(cortex-m[0-9]+[a-z]*)`)

// note says that a file is measured as what it was not built for, or may not have been; empty if neither.
func (o origin) note(core unicorn.Core, asked bool) string {
	if o.unsure != "" && !asked {
		return fmt.Sprintf("the file does not say whether it was built for %s or %s: it is measured as a %s; --core %s says that this is right", core, o.unsure, core, core)
	}
	if o.other == "" {
		return ""
	}
	return fmt.Sprintf("the file was built for %s (%s) and is measured as a %s: its own cycles are others", o.other, o.why, core)
}

// refusal is why a file is not measured unless it is asked for.
func (o origin) refusal() error {
	if o.other == "" {
		return nil
	}
	return fmt.Errorf("the file was built for %s (%s), which is not modelled: there are cortex-m3 and cortex-m4; --core %s measures it as one", o.other, o.why, o.core)
}

// readAttributes reads the section; what is damaged reads as 0.
func readAttributes(data []byte) (a attributes) {
	if len(data) < 5 || data[0] != 'A' {
		return a
	}
	size := binary.LittleEndian.Uint32(data[1:])
	if size < 4 || uint64(size) > uint64(len(data)-1) {
		return a
	}
	vendor, rest, _ := bytes.Cut(data[5:1+size], []byte{0})
	if string(vendor) != "aeabi" || len(rest) < 5 || rest[0] != tagFile {
		return a
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
	text := func() string {
		s, after, _ := bytes.Cut(rest, []byte{0})
		rest = after
		return string(s)
	}
	for len(rest) > 0 {
		switch tag := number(); {
		case tag == tagArch:
			a.arch = number()
		case tag == tagProfile:
			a.profile = number()
		case tag == tagARM:
			a.arm = number()
		case tag == tagThumb:
			a.thumb = number()
		case tag == tagFP:
			a.fp = number()
		case tag == tagCPUName:
			a.cpu = text()
		case tag == tagCompat:
			number()
			text()
		case tag == tagRawName, tag > tagCompat && tag%2 == 1:
			text()
		default:
			number()
		}
	}
	return a
}
