// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import "math"

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

// How often a copy is made: often is worth more than what the plan then says.
const (
	often  = 2
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

// What things cost in cycles: words of memory are read more often than written.
const (
	inMemory = 1.8
	wideName = 0.05 // an instruction of 32 bits for want of a low register
	mayCopy  = 0.2  // a copy that may be left to who reads it
	inPlace  = 0.02 // a result elsewhere than its operand, which the plan has to say
)
