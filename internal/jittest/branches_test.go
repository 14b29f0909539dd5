// SPDX-License-Identifier: GPL-2.0-or-later

package jittest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/internal/thumb"
)

// branch is a branch over so many 16-bit instructions, and the assembler's texts of it, the first one that there is.
type branch struct {
	cond          int
	link, forward bool
	nops          int
	texts         []string
}

// allBranches lists branches of every kind on both sides of each limit of their encodings.
func allBranches() (all []branch) {
	const always = 14
	lengths := []int{0, 1, 125, 126, 127, 128, 129, 1021, 1022, 1023, 1024, 1025, 2046, 2047, 2048, 4095, 4096, 32766, 32769, 65500}
	for cond, name := range Conditions {
		for _, n := range lengths {
			for _, forward := range []bool{true, false} {
				if cond == always {
					name = ""
				} else if cond > 1 && n != 1 && n != 4096 {
					continue
				}
				short, long := 2+2*n, 4+2*n
				if !forward {
					short, long = -2*n, -2*n
				}
				texts := []string{fmt.Sprintf("b%s.n .%+d", name, short), fmt.Sprintf("b%s.w .%+d", name, long)}
				all = append(all, branch{cond, false, forward, n, texts})
				if cond == always {
					all = append(all, branch{cond, true, forward, n, []string{fmt.Sprintf("bl .%+d", long)}})
				}
			}
		}
	}
	return all
}

// Branches are as short as they reach, and go where the assembler would make them go.
func TestBranchEncodings(t *testing.T) {
	const file = "testdata/branches.txt"
	all := allBranches()
	if *update {
		var texts []string
		for _, b := range all {
			texts = append(texts, b.texts...)
		}
		slices.Sort(texts)
		texts = slices.Compact(texts)
		writeEncodings(t, file, texts, assemble(t, texts))
	}
	known := readEncodings(t, file)
	for _, b := range all {
		var want []uint16
		for _, text := range b.texts {
			if want = known[text]; want != nil {
				break
			}
		}
		code, status := Branch(b.cond, b.link, b.forward, b.nops)
		if status != abi.OK || len(code) != len(want)+b.nops {
			t.Errorf("%v over %d: %s, %d halfwords, want %d", b.texts, b.nops, status.Name(), len(code), len(want)+b.nops)
			continue
		}
		at := 0
		if !b.forward {
			at = b.nops
		}
		if got := code[at : at+len(want)]; !slices.Equal(got, want) {
			t.Errorf("%v over %d: %04x, want %04x", b.texts, b.nops, got, want)
		}
		nop := func(h uint16) bool { return uint32(h) == Ops["nop"] }
		for _, h := range slices.Concat(code[:at], code[at+len(want):]) {
			if !nop(h) {
				t.Errorf("%v over %d: changes what is around it to %04x", b.texts, b.nops, h)
				break
			}
		}
	}
	t.Logf("%d branches", len(all))
}

// A constant has a modified immediate if and only if one of the 4096 stands for it (DDI 0403 A5.3.2).
func TestModifiedImmediates(t *testing.T) {
	there := map[uint32]bool{}
	for code := range uint32(4096) {
		if code>>8 > 0 && code>>8 < 4 && code&0xff == 0 {
			continue // unpredictable
		}
		there[thumb.ExpandImmediate(code)] = true
	}
	try := func(v uint32) {
		code := ModifiedImm(v)
		if code < 0 == there[v] || code >= 0 && thumb.ExpandImmediate(uint32(code)) != v {
			t.Errorf("%#x: %#x", v, code)
		}
	}
	for v := range there {
		for d := uint32(0); d < 32; d++ {
			try(v ^ 1<<d)
			try(v + d)
			try(v - d)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1_000_000 {
		try(random.Uint32())
	}
	t.Logf("%d constants have one", len(there))
}
