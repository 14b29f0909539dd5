// SPDX-License-Identifier: GPL-2.0-or-later

package alloc_test

import (
	"testing"

	"github.com/ubench-dev/ubench/planner/alloc"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/plan"
)

// pressure is a loop over r3, r4 and r5, with r6 to r9 needed only behind it.
const pressure = `
	r6 = *(u32 *)(r1 +0)
	r7 = *(u32 *)(r1 +4)
	r8 = *(u32 *)(r1 +8)
	r9 = *(u32 *)(r1 +12)
	r3 = 0
	r4 = 0
	top:
	r5 = r4
	r5 *= r3
	w3 += w5
	r4 += 1
	if w4 < w2 goto top
	w0 = w3
	w0 += w6
	w0 += w7
	w0 += w8
	w0 += w9
	exit`

// allocated places the variables of a program that has so many registers, with nothing in high halves.
func allocated(t *testing.T, source string, registers int) (*alloc.Places, *cfg.Program, *liveness.Live) {
	t.Helper()
	p, err := asm.Program(source)
	if err != nil {
		t.Fatal(err)
	}
	g, err := cfg.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	live := liveness.Of(g, nil)
	var weights [][]float64
	for _, f := range g.Functions {
		weights = append(weights, loops.Of(f).Weight)
	}
	own := alloc.Own{plan.Budget: 1, plan.Base: 1, plan.Limit: 1}
	return alloc.Of(live, weights, own, registers, func(int, int, plan.Var) bool { return false }, nil, 0), g, live
}

// What is needed at the same time lives apart, whatever there is of registers; what is used in a loop lives in them.
func TestPlaces(t *testing.T) {
	for _, registers := range []int{4, 6, 8, 12} {
		places, g, live := allocated(t, pressure, registers)
		f := places.Functions[0]
		apart(t, places, g, live, registers)
		inner := g.Functions[0].BlockOf(7)
		for _, v := range []plan.Var{plan.R(3), plan.R(4)} {
			if at := f.At(inner, v); at >= plan.FrameWord {
				t.Errorf("%d registers: %v of the loop is in %v", registers, v, at)
			}
		}
	}
}

// apart tells of variables that are needed at the same time in one place, and of registers that there are not.
func apart(t *testing.T, places *alloc.Places, g *cfg.Program, live *liveness.Live, registers int) {
	t.Helper()
	for block := range g.Functions[0].Blocks {
		taken := map[plan.Place]plan.Var{}
		live.Functions[0].In[block].Each(func(v plan.Var) {
			at := places.Functions[0].At(block, v)
			if other, ok := taken[at]; ok && at != plan.Nowhere {
				t.Errorf("%d registers, block %d: %v and %v are both in %v", registers, block, v, other, at)
			}
			taken[at] = v
			if at != plan.Nowhere && at < plan.FrameWord && int(at) >= registers {
				t.Errorf("%d registers: %v is in %v", registers, v, at)
			}
		})
	}
}

// Any value may change places with others, and back.
func TestExchange(t *testing.T) {
	for _, registers := range []int{4, 8} {
		places, g, live := allocated(t, pressure, registers)
		home, words, exchanges := places.Home, places.Words, 0
		for _, n := range places.Nodes() {
			for _, to := range places.Choices(n) {
				from := places.Place(n)
				if !places.Exchange(n, to) {
					continue
				}
				exchanges++
				if places.Place(n) != to {
					t.Errorf("%d is in %v, not in %v", n, places.Place(n), to)
				}
				apart(t, places, g, live, registers)
				if !places.Exchange(n, from) || places.Home != home || places.Words != words {
					t.Fatalf("%d registers: %d is not back in %v from %v", registers, n, from, to)
				}
			}
		}
		if exchanges < 20 {
			t.Errorf("%d exchanges", exchanges)
		}
	}
}

// With as many registers as are needed nothing goes to the frame, and places are the same each time.
func TestNothingIsSpilled(t *testing.T) {
	a, _, _ := allocated(t, pressure, 12)
	b, _, _ := allocated(t, pressure, 12)
	if a.Words != 0 {
		t.Errorf("%d words of the frame", a.Words)
	}
	if a.Home != b.Home {
		t.Errorf("%v, then %v", a.Home, b.Home)
	}
	if c, _, _ := allocated(t, pressure, 4); c.Words == 0 {
		t.Error("four registers hold all")
	}
}
