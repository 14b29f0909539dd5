// SPDX-License-Identifier: GPL-2.0-or-later

package affine

import (
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Loops is what is known of a function's loops, in the order of its forest.
type Loops struct {
	Loops []Loop

	f         *cfg.Function
	t         *loops.Forest
	facts     *ranges.Function
	words     liveness.Words
	joins     map[int]bool // slots that have a frame
	addresses map[int]bool // slots of lddw of an address
}

// Loop is what is known of one loop.
type Loop struct {
	Steps    map[plan.Var]Form // what variables that have a form are when a turn ends, in terms of its beginning
	Counters []Counter         // best first
	Accesses []Access          // off the frame, ascending by instruction
	At       map[int][]Named   // forms at joins inside the loop, by slot
}

// Named is a variable with a form.
type Named struct {
	Var  plan.Var
	Form Form
}

// Counter is a variable that moves by a constant, and is compared with one that stays, or a constant.
type Counter struct {
	Var    plan.Var
	By     int32
	Test   int  // instruction: a branch that is passed in every turn, and leaves the loop or goes on
	Source bool // the counter is the branch's source
	Offset int32
	Bound  plan.Var // NoVar: a constant
	Limit  int64
	Op     cfg.Op // the counter's relation to the bound where the loop goes on
	Wide   bool
	Last   bool // the test is the only way back: what comes before it is done once more than it holds
}

// Access is a load or store, whose address has a form.
type Access struct {
	Insn   int
	Form   Form // of the base register
	Region ranges.Region
	Tested bool // it follows every counter's test in a turn: see Follows
}
