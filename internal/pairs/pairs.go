// SPDX-License-Identifier: GPL-2.0-or-later

// Package pairs counts which instructions follow each other as programs run: what superinstructions of
// the interpreter are chosen by.
package pairs

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include "internal/pairs/count.h"
*/
import "C"

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unsafe"

	_ "github.com/ubench-dev/ubench/vm" // its C
)

// Engine is an interpreter that counts. It is not safe for concurrent use.
func Engine() unsafe.Pointer { return unsafe.Pointer(&C.pairs_engine) }

// Sequence is two or three instructions in a row, by the names of their handlers.
type Sequence = string

// Table adds up programs, each weighing the same however long it ran.
type Table struct {
	programs []string
	share    map[Sequence]float64 // sum over programs of the part of what they executed
	in       map[Sequence]int     // programs in which it is at least a hundredth of that
}

// Add adds what Engine executed last, a run of text.
func (t *Table) Add(program string, text []byte) {
	if t.share == nil {
		t.share, t.in = map[Sequence]float64{}, map[Sequence]int{}
	}
	names, counts, total := []string{}, []uint32{}, 0.0
	for slot := range len(text) / 8 {
		n := uint32(C.pairs_count(C.uint32_t(slot)))
		names = append(names, name(text[8*slot:]))
		counts = append(counts, n)
		total += float64(n)
	}
	of := map[Sequence]float64{}
	for i := range names {
		for n := 2; n <= 3 && i+n <= len(names) && counts[i] > 0 && goesOn(text[8*(i+n-2)]); n++ {
			of[strings.Join(names[i:i+n], " ")] += float64(counts[i]) / total
		}
	}
	for p, s := range of {
		t.share[p] += s
		if s >= 0.01 {
			t.in[p]++
		}
	}
	t.programs = append(t.programs, program)
}

// name is that of an instruction's handler; where accesses are to the frame, it says so.
func name(insn []byte) string {
	s := C.GoString(C.pairs_name(C.uint32_t(insn[0])))
	dst, src := insn[1]&15, insn[1]>>4
	if class := insn[0] & 7; class == 1 && src == 10 || (class == 2 || class == 3) && dst == 10 {
		s += "_frame"
	}
	return s
}

// goesOn tells whether the next instruction always follows: the first of a pair can be this.
func goesOn(opcode byte) bool {
	class := opcode & 7
	return class != 5 && class != 6 && class != 0
}

// Format writes the n most frequent pairs.
func (t *Table) Format(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %d programs: %s\n", len(t.programs), strings.Join(t.programs, " "))
	fmt.Fprintf(&b, "# per mille of the instructions executed, mean of programs; programs with at least 10 per mille; pair\n")
	pairs := slices.SortedFunc(maps.Keys(t.share), func(a, b Sequence) int {
		return cmp.Or(cmp.Compare(t.share[b], t.share[a]), cmp.Compare(a, b))
	})
	for _, p := range pairs[:min(n, len(pairs))] {
		fmt.Fprintf(&b, "%6.1f %3d  %s\n", 1000*t.share[p]/float64(len(t.programs)), t.in[p], p)
	}
	return b.String()
}
