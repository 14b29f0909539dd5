// SPDX-License-Identifier: GPL-2.0-or-later

package ranges_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/ranges"
)

func facts(t *testing.T, source string) *ranges.Facts {
	t.Helper()
	p, err := asm.Program(source)
	if err != nil {
		t.Fatal(err)
	}
	g, err := cfg.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	return ranges.Of(g)
}

// What is known of r0 where a program ends.
func TestResult(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"a constant", "r0 = 7\nexit", "7"},
		{"32 bits", "w0 = -1\nexit", "4294967295"},
		{"the length", "r0 = r2\nexit", "[0, 2147483647] = len+0"},
		{"a byte", "r0 = *(u8 *)(r1 +0)\nexit", "[0, 255]"},
		{"a signed byte", "r0 = *(s8 *)(r1 +0)\nexit", "[-128, 127]"},
		{"modulo", "r0 = *(u32 *)(r1 +0)\nr0 %= 255\nexit", "[0, 254]"},
		{"steps", "r0 = *(u8 *)(r1 +0)\nr0 <<= 2\nr0 |= 1\nexit", "[1, 1021] step 4 from 1"},
		{"a branch", "r0 = *(u8 *)(r1 +0)\nif r0 > 9 goto end\nr0 = 0\nend:\nexit", "[0, 255]"},
		{"a negative step", "r0 = *(u8 *)(r1 +0)\nif r0 == 0 goto end\nw0 += -1\nend:\nexit", "[0, 254]"},
		{"a counter", "top:\nr0 += 1\nif r0 < 10 goto top\nexit", "10"},
		{"a counter of which the value of the turn before is compared, in another block", `
			r8 = 0
			top:
			r2 = r8
			r8 += 1
			r3 = *(u8 *)(r1 +0)
			if w3 < 10 goto end
			if r2 < 9 goto top
			end:
			r0 = r8
			exit`, "[1, 10]"},
		{"what stays in a nest of loops", `
			r7 = *(u8 *)(r1 +0)
			r7 &= 15
			first:
			r8 = 0
			second:
			r9 = 0
			third:
			r9 += 1
			r3 = *(u8 *)(r1 +0)
			if w3 < 10 goto skip
			r8 += r9
			if r9 < r3 goto third
			skip:
			if r8 > 200 goto out
			r8 += 1
			if r9 < 100 goto second
			out:
			w6 += 1
			if w6 < 50 goto first
			r0 = r7
			exit`, "[0, 15]"},
		{"a counter to an unequal bound", "top:\nr0 += 4\nif r0 != 64 goto top\nexit", "64"},
		{"a signed bound", "r0 = *(s32 *)(r1 +0)\nif r0 s< 3 goto low\nif r0 s> 9 goto low\nexit\nlow:\nr0 = 5\nexit", "[3, 9]"},
		{"a 32-bit comparison says nothing of high halves",
			"r0 = *(u64 *)(r1 +0)\nif w0 < 5 goto end\nr0 = 1\nend:\nexit", "any"},
		{"the frame", "r3 = *(u8 *)(r1 +0)\n*(u64 *)(r10 -8) = r3\nr0 = *(u64 *)(r10 -8)\nexit", "[0, 255]"},
		{"a part of the frame is overwritten", "*(u64 *)(r10 -8) = 5\n*(u8 *)(r10 -5) = r1\nr0 = *(u64 *)(r10 -8)\nexit", "any"},
		{"a frame that escapes is not known after a store elsewhere",
			"*(u64 *)(r10 -8) = 5\nr3 = r10\nr3 += r2\n*(u8 *)(r3 +0) = 1\nr0 = *(u64 *)(r10 -8)\nexit", "any"},
		{"a copy is bounded with its original", "r3 = *(u64 *)(r1 +0)\nr0 = r3\nif r3 < 5 goto end\nr0 = 0\nend:\nexit", "[0, 4]"},
		{"a sum bounds what it is made of", "r0 = *(u32 *)(r1 +0)\nr3 = r0\nr3 += 3\nif r3 < 10 goto end\nr0 = 0\nend:\nexit", "[0, 6]"},
		{"a copy of an earlier turn is not the same value",
			"r3 = *(u8 *)(r1 +0)\ntop:\nr0 = r3\nr3 = *(u64 *)(r1 +8)\nif r3 < 5 goto top\nexit", "[0, 255]"},
		{"what an argument is", "r1 = 5\ncall twice\nexit\ntwice:\nr0 = r1\nr0 += r1\nexit", "any"},
	} {
		g := facts(t, c.source).Functions[0]
		k := len(g.Insns) - 1
		for ; g.Insns[k].Class != cfg.Exit || !g.Before[k].Reached; k-- {
		}
		if c.name == "a signed bound" {
			k = g.At(3)
		}
		if got := g.Before[k].Regs[0].String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What is known of accesses other than through r10.
func TestAccesses(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"untested", "r0 = *(u32 *)(r1 +4)\nexit", "0: ctx [4, 8): context may be shorter"},
		{"tested", "if r2 < 8 goto end\nr0 = *(u32 *)(r1 +4)\nend:\nexit", "1: ctx [4, 8): proved"},
		{"one byte too few", "if r2 < 7 goto end\nr0 = *(u32 *)(r1 +4)\nend:\nexit", "1: ctx [4, 8): context may be shorter"},
		{"the rest of the length", "if r2 < 8 goto end\nr2 += -8\nif r2 < 4 goto end\nr0 = *(u32 *)(r1 +8)\nend:\nexit", "3: ctx [8, 12): proved"},
		{"below", "r1 += -1\nr0 = *(u8 *)(r1 +0)\nexit", "1: ctx [-1, 0): may lie below"},
		{"an index below the length", "r3 = *(u64 *)(r10 -8)\nif r3 >= r2 goto end\nr1 += r3\nr0 = *(u8 *)(r1 +0)\nend:\nexit",
			"0: stack [-8, 0): proved; 3: ctx [0, 2147483647): proved"},
		{"and two bytes of it", "r3 = *(u64 *)(r10 -8)\nif r3 >= r2 goto end\nr1 += r3\nr0 = *(u16 *)(r1 +0)\nend:\nexit",
			"0: stack [-8, 0): proved; 3: ctx [0, 2147483648): not bounded"},
		{"an array behind a header", `
			if r2 < 4 goto end
			r3 = *(u32 *)(r1 +0)
			r2 += -4
			r2 >>= 2
			if r2 < r3 goto end
			if r3 == 0 goto end
			r4 = 0
			top:
			r5 = r4
			r5 <<= 2
			r5 += r1
			r0 = *(u32 *)(r5 +4)
			r4 += 1
			if r4 < r3 goto top
			end:
			exit`, "1: ctx [0, 4): proved; 10: ctx [4, 2147483644): proved"},
		{"a pointer runs to an end", `
			if r2 == 0 goto end
			r3 = r1
			r3 += r2
			top:
			r0 = *(u8 *)(r1 +0)
			r1 += 1
			if r1 < r3 goto top
			end:
			exit`, "3: ctx [0, 2147483647): proved"},
		{"a pointer from memory", "r3 = *(u64 *)(r1 +0)\nr0 = *(u8 *)(r3 +0)\nexit", "0: ctx [0, 8): context may be shorter; 1: unknown pointer"},
		{"a table on the stack", "r3 = *(u8 *)(r1 +0)\nr3 &= 7\nr4 = r10\nr4 += -8\nr4 += r3\nr0 = *(u8 *)(r4 +0)\nexit",
			"0: ctx [0, 1): context may be shorter; 5: stack [-8, 0): proved"},
		{"a caller's stack", "r1 = r10\nr1 += -16\ncall get\nexit\nget:\nr0 = *(u64 *)(r1 +8)\nexit", "4: stack top [-8, 0): proved"},
		{"beyond it", "r1 = r10\nr1 += -16\ncall get\nexit\nget:\nr0 = *(u64 *)(r1 +16)\nexit", "4: stack top [0, 8): not bounded"},
		{"an atomic", "if r2 < 8 goto end\nlock *(u32 *)(r1 +2) += r2\nlock *(u32 *)(r1 +4) += r2\nend:\nexit",
			"1: ctx [2, 6): may be unaligned; 2: ctx [4, 8): proved"},
	} {
		f := facts(t, c.source)
		var got []string
		for _, g := range f.Functions {
			for _, a := range g.Accesses(f) {
				got = append(got, fmt.Sprintf("%d: %s", g.Insns[a.Insn].Slot, a))
			}
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, s, c.want)
		}
	}
}

// A counter of an inner loop is known, however often what is around it is looked at before: huffman's lengths of codes.
func TestInnerCounter(t *testing.T) {
	b, ok := benchmarks.Lookup("huffman")
	if !ok {
		t.Fatal("there is no huffman")
	}
	p, err := image.LoadObject(b.Name, b.Object, b.Name)
	if err != nil {
		t.Fatal(err)
	}
	g, err := cfg.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	f := ranges.Of(g).Functions[0]
	known := 0
	for b := range f.Blocks {
		if r := f.Before[f.Blocks[b].First].Regs[8]; r.High == 15 {
			known++
		}
	}
	if known == 0 {
		t.Error("nowhere it is known that a code has at most 15 bits")
	}
}
