// SPDX-License-Identifier: GPL-2.0-or-later

// Package benchmarks holds the kernels that engines are measured with: one C source each, its
// eBPF object, deterministic inputs, and an oracle in Go that knows the answer. It imports nothing
// of this module; baseline/native compiles the same sources into the firmware.
package benchmarks

import (
	"embed"
	"slices"
)

// Sources holds the kernels' C sources; cgo packages that include them import this package, so
// that they are rebuilt when a kernel changes.
//
//go:embed kernel.h */*.c
var Sources embed.FS

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

// all is ordered as reports show it.
var all = []Benchmark{
	fletcher16,
	fletcher32,
	crc32Bitwise,
	crc32Table,
	siphash24,
	sha256Hash,
	matmul,
	isort,
	coap,
	movavg,
	fib,
	base64Text,
	strmem,
	sensor,
	pid,
	median,
	kalman,
	classify,
	lpm,
	slip,
	ring,
	cbor,
	json,
	nmea,
	strsearch,
	editdist,
	lz4,
	huffman,
	aes128,
	fft,
	heapsort,
	bignum,
	life,
}

// All lists the benchmarks.
func All() []Benchmark {
	return slices.Clone(all)
}

// Lookup finds a benchmark by name.
func Lookup(name string) (Benchmark, bool) {
	i := slices.IndexFunc(all, func(b Benchmark) bool { return b.Name == name })
	if i < 0 {
		return Benchmark{}, false
	}
	return all[i], true
}

func object(name string) []byte {
	data, err := objects.ReadFile(name + "/" + name + ".bpf.o")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return data
}
