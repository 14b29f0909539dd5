// SPDX-License-Identifier: GPL-2.0-or-later

// Package guess finds the region that a pointer probably points into, where planner/ranges does not know: what was spilt to a
// frame that others could have written to, or comes from one caller of several. A guess that is wrong costs time, nothing else.
package guess

import (
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Regions are guesses for each instruction of each function: where the base of an access points.
type Regions [][]ranges.Region

// word is memory on the stack: at an offset from the frame of a function, or, with function -1, from the top of the stack.
type word struct {
	function int
	off      int64
}

type state [10]ranges.Region

type analysis struct {
	facts   *ranges.Facts
	entries []state // of functions
	returns []ranges.Region
	memory  map[word]ranges.Region // at any time
	changed bool
}

// Of guesses from what is known.
func Of(facts *ranges.Facts) Regions {
	n := len(facts.Functions)
	a := &analysis{facts, make([]state, n), make([]ranges.Region, n), map[word]ranges.Region{}, true}
	regions := make(Regions, n)
	for a.changed {
		a.changed = false
		for k := range facts.Functions {
			regions[k] = a.function(k)
		}
	}
	return regions
}

// learn keeps the first guess there is.
func (a *analysis) learn(to *ranges.Region, r ranges.Region) {
	if *to == ranges.NoRegion && r != ranges.NoRegion {
		*to = r
		a.changed = true
	}
}

func (a *analysis) function(n int) []ranges.Region {
	f := a.facts.Functions[n]
	in := make([]state, len(f.Blocks))
	in[0] = a.entries[n]
	bases := make([]ranges.Region, len(f.Insns))
	for again := true; again; {
		again = false
		for _, b := range f.Order {
			s := in[b]
			for k := f.Blocks[b].First; k < f.Blocks[b].Last; k++ {
				if i := &f.Insns[k]; i.Access() {
					bases[k] = a.of(f, &s, k, i.Base())
				}
				a.step(n, f, &s, k)
			}
			for _, succ := range f.Blocks[b].Succs {
				for r := range s {
					if in[succ][r] == ranges.NoRegion && s[r] != ranges.NoRegion {
						in[succ][r] = s[r]
						again = true
					}
				}
			}
		}
	}
	return bases
}

// of is where a register points, as far as it is known, or guessed.
func (a *analysis) of(f *ranges.Function, s *state, k int, reg byte) ranges.Region {
	if v := f.Before[k].Regs[reg]; v.Pointer() {
		return v.Region
	}
	return s[reg%cfg.R10]
}

// word is what an access reaches, ok if that is a word of the stack.
func (a *analysis) word(n int, f *ranges.Function, k int) (w word, ok bool) {
	i := &f.Insns[k]
	v := f.Before[k].Regs[i.Base()]
	off, constant := v.Constant()
	at := int64(off) + i.Off
	switch {
	case i.Size != 8 || !constant:
	case v.Region == ranges.Top, v.Region == ranges.Stack && n == 0 && a.facts.Once:
		return word{-1, at}, true
	case v.Region == ranges.Stack:
		return word{n, at}, true
	}
	return word{}, false
}

func (a *analysis) step(n int, f *ranges.Function, s *state, k int) {
	i := &f.Insns[k]
	source := func() ranges.Region { return a.of(f, s, k, i.Src) }
	switch i.Class {
	case cfg.Move:
		s[i.Dst] = source()
	case cfg.ALU:
		was := a.of(f, s, k, i.Dst)
		if i.Op == cfg.Add && i.Register && was == ranges.NoRegion {
			was = source()
		} else if i.Op == cfg.Sub && i.Register && source() != ranges.NoRegion || i.Op != cfg.Add && i.Op != cfg.Sub {
			was = ranges.NoRegion
		}
		s[i.Dst] = was
	case cfg.Load:
		s[i.Dst] = ranges.NoRegion
		if w, ok := a.word(n, f, k); ok {
			s[i.Dst] = a.memory[w]
		}
	case cfg.Store:
		if w, ok := a.word(n, f, k); ok && i.Register {
			r := a.memory[w]
			a.learn(&r, source())
			a.memory[w] = r
		}
	case cfg.Constant, cfg.FunctionAddress:
		s[i.Dst] = ranges.NoRegion
	case cfg.Helper:
		s[0] = ranges.NoRegion
	case cfg.Call, cfg.CallX:
		a.call(f, s, k)
	case cfg.Exit:
		if r := a.of(f, s, k, 0); r != ranges.Stack {
			a.learn(&a.returns[n], r)
		}
	}
}

// call hands arguments to the functions that may be called, and takes what they return.
func (a *analysis) call(f *ranges.Function, s *state, k int) {
	i := &f.Insns[k]
	var result ranges.Region
	for m, g := range a.facts.Functions {
		if i.Class == cfg.Call && g.Start != i.Target || i.Class == cfg.CallX && !slices.Contains(a.facts.Program.Taken, g.Start) {
			continue
		}
		for r := byte(1); r <= 5; r++ {
			to := a.of(f, s, k, r)
			if to == ranges.Stack {
				to = ranges.Top
			}
			a.learn(&a.entries[m][r], to)
		}
		if result == ranges.NoRegion {
			result = a.returns[m]
		}
	}
	for r := range 6 {
		s[r] = ranges.NoRegion
	}
	s[0] = result
}
