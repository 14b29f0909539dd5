// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/abi"
)

// Formats lists the formats the program can have, in the order of their numbers.
func (p *Program) Formats() []abi.Format {
	var fs []abi.Format
	for _, f := range abi.Formats() {
		if _, err := p.Encode(f); err == nil {
			fs = append(fs, f)
		}
	}
	return fs
}

// Keeps tells whether an image of the format says all that the program does: the shortest context it accepts has
// no place in formats that are older than it.
func (p *Program) Keeps(f abi.Format) bool {
	return p.CtxMin == 0 || f != abi.TextOnly && f != abi.FemtoContainers
}

// Encode is the program as an image of a format. An error that wraps ErrUnsupported says why the
// program cannot have it.
func (p *Program) Encode(f abi.Format) ([]byte, error) {
	b, err := p.encode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: format %s: %w", p.Name, f, err)
	}
	return b, nil
}

// EntryIndex is the index of the entry function in an image's table of functions, for emu.Job. It
// is 0 in all formats but elf-object, which keeps the order of the object's symbols.
func (p *Program) EntryIndex(f abi.Format) uint16 {
	if f == abi.ELFObject {
		return p.entryIndex
	}
	return 0
}

func (p *Program) encode(f abi.Format) ([]byte, error) {
	if len(p.Maps) > 0 && f != abi.Packed && f != abi.ELFObject {
		return nil, unsupported("the program has maps, which %s and %s images carry", abi.Packed, abi.ELFObject)
	}
	switch f {
	case abi.TextOnly:
		return p.encodeText()
	case abi.FemtoContainers:
		return p.encodeFemto()
	case abi.ExtendedHeader:
		return p.encodeExtended()
	case abi.Packed:
		return p.encodePacked()
	case abi.ELFObject:
		return p.encodeObject()
	}
	return nil, fmt.Errorf("unknown image format")
}

func (p *Program) encodeText() ([]byte, error) {
	if len(p.Rodata)+len(p.Data)+int(p.BSS) > 0 {
		return nil, unsupported("the program has constants or variables, and the format carries instructions only")
	}
	return slices.Clone(p.Text), nil
}
