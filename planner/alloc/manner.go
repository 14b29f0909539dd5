// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import (
	"cmp"
	"math"
	"slices"

	"github.com/ubench-dev/ubench/planner/plan"
)

// manner is one of several ways to colour. None is best for all programs, so each is tried, and the one kept that leaves
// least in memory.
type manner struct {
	copies float64 // copies that are made more often are coalesced before results with their operands
	nested float64 // webs that are copied that often are coalesced also if the neighbours of one are the other's as well
	first  first
}

// first is which nodes are given a place first.
type first int

const (
	denseFirst first = iota // those used most for how long they live
	usedFirst               // those used most
	mixedFirst              // between the two
	hardFirst               // those with most neighbours, of which those that are used least come last (Chaitin and Briggs)
)

const (
	never  = math.MaxFloat64
	always = 0
)

var manners = []manner{
	{always, never, denseFirst},
	{often, never, denseFirst},
	{always, often, denseFirst},
	{always, never, mixedFirst},
	{often, often, mixedFirst},
	{always, often, mixedFirst},
	{always, often, usedFirst},
	{always, never, hardFirst},
	{often, often, hardFirst},
	{always, often, hardFirst},
}

// Plain is what stands for `before` where colouring is to be done in the first manner only, which is the one that plans are refused
// with least.
var Plain = &Places{manner: manners[0]}

// order is the order in which nodes are given places.
func (c *colouring) order() []int {
	order := make([]int, len(c.nodes))
	for n := range order {
		order[n] = n
	}
	rank := c.ranks()
	worth := func(n int) float64 {
		d := c.nodes[n]
		switch {
		case d.must != plan.Nowhere:
			return math.Inf(1)
		case rank != nil:
			return rank[n]
		case c.manner.first == usedFirst:
			return d.weight
		case c.manner.first == mixedFirst:
			return d.weight / math.Sqrt(float64(d.insns+2))
		}
		return d.weight / float64(d.insns+2)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worth(b), worth(a)) })
	return order
}

// ranks numbers nodes by when they are taken out of the graph: those with fewer neighbours left than there are registers,
// else the one that costs least in memory. What is taken out first is coloured last.
func (c *colouring) ranks() []float64 {
	if c.manner.first != hardFirst {
		return nil
	}
	degree := make([]int, len(c.nodes))
	ranks := make([]float64, len(c.nodes))
	for n, d := range c.nodes {
		degree[n] = d.near.size()
	}
	for round := 1; round <= len(c.nodes); round++ {
		best, bestCost := -1, 0.0
		for n, d := range c.nodes {
			if ranks[n] != 0 {
				continue
			}
			cost := d.weight / float64(degree[n]+1)
			if degree[n] < c.registers {
				cost = -1 / float64(degree[n]+1)
			}
			if best < 0 || cost < bestCost {
				best, bestCost = n, cost
			}
		}
		ranks[best] = float64(round)
		for m := range c.nodes[best].near.all() {
			degree[m]--
		}
	}
	return ranks
}

// What things cost in cycles: words of memory are read more often than written.
const (
	inMemory = 1.8
	wideName = 0.05 // an instruction of 32 bits for want of a low register
	mayCopy  = 0.2  // a copy that may be left to who reads it
	inPlace  = 0.02 // a result elsewhere than its operand, which the plan has to say
)

func (c *colouring) spills() (cost float64) {
	for _, d := range c.nodes {
		switch {
		case d.place == plan.Nowhere:
		case d.place >= plan.FrameWord:
			cost += inMemory * d.weight
		case d.place >= cheap:
			cost += wideName * d.weight
		}
	}
	return cost
}

func (w *webs) copies() (cost float64) {
	for _, p := range w.pairs {
		a, b := &w.list[p.a], &w.list[p.b]
		switch {
		case a.place == b.place, a.place >= plan.FrameWord, b.place >= plan.FrameWord:
		case p.same:
			cost += inPlace * p.weight
		case !p.needed:
			cost += mayCopy * p.weight
		default:
			cost += p.weight
		}
	}
	return cost
}
