// SPDX-License-Identifier: GPL-2.0-or-later

package affine

import (
	"fmt"

	"github.com/ubench-dev/ubench/planner/plan"
)

// Form is a value of 32 bits in terms of what variables were when a turn began: A + ((B + C) << Shift) + Add, modulo
// 2^32. A, B and C may be plan.NoVar, C is so where B is. Unknown values have no form. The rules are those of the
// device's jit/onepass/loop.c.
type Form struct {
	Known   bool
	A, B, C plan.Var
	Shift   int
	Add     int32
}

// itself is the form of a variable that has not changed.
func itself(v plan.Var) Form { return Form{Known: true, A: v, B: plan.NoVar, C: plan.NoVar} }

func constant(k int32) Form {
	return Form{Known: true, A: plan.NoVar, B: plan.NoVar, C: plan.NoVar, Add: k}
}

// simple tells whether it is a variable and a constant.
func (f Form) simple() bool { return f.Known && f.A != plan.NoVar && f.B == plan.NoVar }

// index tells whether it is one or two variables, shifted, and a constant.
func (f Form) index() bool { return f.Known && f.A == plan.NoVar && f.B != plan.NoVar }

func (f Form) isConstant() bool { return f.Known && f.A == plan.NoVar && f.B == plan.NoVar }

// Is tells whether it is a variable, unchanged but for what was added.
func (f Form) Is(v plan.Var) bool { return f.simple() && f.A == v }

func add(x, y Form) Form {
	if !x.Known || !y.Known {
		return Form{}
	}
	if x.isConstant() || !y.isConstant() && (x.index() || y.simple() && !x.simple()) { // bases first, then indices
		x, y = y, x
	}
	sum := x.Add + y.Add
	switch {
	case y.isConstant():
	case x.simple() && y.simple():
		x.B, x.Shift = y.A, 0
	case x.simple() && y.index():
		x.B, x.C, x.Shift = y.B, y.C, y.Shift
	case x.B != plan.NoVar && x.C == plan.NoVar && y.simple() && x.Shift == 0:
		x.C = y.A
	case x.B != plan.NoVar && x.C == plan.NoVar && y.index() && y.C == plan.NoVar && x.Shift == y.Shift:
		x.C = y.B
	case x.simple() && y.A != plan.NoVar && y.C == plan.NoVar && y.Shift == 0:
		x.B, x.C, x.Shift = y.A, y.B, 0
	default:
		return Form{}
	}
	x.Add = sum
	return x
}

func shift(x Form, by int64) Form {
	switch {
	case x.isConstant():
		return constant(x.Add << (by & 31))
	case !x.Known || by < 0 || by > 3:
		return Form{}
	}
	y := Form{true, plan.NoVar, x.B, x.C, x.Shift + int(by), x.Add << by}
	switch {
	case x.A != plan.NoVar && x.C == plan.NoVar && (x.B == plan.NoVar || x.Shift == 0):
		y.B, y.C, y.Shift = x.A, x.B, int(by)
	case x.A != plan.NoVar, y.Shift > 3:
		return Form{}
	}
	return y
}

// state is the forms of the low halves of registers, and of words.
type state struct {
	reached bool
	regs    [11]Form
	words   [plan.MaxWords]Form
}

func (s *state) of(v plan.Var) *Form {
	if v >= plan.Word {
		return &s.words[v-plan.Word]
	}
	return &s.regs[v]
}

// meet keeps what both say.
func (s *state) meet(t *state) (changed bool) {
	if !s.reached {
		*s = *t
		return true
	}
	keep := func(a *Form, b Form) {
		if a.Known && *a != b {
			*a = Form{}
			changed = true
		}
	}
	for r := range s.regs {
		keep(&s.regs[r], t.regs[r])
	}
	for w := range s.words {
		keep(&s.words[w], t.words[w])
	}
	return changed
}

func (f Form) String() string {
	switch {
	case !f.Known:
		return "?"
	case f.isConstant():
		return fmt.Sprint(f.Add)
	}
	s := ""
	if f.A != plan.NoVar {
		s = f.A.String()
	}
	if f.B != plan.NoVar {
		if s != "" {
			s += " + "
		}
		index := f.B.String()
		if f.C != plan.NoVar {
			index = "(" + index + " + " + f.C.String() + ")"
		}
		s += index
		if f.Shift > 0 {
			s += fmt.Sprintf("<<%d", f.Shift)
		}
	}
	if f.Add != 0 {
		s += fmt.Sprintf("%+d", f.Add)
	}
	return s
}
