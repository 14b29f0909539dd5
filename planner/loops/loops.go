// SPDX-License-Identifier: GPL-2.0-or-later

// Package loops finds natural loops: a head that dominates the blocks that jump back to it, and all
// that lies between. Ways into a loop beside its head make it irreducible; then it is none here, and
// is compiled with everything checked.
package loops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/planner/cfg"
)

// Forest is the loops of a function.
type Forest struct {
	Function    *cfg.Function
	Loops       []Loop // outer loops before those inside
	Of          []int  // per block its innermost loop, -1 if none
	Irreducible []int  // heads that control can go around, as blocks
	Weight      []float64
}

// Loop is a natural loop.
type Loop struct {
	Head    int
	Latches []int // blocks that jump back
	Blocks  []int // ascending; those of inner loops as well
	Exits   []Edge
	Parent  int  // index of the loop around it, -1 if none
	Depth   int  // 1 for an outermost loop
	Inner   bool // no loop is inside
}

// Edge leads from a block to its n-th successor.
type Edge struct{ From, N int }

// Of finds the loops of a function, and how often each block is expected to run: ten turns a loop,
// both ways of a branch alike unless one leaves a loop.
func Of(f *cfg.Function) *Forest {
	t := &Forest{Function: f, Of: make([]int, len(f.Blocks))}
	latches := map[int][]int{}
	var heads []int
	for _, b := range f.Order {
		for _, s := range f.Blocks[b].Succs {
			if f.Blocks[s].Rank > f.Blocks[b].Rank {
				continue
			}
			if !f.Dominates(s, b) {
				t.Irreducible = append(t.Irreducible, s)
				continue
			}
			if latches[s] == nil {
				heads = append(heads, s)
			}
			latches[s] = append(latches[s], b)
		}
	}
	slices.Sort(t.Irreducible)
	t.Irreducible = slices.Compact(t.Irreducible)
	// In reverse post-order the head of an outer loop comes before those of its inner loops.
	slices.SortFunc(heads, func(a, b int) int { return f.Blocks[a].Rank - f.Blocks[b].Rank })
	for b := range t.Of {
		t.Of[b] = -1
	}
	for _, head := range heads {
		l := Loop{Head: head, Latches: slices.Compact(latches[head]), Parent: t.Of[head], Depth: 1, Inner: true}
		if l.Parent >= 0 {
			l.Depth = t.Loops[l.Parent].Depth + 1
		}
		if l.Depth > deepest {
			t.Irreducible = append(t.Irreducible, head)
			continue
		}
		if l.Parent >= 0 {
			t.Loops[l.Parent].Inner = false
		}
		in := map[int]bool{head: true}
		for work := slices.Clone(l.Latches); len(work) > 0; {
			b := work[len(work)-1]
			work = work[:len(work)-1]
			if !in[b] {
				in[b] = true
				work = append(work, f.Blocks[b].Preds...)
			}
		}
		for b := range in {
			l.Blocks = append(l.Blocks, b)
		}
		slices.Sort(l.Blocks)
		for _, b := range l.Blocks {
			t.Of[b] = len(t.Loops)
			for n, s := range f.Blocks[b].Succs {
				if !in[s] {
					l.Exits = append(l.Exits, Edge{b, n})
				}
			}
		}
		t.Loops = append(t.Loops, l)
	}
	t.weigh()
	return t
}

// deepest is how far loops nest before they are no longer looked at, so that the work stays linear.
const deepest = 32

// Contains tells whether a block is in a loop.
func (l *Loop) Contains(block int) bool {
	_, ok := slices.BinarySearch(l.Blocks, block)
	return ok
}

// Calls tells whether the loop calls a function or a helper.
func (t *Forest) Calls(loop int) bool {
	for _, b := range t.Loops[loop].Blocks {
		for _, i := range t.Function.Insns[t.Function.Blocks[b].First:t.Function.Blocks[b].Last] {
			if i.Class == cfg.Call || i.Class == cfg.CallX || i.Class == cfg.Helper {
				return true
			}
		}
	}
	return false
}

// turns is how often a loop is expected to go around.
const turns = 10

// How much less likely than the other a way of a branch is
const (
	endsEarly   = 4 // that ends the program or function
	pastLoops   = 4 // that does not lead to a loop, where the other does
	toWhatFails = 3 // that leads where many branches lead: what is wrong is dealt with in one place
	ifEqual     = 2 // that two things are equal
)

// manyBranches is how many branches lead to one place at least, of which each seldom is taken.
const manyBranches = 3

// weigh spreads frequency from the entry, in reverse post-order: what goes back is not followed, but a head
// runs `turns` times as often as control enters its loop.
func (t *Forest) weigh() {
	f := t.Function
	t.Weight = make([]float64, len(f.Blocks))
	t.Weight[0] = 1
	branches := make([]int, len(f.Blocks)) // that lead to a block
	for b := range f.Blocks {
		if s := f.Blocks[b].Succs; len(s) > 1 {
			branches[s[1]]++
		}
	}
	for _, b := range f.Order {
		loop := t.Of[b]
		if loop >= 0 && t.Loops[loop].Head == b {
			t.Weight[b] *= turns
		}
		blk := &f.Blocks[b]
		share := make([]float64, len(blk.Succs))
		total := 0.0
		for n, s := range blk.Succs {
			share[n] = 1
			if len(blk.Succs) > 1 {
				share[n] = t.share(b, n, branches)
			} else if loop >= 0 && !t.Loops[loop].Contains(s) {
				share[n] = 1.0 / turns
			}
			total += share[n]
		}
		for n, s := range blk.Succs {
			if f.Blocks[s].Rank > blk.Rank {
				t.Weight[s] += t.Weight[b] * share[n] / total
			}
		}
	}
	// What leaves a loop leaves it once per entry, however many turns there were.
	for b := range t.Weight {
		t.Weight[b] = max(t.Weight[b], 1e-3)
	}
}

// share is how likely a branch goes its n-th way, to be compared with the other.
func (t *Forest) share(b, n int, branches []int) float64 {
	f, share := t.Function, 1.0
	succs := f.Blocks[b].Succs
	s, other := succs[n], succs[1-n]
	if s == other {
		return share
	}
	inside := func(s int) bool { return t.Of[b] < 0 || t.Loops[t.Of[b]].Contains(s) }
	if !inside(s) {
		share /= turns
	}
	if f.Insns[f.Blocks[s].Last-1].Class == cfg.Exit {
		share /= endsEarly
	}
	if !inside(s) || !inside(other) {
		return share
	}
	if !t.leadsToLoop(s, b) && t.leadsToLoop(other, b) {
		share /= pastLoops
	}
	if n == 1 && branches[s] >= manyBranches {
		share /= toWhatFails
	}
	if op := f.Insns[f.Blocks[b].Last-1].Op; op == cfg.EQ && n == 1 || op == cfg.NE && n == 0 {
		share /= ifEqual
	}
	return share
}

// leadsToLoop tells whether a block is the only way to some loop that another is not in.
func (t *Forest) leadsToLoop(s, from int) bool {
	for k := range t.Loops {
		if l := &t.Loops[k]; !l.Contains(from) && t.Function.Dominates(s, l.Head) {
			return true
		}
	}
	return false
}

// String lists loops, inner ones indented, by slots of their heads, latches and ways out.
func (t *Forest) String() string {
	var b strings.Builder
	f := t.Function
	fmt.Fprintf(&b, "%s:\n", f.Name)
	for k := range t.Loops {
		l := &t.Loops[k]
		fmt.Fprintf(&b, "%*sloop at %d, back from", 2*l.Depth, "", f.Slot(l.Head))
		for n, latch := range l.Latches {
			fmt.Fprintf(&b, "%s %d", []string{"", ","}[min(n, 1)], f.LastSlot(latch))
		}
		for n, e := range l.Exits {
			fmt.Fprintf(&b, "%s %d", []string{", left at", ","}[min(n, 1)], f.LastSlot(e.From))
		}
		b.WriteString("\n")
	}
	for _, head := range t.Irreducible {
		fmt.Fprintf(&b, "  irreducible at %d\n", f.Slot(head))
	}
	return b.String()
}
