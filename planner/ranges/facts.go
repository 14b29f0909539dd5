// SPDX-License-Identifier: GPL-2.0-or-later

package ranges

import (
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/cfg"
)

// Facts is what is known of a program.
type Facts struct {
	Program   *cfg.Program
	Functions []*Function // in the program's order
	Once      bool        // nothing calls the function that the program starts in
	addresses map[int][]image.Address
}

// Function is what is known of a function: the state before each instruction.
type Function struct {
	*cfg.Function
	Before  []State
	Escapes bool // its frame is reached other than through r10
	Depth   int  // of the shortest chain of calls that leads to it; 0 for the program itself
	entry   State
	visits  int
}

type analysis struct {
	facts     *Facts
	addresses map[int][]image.Address
	f         *Function
	escapes   bool
	limits    []uint64 // constants, and the ends of what comparisons can tell, ascending
	signed    []int64  // those of signed lower bounds, ascending
	queue     []int    // functions to look at
}
