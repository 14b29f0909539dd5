// SPDX-License-Identifier: GPL-2.0-or-later

package cfg_test

import (
	"testing"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/internal/asm"
)

func TestBlocks(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"straight", "r0 = 1\nexit", "main:\n  0-1\n"},
		{"unreachable code is left out", "r0 = 1\ngoto end\nr0 = 2\nend:\nexit", "main:\n  0-1 -> 3\n  3-3  (below 0)\n"},
		{"diamond", `
			if r1 == 0 goto other
			r0 = 1
			goto end
			other:
			r0 = 2
			end:
			exit`, "main:\n  0-0 -> 1, 3\n  1-2 -> 4  (below 0)\n  3-3 -> 4  (below 0)\n  4-4  (below 0)\n"},
		{"a loop entered from below", `
			goto test
			body:
			r0 += 1
			test:
			if r0 < r2 goto body
			exit`, "main:\n  0-0 -> 2\n  1-1 -> 2  (below 2)\n  2-2 -> 3, 1  (below 0)\n  3-3  (below 2)\n"},
		{"functions", `
			call twice
			exit
			twice:
			r0 = r1
			r0 += r1
			exit`, "main:\n  0-1\nf2:\n  2-4\n"},
		{"a wide instruction", "r1 = 0x100000000 ll\nif r1 == 0 goto end\nend:\nexit", "main:\n  0-2 -> 3, 3\n  3-3  (below 0)\n"},
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
		for _, f := range g.Functions {
			got += f.String()
		}
		if got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, source := range []string{"r0 = 1", "goto 7", "call f\nexit\nf:\ngoto 0"} {
		p, err := asm.Program(source)
		if err != nil {
			t.Fatal(err)
		}
		if g, err := cfg.Of(p); err == nil {
			t.Errorf("%q was taken: %v", source, g.Functions)
		}
	}
}
