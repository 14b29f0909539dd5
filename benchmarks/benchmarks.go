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
