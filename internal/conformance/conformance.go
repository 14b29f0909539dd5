// SPDX-License-Identifier: GPL-2.0-or-later

// Package conformance is a table of what every instruction of RFC 9669 has to do: each opcode, on
// registers of each kind (pairs, halves, constants, copies; with room and without), with operands at
// the boundaries and constants and offsets at the limits of what Thumb-2 encodes. What is expected
// comes from semantics.go, which shares nothing with any engine.
//
// Cases are many and engines load programs slowly, so that a program holds the cases that differ in
// values only: it reads operands from its context and writes results there.
package conformance

// All is the whole table, by group.
func All() []Program {
	var all []Program
	for _, group := range []func() []Program{
		arithmetic, immediates, unary, constants, conditions, memory, atomics, distances, loops, calls, faults, regressions,
		rotations, products, swaps, chains, frames, overBases, spilled,
	} {
		all = append(all, group()...)
	}
	return all
}
