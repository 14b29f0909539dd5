// SPDX-License-Identifier: GPL-2.0-or-later

package alloc

import "math"

// heuristic is one of several ways to colour. None is best for all programs: who asks tries them, and keeps the plan that costs least.
type heuristic struct {
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

// Heuristics is how many there are: all of these, and then all again with the compiler's own variables more likely to get registers. Of plans
// that are coloured in the first one fewest are refused.
const Heuristics = 2 * len(heuristics)

// ownAgain is how much more the compiler's own variables count then.
const ownAgain = 2.5

var heuristics = [...]heuristic{
	{always, never, denseFirst},
	{always, often, denseFirst},
	{always, never, mixedFirst},
	{often, often, mixedFirst},
	{always, often, usedFirst},
	{always, never, hardFirst},
	{often, often, hardFirst},
}
