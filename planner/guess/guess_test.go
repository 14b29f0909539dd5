// SPDX-License-Identifier: GPL-2.0-or-later

package guess_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/guess"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Where the loads of single bytes go.
func TestGuesses(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"known", "r0 = *(u8 *)(r1 +0)\nexit", "ctx"},
		{"from memory", "r3 = *(u64 *)(r1 +0)\nr0 = *(u8 *)(r3 +0)\nexit", ""},
		{"spilt across a call", "r1 += 8\n*(u64 *)(r10 -8) = r1\nr1 = r10\ncall get\nr1 = *(u64 *)(r10 -8)\nr0 = *(u8 *)(r1 +0)\nexit\nget:\nr0 = 0\nexit", "ctx"},
		{"of one caller of two", "r7 = *(u64 *)(r1 +0)\nr1 = r10\nr1 += -8\ncall get\nr1 = r7\ncall get\nexit\nget:\nr0 = *(u8 *)(r1 +0)\nexit", "stack top"},
		{"through a cursor on the caller's stack",
			"*(u64 *)(r10 -16) = r1\nr1 = r10\nr1 += -24\ncall get\nexit\nget:\nr2 = *(u64 *)(r1 +8)\nr2 += 3\nr0 = *(u8 *)(r2 +0)\nexit", "ctx"},
		{"what a function returns", "call get\nr0 = *(u8 *)(r0 +0)\nexit\nget:\nr0 = r1\nr0 += 4\nexit", "ctx"},
		{"a difference is none", "r3 = r1\nr1 += 5\nr1 -= r3\nr0 = *(u8 *)(r1 +0)\nexit", ""},
		{"an index", "r3 = *(u64 *)(r1 +0)\nr3 += r1\nr0 = *(u8 *)(r3 +0)\nexit", "ctx"},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatal(err)
		}
		g, err := cfg.Of(p)
		if err != nil {
			t.Fatal(err)
		}
		facts := ranges.Of(g)
		var got []string
		for n, regions := range guess.Of(facts) {
			for k, r := range regions {
				if i := &facts.Functions[n].Insns[k]; i.Class == cfg.Load && i.Size == 1 {
					got = append(got, fmt.Sprint(r))
				}
			}
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
}
