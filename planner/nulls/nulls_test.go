// SPDX-License-Identifier: GPL-2.0-or-later

package nulls_test

import (
	"fmt"
	"testing"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/nulls"
)

// Uses of what a lookup (helper 0xe0) returned: each is the slot of the access and that of the call.
func TestUses(t *testing.T) {
	const lookup, end = "call #224\n", "end:\nr0 = 0\nexit"
	for _, c := range []struct{ name, source, want string }{
		{"compared", lookup + "if r0 == 0 goto end\nr1 = *(u32 *)(r0 +0)\n" + end, "[]"},
		{"compared the other way", lookup + "if r0 != 0 goto use\nr0 = 0\nexit\nuse:\nr1 = *(u32 *)(r0 +0)\nexit", "[]"},
		{"not compared", lookup + "r1 = *(u32 *)(r0 +0)\nexit", "[{1 0 map_lookup_elem}]"},
		{"a store", lookup + "*(u32 *)(r0 +4) = r1\nexit", "[{1 0 map_lookup_elem}]"},
		{"an atomic", lookup + "r2 = 1\nlock *(u64 *)(r0 +0) += r2\nexit", "[{2 0 map_lookup_elem}]"},
		{"compared with another number", lookup + "if r0 == 5 goto end\nr1 = *(u32 *)(r0 +0)\n" + end, "[{2 0 map_lookup_elem}]"},
		{"on the wrong way", lookup + "if r0 != 0 goto end\nr1 = *(u32 *)(r0 +0)\n" + end, "[{2 0 map_lookup_elem}]"},
		{"a copy", lookup + "r6 = r0\nif r0 == 0 goto end\nr1 = *(u32 *)(r6 +0)\n" + end, "[]"},
		{"a copy that is not compared", lookup + "r6 = r0\nr1 = *(u32 *)(r6 +0)\n" + end, "[{2 0 map_lookup_elem}]"},
		{"in the frame", lookup + "*(u64 *)(r10 -8) = r0\nr6 = *(u64 *)(r10 -8)\nr1 = *(u32 *)(r6 +0)\n" + end, "[{3 0 map_lookup_elem}]"},
		{"in the frame, compared before", lookup + "*(u64 *)(r10 -8) = r0\nif r0 == 0 goto end\nr6 = *(u64 *)(r10 -8)\nr1 = *(u32 *)(r6 +0)\n" + end, "[]"},
		{"overwritten", lookup + "r0 = r10\nr1 = *(u32 *)(r0 -4)\nexit", "[]"},
		{"a second lookup", lookup + "if r0 == 0 goto end\nr6 = r0\n" + lookup + "r1 = *(u32 *)(r6 +0)\nr1 = *(u32 *)(r0 +0)\n" + end, "[{5 3 map_lookup_elem}]"},
		{"only on one way", "if r1 == 7 goto join\n" + lookup + "join:\nr1 = *(u32 *)(r0 +0)\nexit", "[{2 1 map_lookup_elem}]"},
		{"told once", lookup + "r1 = *(u32 *)(r0 +0)\nr1 = *(u32 *)(r0 +4)\nexit", "[{1 0 map_lookup_elem}]"},
		{"an offset", lookup + "r0 += 8\nr1 = *(u32 *)(r0 +0)\nexit", "[{2 0 map_lookup_elem}]"},
		{"another helper", "call #1\nr1 = *(u32 *)(r0 +0)\nexit", "[]"},
		{"a loop", "top:\n" + lookup + "if r0 == 0 goto end\nr1 = *(u32 *)(r0 +0)\nif r1 > 3 goto top\n" + end, "[]"},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatal(c.name, err)
		}
		g, err := cfg.Of(p)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := fmt.Sprint(nulls.Of(g.Functions[0])); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
