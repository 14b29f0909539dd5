// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
)

// Size is the size of one program in one format.
type Size struct {
	Program string `json:"program"`
	Format  string `json:"format"`
	Bytes   int    `json:"bytes,omitempty"`   // 0 where the program cannot have the format
	Data    int    `json:"data,omitempty"`    // machine code: how many of these are constants and variables
	Debug   int    `json:"debug,omitempty"`   // elf-object: how many are debug information
	Compile string `json:"compile,omitempty"` // flags of the compiler, where they are known
	Best    bool   `json:"best,omitempty"`    // Compile was chosen, of many, for this format
	Error   string `json:"error,omitempty"`   // why the program cannot have the format
}

// Formats of a Size beside those of images.
const (
	SizeELFStripped = "elf-stripped"  // the object without what only debuggers and linkers read
	SizeJIT         = "jit-thumb2"    // what the JIT makes of it, with constants and variables
	SizeNative      = "native-thumb2" // the same source compiled for Cortex-M4
)

// SizeFormats lists the formats of a Size in the order they are shown in.
var SizeFormats = []string{
	abi.ELFObject.String(), SizeELFStripped, abi.TextOnly.String(), abi.FemtoContainers.String(),
	abi.ExtendedHeader.String(), abi.Packed.String(), SizeJIT, SizeNative,
}

// ProgramSizes is the size of a program in every format made from its object. The JIT compiles it on
// the target, which may be nil.
func ProgramSizes(ctx context.Context, target emu.Target, name string, p *image.Program) ([]Size, error) {
	sizes := []Size{
		{Program: name, Format: abi.ELFObject.String(), Bytes: p.ObjectBytes, Debug: p.DebugBytes},
		{Program: name, Format: SizeELFStripped, Bytes: p.StrippedBytes},
	}
	if p.ObjectBytes == 0 {
		for i := range sizes {
			sizes[i].Error = "bare instructions come from no object"
		}
	}
	for _, f := range abi.Formats() {
		if f == abi.ELFObject {
			continue
		}
		s := Size{Program: name, Format: f.String()}
		data, err := p.Encode(f)
		switch {
		case err == nil:
			s.Bytes = len(data)
		case errors.Is(err, image.ErrUnsupported):
			s.Error = reason(err)
		default:
			return nil, err
		}
		sizes = append(sizes, s)
	}
	jit, err := jitSize(ctx, target, name, p)
	return append(sizes, jit), err
}

// reason is what an error says the program lacks or has too much of.
func reason(err error) string {
	text := oneLine(err)
	if _, why, ok := strings.Cut(text, image.ErrUnsupported.Error()+": "); ok {
		return why
	}
	return text
}

func jitSize(ctx context.Context, target emu.Target, name string, p *image.Program) (Size, error) {
	s := Size{Program: name, Format: SizeJIT, Data: len(p.Rodata) + len(p.Data)}
	if target == nil || !slices.Contains(target.Info().Engines, "jit") {
		s.Data, s.Error = 0, "the firmware has no engine jit"
		return s, nil
	}
	job, err := NewJob("jit", p)
	if err != nil {
		return s, err
	}
	job.LoadOnly = true
	got, err := target.Run(ctx, job)
	switch {
	case err != nil:
		return s, fmt.Errorf("%s: jit: %w", name, err)
	case got.Fault.Status != abi.OK:
		s.Data, s.Error = 0, oneLine(got.Fault)
	default:
		s.Bytes = got.CodeBytes + s.Data
	}
	return s, nil
}

// NativeSize is the size of what a linker would take of an object for Cortex-M.
func NativeSize(name string, object []byte) (Size, error) {
	s := Size{Program: name, Format: SizeNative}
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	defer f.Close()
	if f.Machine != elf.EM_ARM {
		return s, fmt.Errorf("%s: an object for %s, not for Cortex-M", name, f.Machine)
	}
	for _, h := range f.Sections {
		if h.Flags&elf.SHF_ALLOC == 0 || h.Type != elf.SHT_PROGBITS {
			continue
		}
		s.Bytes += int(h.Size)
		if h.Flags&elf.SHF_EXECINSTR == 0 {
			s.Data += int(h.Size)
		}
	}
	return s, nil
}
