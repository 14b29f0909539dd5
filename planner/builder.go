// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"maps"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/affine"
	"github.com/ubench-dev/ubench/planner/alloc"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/guess"
	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/liveness"
	"github.com/ubench-dev/ubench/planner/loops"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Analysis is what the host knows of a program, phase by phase.
type Analysis struct {
	Program *cfg.Program
	Forests []*loops.Forest // of each function
	Facts   *ranges.Facts
	Words   liveness.Words
	Live    *liveness.Live
	Affine  []*affine.Loops           // of each function
	Entered []map[int][]*ranges.State // of each function: in which states control enters a loop, by its head
}

// builder makes a plan. What the device did not believe is left out of the next one.
type builder struct {
	*Analysis
	image     *image.Program
	functions []int             // slots
	accesses  [][]ranges.Access // of each function
	guesses   guess.Regions
	version   int // of what places depend on, and that of the places there are
	placed    int
	places    *alloc.Places
	weights   [][]float64
	doubt     doubts
	judge     *judge.Judge
	round     int
	caution   caution
	heuristic int // of register allocation
	splits    map[alloc.Split]bool
	deferrals map[[2]int]deferral // of blocks, by function and number
	plan      *plan.Plan
	records   map[int]*record // loops with a record, by the slot they stand at
	homes     [plan.Word + plan.MaxWords]plan.Place
	insns     []*plan.Insn // by slot, nil where nothing is said
	spilt     []spilt
}

// deferral is what was picked of a block, and what that depends on.
type deferral struct {
	depends string
	of      []bool // the block's instructions
}

// caution is what plans of a program go without, each also without what is before it.
type caution int

const (
	free      caution = iota
	noApart           // moves off the straight line, and values computed on one way only
	noDefer           // values that are computed where they are read
	noRecords         // records of loops
)

// spilt is a result of an instruction that is taken for zero. If the device cannot see that, it writes it where the variable
// lives elsewhere, and to what is there.
type spilt struct {
	function, insn int
	plan.Moved
}

// doubts is what the device did not follow.
type doubts struct {
	facts  map[claim]*weaker // what is claimed of a variable at a frame
	wide   map[claim]bool    // high halves that are not known to be zero
	length map[int]int64     // of the context at a frame
	loops  map[int]int       // loops by slot: 1 not paid before, 2 no record
	defers map[int]bool      // instructions that are not deferred
	form   map[claim]bool    // forms at a join
	proofs map[int]bool      // accesses that the device checks, though the host can prove them
	saved  map[int]uint64    // places that the function at a slot writes beside those of its results
	unused map[plan.Var]bool // variables of the compiler's own: true, the code needs none; false, it was tried and does
}

type claim struct {
	slot int
	v    plan.Var
}

func newDoubts() doubts {
	return doubts{map[claim]*weaker{}, map[claim]bool{}, map[int]int64{}, map[int]int{}, map[int]bool{}, map[claim]bool{}, map[int]bool{}, map[int]uint64{}, map[plan.Var]bool{}}
}

func (d *doubts) clone() doubts {
	c := newDoubts()
	c.share(d)
	maps.Copy(c.wide, d.wide)
	maps.Copy(c.loops, d.loops)
	maps.Copy(c.defers, d.defers)
	maps.Copy(c.saved, d.saved)
	maps.Copy(c.unused, d.unused)
	return c
}

// share takes doubts of another plan of the program that do not depend on where variables live.
func (d *doubts) share(other *doubts) {
	for at, w := range other.facts {
		same := *w
		d.facts[at] = &same
	}
	maps.Copy(d.length, other.length)
	maps.Copy(d.form, other.form)
	maps.Copy(d.proofs, other.proofs)
}

// weaker is a claim that was doubted, as it is now.
type weaker struct {
	fact  plan.Fact
	none  bool // nothing is claimed
	times int  // how often it was doubted
}

// record is a loop that is compiled twice.
type record struct {
	function int
	slot     int // where it stands
	loop     *plan.Loop
	counter  *affine.Counter
	forms    *affine.Loop
	matter   []plan.Var // variables the test before the loop looks at
	accesses int        // that need no check
}

// Result is a plan that the device's compiler follows, and what comes of it.
type Result struct {
	*Analysis
	Plan    *plan.Plan
	Bytes   []byte
	Verdict judge.Verdict
	Places  *alloc.Places
}
