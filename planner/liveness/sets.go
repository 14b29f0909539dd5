// SPDX-License-Identifier: GPL-2.0-or-later

package liveness

import (
	"math/bits"
	"strings"

	"github.com/ubench-dev/ubench/planner/plan"
)

// Set is a set of variables.
type Set uint64

// SetOf is a set of some.
func SetOf(vars ...plan.Var) (s Set) {
	for _, v := range vars {
		s |= 1 << v
	}
	return s
}

// Low is the low half of a register, Both both halves; r10, an address, has none that is not 0.
func Low(r byte) Set  { return 1 << r }
func Both(r byte) Set { return 1<<r | 1<<(plan.High+plan.Var(r))&highs }

// lows and highs are all halves there are.
const (
	lows  Set = 1<<11 - 1
	highs Set = (1<<10 - 1) << plan.High
)

// Has tells whether a variable is in the set.
func (s Set) Has(v plan.Var) bool { return s>>v&1 != 0 }

// Len is how many there are.
func (s Set) Len() int { return bits.OnesCount64(uint64(s)) }

// First is the lowest, of a set that has any.
func (s Set) First() plan.Var { return plan.Var(bits.TrailingZeros64(uint64(s))) }

// Each calls f for each variable, the lowest first.
func (s Set) Each(f func(v plan.Var)) {
	for ; s != 0; s &= s - 1 {
		f(s.First())
	}
}

// String names registers: r1 where only the low half is meant, R1 for both; words as w0.
func (s Set) String() string {
	var names []string
	s.Each(func(v plan.Var) {
		switch {
		case v < plan.High && v < 10 && s.Has(v+plan.High):
			names = append(names, "R"+v.String()[1:])
		case v >= plan.High && v < plan.Word:
		default:
			names = append(names, v.String())
		}
	})
	return strings.Join(names, " ")
}
