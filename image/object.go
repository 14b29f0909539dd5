// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"debug/elf"
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/ubench-dev/ubench/maps"
)

// Relocation types of R_BPF_*, as LLVM numbers them.
const (
	relocLDDW        = 1  // R_BPF_64_64: the two imm of an lddw
	relocABS64       = 2  // R_BPF_64_ABS64: eight bytes of data
	relocABS32       = 3  // R_BPF_64_ABS32: four bytes of data
	relocNoDynamic32 = 4  // R_BPF_64_NODYLD32: in BTF
	relocCall        = 10 // R_BPF_64_32: imm of a call, in slots

	relBytes = 16
)

// Bounds on what is read of an object: of one section, and of all. Far above any device's memory.
const (
	maxSection = 1 << 20
	maxObject  = 16 << 20
	maxAlign   = 4096
)

// object is a parsed ELF object: what a linker looks at.
type object struct {
	name     string
	sections []*section // by ELF index; nil for those that are not part of programs
	symbols  []symbol   // by ELF index, the null symbol included
	debug    bool       // there are sections only debuggers read
	raw      []byte
	maps     map[int][]declaration // by section, when they were asked for
	odd      bool                  // the device's reader, which knows what clang usually writes, would not get all of it right
}

// section is a section that may be part of a program.
type section struct {
	name   string
	index  int
	code   bool
	write  bool     // .data, .bss
	zero   bool     // .bss: size bytes, no contents
	pieces []uint32 // where strings start that can be moved and merged one by one; nil for other data
	align  uint32
	size   uint32
	data   []byte
	relocs map[uint32]reloc
	funcs  []function // of code sections: ascending
}

// reloc is a relocation at an offset: what lies there, or is called, is symbol + addend.
type reloc struct {
	symbol int
	kind   uint32 // relocLDDW, relocABS64 or relocCall; others are refused where they are needed
	addend int64  // bytes
}

type symbol struct {
	name    string
	section int // ELF index, or elf.SHN_UNDEF
	value   uint64
	size    uint64
	kind    elf.SymType
	global  bool
	weak    bool
}

func (o *object) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", o.name, fmt.Errorf(format, args...))
}

// addrsig is a section for linkers, in every object.
const addrsig = ".llvm_addrsig"

// isDebug tells the sections that programs run without.
func isDebug(name string) bool {
	name = strings.TrimPrefix(name, ".rel")
	return strings.HasPrefix(name, ".debug") || strings.HasPrefix(name, ".BTF") || name == addrsig
}

// in is the section a symbol lies in, nil if it is none of a program's.
func (o *object) in(sym symbol) *section {
	if sym.section <= 0 || sym.section >= len(o.sections) {
		return nil
	}
	return o.sections[sym.section]
}

// called names a symbol in messages: section symbols have no name of their own.
func (o *object) called(sym symbol) string {
	if sym.name != "" {
		return sym.name
	}
	if s := o.in(sym); s != nil {
		return s.name
	}
	return "without a name"
}

// function is [start, end) of a code section.
type function struct {
	name       string
	start, end uint32
	global     bool
	sized      bool // the symbol said where it ends
}

// place is a function of a section.
type place struct {
	sec *section
	fn  function
}

// funcID names a function by where it starts.
type funcID struct {
	section int
	start   uint32
}

// pieceID names something with a place of its own in a program's data: a whole section (at 0), or
// a string of a section of strings.
type pieceID struct {
	section int
	at      uint32
}

// target is where a relocation points: a function, an offset in a piece of data (which may lie outside
// of it, as the end of an array does), or an address that is known: 0 for weak symbols that nobody defines.
type target struct {
	name   string // of the symbol
	fn     *place
	piece  pieceID
	sec    *section
	offset int64
	mapped *declaration // a map
}

// known tells whether the address is offset itself.
func (t target) known() bool { return t.fn == nil && t.sec == nil && t.mapped == nil }

// Sections that hold declarations of maps: with types in BTF, and as struct bpf_map_def, as it was before.
const (
	btfMaps = ".maps"
	oldMaps = "maps"
)

func (s *section) holdsMaps() bool { return s.name == btfMaps || s.name == oldMaps }

// declaration is a map of an object.
type declaration struct {
	def      maps.Def
	section  int               // index
	at, size uint32            // where in it
	programs map[uint32]target // by index, of a program array
	key      btf.Type          // nil if only the size is known
	value    btf.Type
	err      error // why the device cannot have it, which matters to programs that use it
}

// ctxMinSection holds a 32-bit number: the shortest context the program accepts.
const ctxMinSection = "ctx_min"
