// SPDX-License-Identifier: GPL-2.0-or-later

package bounds_test

import (
	"testing"

	"github.com/ubench-dev/ubench/planner/affine"
	"github.com/ubench-dev/ubench/planner/bounds"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// How many instructions a program executes at most, or why that is not known; `at` are lengths, and how many it executes then.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		name, source, want string
		at                 map[int]float64
	}{
		{"no loop", "r0 = 0\nexit", "2", map[int]float64{0: 2}},
		{"the dearer of two ways", "if r1 == 0 goto out\nr0 = 1\nr0 += 1\nout:\nexit", "4", nil},
		{"a counted loop", "r3 = 0\ntop:\nr3 += 1\nif r3 < 10 goto top\nexit", "22", map[int]float64{0: 22}},
		{"down", "r3 = 10\ntop:\nr3 -= 1\nif r3 s> 0 goto top\nexit", "22", map[int]float64{0: 22}},
		{"by three", "r3 = 0\ntop:\nr3 += 3\nif r3 < 10 goto top\nexit", "10", map[int]float64{0: 10}},
		{"at the top", "r3 = 0\ntop:\nif r3 >= r2 goto out\nr3 += 1\ngoto top\nout:\nexit", "3*len + 5", map[int]float64{0: 3, 1: 6, 7: 24}},
		{"up to the length", "r3 = 0\ntop:\nr3 += 1\nif r3 < r2 goto top\nexit", "2*len + 4", map[int]float64{0: 4, 1: 4, 7: 16}},
		{"a nest", "r3 = 0\ntop:\nr4 = 0\ninner:\nr4 += 1\nif r4 < 4 goto inner\nr3 += 1\nif r3 < 3 goto top\nexit", "35", map[int]float64{0: 35}},
		{"inside, up to what the outer loop counts", "r3 = 0\ntop:\nr4 = 0\ngoto test\ninner:\nr4 += 1\ntest:\nif r4 < r3 goto inner\nr3 += 1\nif r3 < 10 goto top\nexit",
			"152", map[int]float64{0: 142}},
		{"inside, down from it", "r3 = 1\ntop:\nr4 = r3\ninner:\nr4 -= 1\nif r4 != 0 goto inner\nr3 += 1\nif r3 < 10 goto top\nexit",
			"119", map[int]float64{0: 119}},
		{"inside, from it up to the length", "if r2 < 2 goto out\nr3 = 0\ntop:\nr4 = r3\ninner:\nr4 += 1\nif r4 < r2 goto inner\nr3 += 1\nif r3 < r2 goto top\nout:\nexit",
			"1*len^2 + 5*len + 3", map[int]float64{2: 3 + 2*3 + 2*3, 10: 3 + 10*3 + 2*55, 100: 3 + 100*3 + 2*5050}},
		{"inside, one behind it", "if r2 < 2 goto out\nr3 = 0\nr5 = r2\nr5 -= 1\ntop:\nr4 = r3\nr4 += 1\ninner:\nr4 += 1\nif r4 <= r2 goto inner\nr3 += 1\nif r3 < r5 goto top\nout:\nexit",
			"1*len^2 + 7*len + 4", map[int]float64{2: 5 + 4 + 2*2, 10: 5 + 9*4 + 2*(10+9+8+7+6+5+4+3+2)}},
		{"inside, down by two", "r3 = 1\ntop:\nr4 = r3\ninner:\nr4 -= 2\nif r4 s> 0 goto inner\nr3 += 1\nif r3 < 10 goto top\nexit",
			"83", map[int]float64{0: 2 + 9*3 + 2*(1+1+2+2+3+3+4+4+5)}},
		{"the outer loop downwards", "r3 = 9\ntop:\nr4 = r3\ninner:\nr4 -= 1\nif r4 s> 0 goto inner\nr3 -= 1\nif r3 s> 0 goto top\nexit",
			"119", map[int]float64{0: 119}},
		{"two inside, each other's way round", "r3 = 1\ntop:\nr4 = r3\na:\nr4 -= 1\nif r4 != 0 goto a\nr4 = r3\nb:\nr4 += 1\nif r4 < 10 goto b\nr3 += 1\nif r3 < 10 goto top\nexit",
			"290", map[int]float64{0: 2 + 9*4 + 2*45 + 2*45}},
		{"nothing bounds it", "r3 = *(u64 *)(r1 +0)\ntop:\nr3 -= 1\nif r3 != 0 goto top\nexit",
			"r3 is counted, but neither the context's length nor a constant bounds it", nil},
		{"nothing is counted", "top:\nr3 = *(u8 *)(r1 +0)\nif r3 != 0 goto top\nexit", "no counter moves by a constant towards a bound that stays", nil},
		{"a function", "call f\ncall f\nexit\nf:\nr0 = 1\nexit", "7", map[int]float64{0: 7}},
		{"itself", "call f\nexit\nf:\ncall f\nexit", "it calls itself", nil},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		g, err := cfg.Of(p)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		b := bounds.Program{Cfg: g, Facts: ranges.Of(g)}
		for n, f := range g.Functions {
			b.Forests = append(b.Forests, loops.Of(f))
			b.Affine = append(b.Affine, affine.Of(b.Forests[n], b.Facts.Functions[n], g, nil))
		}
		r := b.Of(func(int, int) float64 { return 1 })
		got := r.Why
		if r.Bounded() {
			got = r.Bound.String()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		for length, executed := range c.at {
			if r.Bounded() && r.Bound.At(float64(length)) < executed {
				t.Errorf("%s: at most %v of length %d, and it executes %v", c.name, r.Bound.At(float64(length)), length, executed)
			}
		}
	}
}
