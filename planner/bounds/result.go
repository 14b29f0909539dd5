// SPDX-License-Identifier: GPL-2.0-or-later

package bounds

// Cost is what an instruction takes, each time it is executed.
type Cost func(function, insn int) float64

// Result is a bound, or why there is none.
type Result struct {
	Bound    Poly
	Function int // with Loop, what has no bound
	Loop     int // -1: the function calls itself, or one that nobody knows
	Why      string
}

// Bounded tells whether there is a bound.
func (r *Result) Bounded() bool { return r.Why == "" }

type bounder struct {
	*Program
	cost  Cost
	known map[int]*Result
}
