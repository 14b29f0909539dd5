// SPDX-License-Identifier: GPL-2.0-or-later

package benchmarks

import "embed"

//go:embed */*.bpf.o
var objects embed.FS

// Refused is the result of every kernel whose context is shorter than it claims to be.
const Refused = ^uint64(0)

// Benchmark is one kernel and what is needed to run it and to believe the result.
type Benchmark struct {
	Name   string
	Doc    string // one line
	Object []byte // eBPF ELF; the program is its entry symbol Name

	// Sized tells whether the benchmark has sizes. What a size counts is in Doc. Sizes from
	// MinSize to MaxSize are valid; devices may hold less.
	Sized            bool
	DefaultSizes     []int
	MinSize, MaxSize int

	// Input makes the context (r1) of a size, the same bytes each time.
	Input func(size int) []byte
	// Oracle computes the result and the context afterwards; nil if it must be unchanged.
	Oracle func(ctx []byte) (r0 uint64, after []byte)

	Helpers []uint16 // ids of helpers it calls, ascending
	Trace   []byte   // inputs of the simulated devices; nil for none
}

func object(name string) []byte {
	data, err := objects.ReadFile(name + "/" + name + ".bpf.o")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return data
}
