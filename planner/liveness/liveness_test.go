// SPDX-License-Identifier: GPL-2.0-or-later

package liveness_test

import (
	"fmt"
	"testing"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/loops"
)

// What is needed where blocks begin; R1 is both halves, r1 the low one.
func TestNeeded(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"nothing", "r0 = 1\nexit", "main:\n  0: \n"},
		{"both halves of the result", "r0 += r1\nexit", "main:\n  0: R0 R1\n"},
		{"32 bits make a high half", "w0 += w1\nexit", "main:\n  0: r0 r1\n"},
		{"an address is a low half", "r0 = *(u32 *)(r1 +0)\nexit", "main:\n  0: r1\n"},
		{"and so is what it is computed from", "r1 += r2\nr0 = *(u32 *)(r1 +0)\nexit", "main:\n  0: r1 r2\n"},
		{"what is stored", "*(u64 *)(r1 +0) = r2\n*(u32 *)(r1 +8) = r3\nr0 = 0\nexit", "main:\n  0: r1 R2 r3\n"},
		{"a shift to the left needs no high half", "r1 <<= 3\nr0 = *(u8 *)(r1 +0)\nexit", "main:\n  0: r1\n"},
		{"one to the right does", "r1 >>= 3\nr0 = *(u8 *)(r1 +0)\nexit", "main:\n  0: R1\n"},
		{"zero-extension", "r1 <<= 32\nr1 >>= 32\nr0 = r1\nexit", "main:\n  0: r1\n"},
		{"a result nobody needs", "r3 = r4\nr3 += r5\nr0 = 0\nexit", "main:\n  0: \n"},
		{"a counter", "r0 = 0\ntop:\nr0 += 1\nif r0 < r2 goto top\nexit", "main:\n  0: R2\n  1: R0 R2\n  3: R0\n"},
		{"the frame", "*(u64 *)(r10 -8) = r1\nr0 = *(u64 *)(r10 -8)\nexit", "main:\n  0: R1 r10\n"},
		{"an argument", "call get\nexit\nget:\nr0 = *(u32 *)(r1 +0)\nexit", "main:\n  0: r1\nf2:\n  2: r1\n"},
		{"what a caller does not read is not needed", "call get\nw0 = w0\nexit\nget:\nr0 = r1\nexit", "main:\n  0: r1\nf3:\n  3: r1\n"},
		{"r10 has no high half", "r0 += r10\nr0 &= r10\nexit", "main:\n  0: R0 r10\n"},
		{"a helper's arguments", "call #2\nexit", "main:\n  0: r1 r2 r3\n"},
		{"those of a helper that nothing is known of", "call #160\nexit", "main:\n  0: r1 r2 r3 r4 r5\n"},
		{"compare and exchange", "r0 = 1\nlock *(u64 *)(r1 +0) += r2\nexit", "main:\n  0: r1 R2\n"},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		g, err := cfg.Of(p)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := ""
		for _, f := range liveness.Of(g, nil).Functions {
			got += f.String()
		}
		if got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
}

// Words of the frame become variables if all that reaches them is r10 and a constant.
func TestPromote(t *testing.T) {
	for _, c := range []struct{ name, source, want, live string }{
		{"a pair", "*(u64 *)(r10 -8) = r1\nr0 = *(u64 *)(r10 -8)\nexit", "[0 1]", "main:\n  0: R1 r10\n"},
		{"a byte of one", "*(u64 *)(r10 -8) = r1\n*(u32 *)(r10 -12) = r1\nr0 = *(u8 *)(r10 -3)\nexit", "[2]", "main:\n  0: R1 r10\n"},
		{"half of a pair", "*(u64 *)(r10 -8) = r1\nr0 = *(u32 *)(r10 -4)\nexit", "[0 1]", "main:\n  0: R1 r10\n"},
		{"not aligned", "*(u64 *)(r10 -9) = r1\nr0 = *(u64 *)(r10 -9)\nexit", "[]", "main:\n  0: R1 r10\n"},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatal(err)
		}
		g, err := cfg.Of(p)
		if err != nil {
			t.Fatal(err)
		}
		w := liveness.Promote(g, []*loops.Forest{loops.Of(g.Functions[0])}, false, 16)
		if got := fmt.Sprint([]int(w)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if w := liveness.Promote(g, []*loops.Forest{loops.Of(g.Functions[0])}, true, 16); len(w) > 0 {
			t.Errorf("%s: %v of a frame that escapes", c.name, w)
		}
	}
}
