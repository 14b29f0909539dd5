// SPDX-License-Identifier: GPL-2.0-or-later

package loops_test

import (
	"testing"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/loops"
)

func TestLoops(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"none", "r0 = 1\nexit", "main:\n"},
		{"one", `
			top:
			r0 += 1
			if r0 < 10 goto top
			exit`, "main:\n  loop at 0, back from 1, left at 1\n"},
		{"nested, with a way out of both", `
			outer:
			r1 = 0
			inner:
			r1 += 1
			if r1 == 5 goto end
			if r1 < 10 goto inner
			r0 += 1
			if r0 < 10 goto outer
			end:
			exit`, "main:\n  loop at 0, back from 5, left at 2, 5\n    loop at 1, back from 3, left at 2, 3\n"},
		{"two ways back", `
			top:
			r0 += 1
			if r0 == 3 goto top
			if r0 < 10 goto top
			exit`, "main:\n  loop at 0, back from 1, 2, left at 2\n"},
		{"two ways in", `
			if r1 == 0 goto middle
			top:
			r0 += 1
			middle:
			r0 += 2
			if r0 < 10 goto top
			exit`, "main:\n  irreducible at 1\n"},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		g, err := cfg.Of(p)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := loops.Of(g.Functions[0]).String(); got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
}

// Inner loops are expected to run more often than outer ones, and ways out less often than what stays.
func TestWeight(t *testing.T) {
	p, err := asm.Program(`
		outer:
		r1 = 0
		inner:
		r1 += 1
		if r1 < 10 goto inner
		r0 += 1
		if r0 < 10 goto outer
		exit`)
	if err != nil {
		t.Fatal(err)
	}
	g, err := cfg.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	w := loops.Of(g.Functions[0]).Weight
	if !(w[1] > w[0] && w[0] > w[3] && w[2] > w[3] && w[1] > w[2]) {
		t.Errorf("weights %v", w)
	}
}

// Behind tests of which each leads to one place if it fails there is what is expected to run: a loop most of all.
func TestWeightBehindTests(t *testing.T) {
	p, err := asm.Program(`
		top:
		r3 = *(u8 *)(r1 +0)
		if r3 > 9 goto failed
		r4 = *(u8 *)(r1 +1)
		if r4 > 9 goto failed
		r5 = *(u8 *)(r1 +2)
		if r5 > 9 goto failed
		r6 = *(u8 *)(r1 +3)
		if r6 == r5 goto failed
		inner:
		r0 += r6
		r6 += -1
		if r6 s> 0 goto inner
		goto next
		failed:
		r7 += 1
		next:
		r1 += 4
		r2 += -4
		if r2 > 4 goto top
		exit`)
	if err != nil {
		t.Fatal(err)
	}
	g, err := cfg.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	f := g.Functions[0]
	w := loops.Of(f).Weight
	at := func(slot int) float64 { return w[f.BlockOf(f.At(slot))] }
	if at(8) < at(0) || at(8) < 5*at(12) {
		t.Errorf("the inner loop runs %.1f times, the outer one %.1f, what deals with failures %.1f", at(8), at(0), at(12))
	}
}
