// SPDX-License-Identifier: GPL-2.0-or-later

package packcode

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
)

// Sample is an instruction to train with: where it stood, and how much it counts.
type Sample struct {
	Insn
	Ctx    *Context
	State  State
	Weight float64
}

// Tiers are the lengths of template indices in bits and how many templates have each. The codes of
// the first tier are the smallest, and so on: a prefix code.
type Tiers struct {
	Len, Count []int
}

// Total is the number of codes.
func (t Tiers) Total() int {
	n := 0
	for _, c := range t.Count {
		n += c
	}
	return n
}

// Length is the length of code n.
func (t Tiers) Length(n int) int {
	for i, c := range t.Count {
		if n < c {
			return t.Len[i]
		}
		n -= c
	}
	panic("BUG: no such code")
}

// distinct merges equal samples: all that the cost of an instruction depends on.
func distinct(samples []Sample) []Sample {
	type key struct {
		i      Insn
		prev   byte
		next   bool
		hb, mb int
	}
	merged := map[key]int{}
	var out []Sample
	for _, s := range samples {
		i := s.Insn
		i.Slot = 0
		k := key{i, s.State.Dst, int64(s.State.Next) == i.Imm, s.Ctx.HelperBits, s.Ctx.MemoryBits}
		n, ok := merged[k]
		if !ok {
			n = len(out)
			merged[k] = n
			out = append(out, Sample{Insn: i, Ctx: s.Ctx, State: s.State})
		}
		out[n].Weight += s.Weight
	}
	return out
}

// matches lists templates that can code an instruction: few enough to try them all, many enough to
// contain every good one.
func matches(s Sample) []Template {
	dsts, srcs := regMatches(s.Dst, s.State.Dst), regMatches(s.Src, s.State.Dst)
	if s.Op&7 == 4 || s.Op&7 == 7 || s.Op&7 == 5 || s.Op&7 == 6 || s.Op == LDDW { // no register operand
		if s.Op&8 == 0 {
			srcs = []Reg{Reg(min(s.Src, 10))}
		}
	}
	if s.Op == opCall || s.Op == 0x95 || s.Op == 0x05 {
		dsts = []Reg{Reg(min(s.Dst, 10))}
	}
	var out []Template
	for _, off := range operandMatches(func(m Operand, c int8) int { return offCost(m, s.Insn, c) }, int64(s.Off)) {
		for _, imm := range operandMatches(func(m Operand, c int8) int { return immCost(m, s.Insn, c, s.Ctx, s.State) }, s.Imm) {
			if off.m == Const && imm.m == Const && off.c != imm.c {
				continue
			}
			c := off.c
			if imm.m == Const {
				c = imm.c
			}
			for _, d := range dsts {
				for _, r := range srcs {
					out = append(out, Template{s.Op, d, r, off.m, imm.m, c})
				}
			}
		}
	}
	return out
}

func regMatches(r, prev byte) []Reg {
	ms := []Reg{RegAny}
	if r <= 10 {
		ms = append(ms, Reg(r))
	}
	if r == prev {
		ms = append(ms, RegPrev)
	}
	for _, m := range []Reg{RegArg, RegKept, RegLow} {
		if regCost(m, r, prev) > 0 {
			ms = append(ms, m)
		}
	}
	return ms
}

type operandMatch struct {
	m Operand
	c int8
}

func operandMatches(cost func(Operand, int8) int, v int64) []operandMatch {
	var ms []operandMatch
	if v != 0 && v == int64(int8(v)) {
		ms = append(ms, operandMatch{Const, int8(v)})
	}
	for m := Zero; m < 16; m++ {
		if m != Const && cost(m, 0) >= 0 {
			ms = append(ms, operandMatch{m: m})
		}
	}
	return ms
}

// candidate is a template and the instructions it can code.
type candidate struct {
	t     Template
	codes []coded
	gain  float64
}

type coded struct {
	sample int32
	bits   int32
}

type candidates []*candidate

func (c candidates) Len() int { return len(c) }
func (c candidates) Less(i, j int) bool {
	return c[i].gain > c[j].gain || c[i].gain == c[j].gain && less(c[i].t, c[j].t)
}
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *candidates) Push(x any)   { *c = append(*c, x.(*candidate)) }
func (c *candidates) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	*c = (*c)[:last]
	return x
}

// less orders templates, so that training is deterministic.
func less(a, b Template) bool {
	return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.Dst, b.Dst), cmp.Compare(a.Src, b.Src),
		cmp.Compare(a.Off, b.Off), cmp.Compare(a.Imm, b.Imm), cmp.Compare(a.C, b.C)) < 0
}

// TrainTemplates chooses n templates and orders them for the tiers it finds best; the lengths given
// are tried. The last code of all is the escape.
func TrainTemplates(samples []Sample, n int, lengths []int) ([]Template, Tiers) {
	samples = distinct(samples)
	byTemplate := map[Template]*candidate{}
	for k, s := range samples {
		for _, t := range matches(s) {
			c := byTemplate[t]
			if c == nil {
				c = &candidate{t: t}
				byTemplate[t] = c
			}
			c.codes = append(c.codes, coded{int32(k), int32(t.Cost(s.Insn, s.Ctx, s.State))})
		}
	}
	all := make(candidates, 0, len(byTemplate))
	for _, c := range byTemplate {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		if less(a.t, b.t) {
			return -1
		}
		return 1
	})

	var best []Template
	var bestTiers Tiers
	bestCost := 0.0
	lengthOf := func(rank int) float64 { return float64(lengths[len(lengths)-1]) - 2 }
	for round := 0; round < 6; round++ {
		chosen := greedy(samples, all, n, lengthOf)
		chosen, tiers, cost := assign(samples, chosen, lengths)
		if best == nil || cost < bestCost {
			best, bestTiers, bestCost = chosen, tiers, cost
		}
		// Next round, templates cost what their rank cost in this one.
		last := tiers
		lengthOf = func(rank int) float64 { return float64(last.Length(min(rank, last.Total()-1))) }
	}
	return best, bestTiers
}

// greedy takes the template that saves most, again and again; a template's index is taken to cost
// what its rank says.
func greedy(samples []Sample, all candidates, n int, lengthOf func(rank int) float64) []Template {
	current := make([]float64, len(samples))
	for k, s := range samples {
		current[k] = float64(escapeCost(s.Insn)) + 9
	}
	rank := 0
	gain := func(c *candidate) float64 {
		length, g := lengthOf(rank), 0.0
		for _, code := range c.codes {
			if d := current[code.sample] - length - float64(code.bits); d > 0 {
				g += d * samples[code.sample].Weight
			}
		}
		return g
	}
	h := make(candidates, len(all))
	for i, c := range all {
		c.gain = gain(c)
		h[i] = c
	}
	heap.Init(&h)
	var chosen []Template
	for len(chosen) < n && len(h) > 0 {
		c := heap.Pop(&h).(*candidate)
		if g := gain(c); g < c.gain {
			c.gain = g
			if len(h) > 0 && g < h[0].gain {
				heap.Push(&h, c)
				continue
			}
		}
		if c.gain <= 0 {
			break
		}
		for _, code := range c.codes {
			current[code.sample] = min(current[code.sample], lengthOf(rank)+float64(code.bits))
		}
		chosen = append(chosen, c.t)
		rank++
	}
	return chosen
}

func escapeCost(i Insn) int {
	_, bits := Escape(i)
	return bits
}

// assign orders templates by use and fits the tiers, until nothing moves.
func assign(samples []Sample, ts []Template, lengths []int) ([]Template, Tiers, float64) {
	tiers := Tiers{Len: []int{lengths[len(lengths)-1]}, Count: []int{len(ts) + 1}}
	cost := 0.0
	for round := 0; round < 12; round++ {
		use := make([]float64, len(ts)+1)
		cost = 0
		for _, s := range samples {
			bestT, bestC := len(ts), float64(tiers.Length(len(ts))+escapeCost(s.Insn))
			for k := range ts {
				if c := ts[k].Cost(s.Insn, s.Ctx, s.State); c >= 0 && float64(c+tiers.Length(k)) < bestC {
					bestT, bestC = k, float64(c+tiers.Length(k))
				}
			}
			use[bestT] += s.Weight
			cost += bestC * s.Weight
		}
		order := make([]int, len(ts))
		for k := range order {
			order[k] = k
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(use[b], use[a]) })
		sorted := make([]Template, len(ts))
		weights := make([]float64, len(ts)+1)
		for k, o := range order {
			sorted[k], weights[k] = ts[o], use[o]
		}
		weights[len(ts)] = use[len(ts)]
		ts, tiers = sorted, fitTiers(weights, lengths)
	}
	return ts, tiers, cost
}

// fitTiers chooses how many of the codes, in this order, get each of the lengths, such that every
// sequence of bits is a code.
func fitTiers(weights []float64, lengths []int) Tiers {
	sum := make([]float64, len(weights)+1)
	for i, w := range weights {
		sum[i+1] = sum[i] + w
	}
	longest := lengths[len(lengths)-1]
	space := 1 << longest
	best := Tiers{}
	bestCost := -1.0
	counts := make([]int, len(lengths))
	var try func(tier, used, from int, cost float64)
	try = func(tier, used, from int, cost float64) {
		left := len(weights) - from
		if tier == len(lengths)-1 {
			if left == space-used {
				cost += (sum[len(weights)] - sum[from]) * float64(longest)
				if bestCost < 0 || cost < bestCost {
					counts[tier] = left
					best, bestCost = Tiers{slices.Clone(lengths), slices.Clone(counts)}, cost
				}
			}
			return
		}
		unit := 1 << (longest - lengths[tier])
		for c := 0; c < left && used+c*unit+(left-c) <= space; c++ {
			counts[tier] = c
			try(tier+1, used+c*unit, from+c, cost+(sum[from+c]-sum[from])*float64(lengths[tier]))
		}
	}
	try(0, 0, 0, 0)
	if bestCost < 0 {
		panic(fmt.Sprintf("BUG: %d codes of %v bits cannot be complete", len(weights), lengths))
	}
	return best
}
