// SPDX-License-Identifier: GPL-2.0-or-later

package abi

import "fmt"

// Format is an image format a program can arrive in; see image.h and SPEC.md.
type Format uint8

// Image formats.
const (
	TextOnly        Format = 1
	FemtoContainers Format = 2
	ExtendedHeader  Format = 3
	Packed          Format = 4
	ELFObject       Format = 5
)

var formats = table("image.h")

// Formats lists all formats, in the order of their numbers.
func Formats() []Format { return listed[Format](formats) }

func (f Format) String() string { return text(formats, f, "format") }

// Helper is a function of the firmware that programs may call.
type Helper struct {
	ID        uint16
	Name      string // without the bpf_ prefix
	Arguments int
}

// Helpers lists all helpers in ascending order of ids.
func Helpers() []Helper {
	rows := table("helpers.h")
	hs := make([]Helper, len(rows))
	for i, r := range rows {
		hs[i] = Helper{ID: uint16(r.Number), Name: r.Name}
		if _, err := fmt.Sscan(r.Text, &hs[i].Arguments); err != nil {
			panic("BUG: helpers.h: " + r.Name)
		}
	}
	return hs
}

// Regions of a run, see run.h: the program's own come before those that its host grants.
const (
	RegionGranted = 4
	RegionsMax    = 20
)

// Stacks of programs, see isa.h and run.h.
const (
	FrameBytes = 512 // of one frame
	FramesMax  = 8   // functions that may be called in one another
)
