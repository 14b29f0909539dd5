// SPDX-License-Identifier: GPL-2.0-or-later

package affine_test

import (
	"testing"

	"github.com/ubench-dev/ubench/planner/affine"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Counters of loops, and addresses in terms of what variables were when a turn began.
func TestForms(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"a pointer that moves", `
			top:
			r3 = *(u8 *)(r1 +0)
			r1 += 1
			if r1 != r2 goto top
			exit`, "main:\n  loop at 0\n    counter r1+1, goes on at 2 while r1+1 != r2\n    0: r1 +0, 1 bytes\n"},
		{"an index that is shifted", `
			top:
			r3 = r4
			r3 <<= 2
			r5 = r1
			r5 += r3
			r0 = *(u32 *)(r5 +8)
			r4 += 1
			if r4 < 10 goto top
			exit`, "main:\n  loop at 0\n    counter r4+1, goes on at 6 while r4+1 < 10\n    4: r1 + r4<<2 +8, 4 bytes\n"},
		{"a test at the top, on the other side of its jump", `
			top:
			if r2 > r4 goto on
			exit
			on:
			r3 = *(u8 *)(r1 +0)
			r1 += 2
			r4 += 1
			goto top`, "main:\n  loop at 0\n    counter r4+1, goes on at 0 while r4+0 < r2\n    2: r1 +0, 1 bytes\n"},
		{"ways that meet", `
			top:
			r1 += 1
			if r3 == 0 goto skip
			r1 += 1
			skip:
			r0 = *(u8 *)(r1 +0)
			r4 += 1
			if r4 < r2 goto top
			exit`, "main:\n  loop at 0\n    counter r4+1, goes on at 5 while r4+1 < r2\n    3: ? +0, 1 bytes\n"},
		{"a bound that moves is none", `
			top:
			r2 -= 1
			r4 += 1
			if r4 < r2 goto top
			exit`, "main:\n  loop at 0\n"},
		{"a test that is left out in some turns", `
			top:
			r4 += 1
			if r3 == 0 goto top
			if r4 < r2 goto top
			exit`, "main:\n  loop at 0\n"},
		{"a low half that is extended", `
			top:
			r3 = r4
			r3 <<= 32
			r3 >>= 32
			r3 += r1
			r0 = *(u8 *)(r3 +0)
			r4 += 1
			if r4 < r2 goto top
			exit`, "main:\n  loop at 0\n    counter r4+1, goes on at 6 while r4+1 < r2\n    4: r4 + r1 +0, 1 bytes\n"},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		g, err := cfg.Of(p)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := affine.Of(loops.Of(g.Functions[0]), ranges.Of(g).Functions[0], g, nil).String()
		if got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
}
