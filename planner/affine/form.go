// SPDX-License-Identifier: GPL-2.0-or-later

package affine

import (
	"fmt"

	"github.com/ubench-dev/ubench/planner/cfg"
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

// step is what an instruction does to forms.
func (l *Loops) step(s *state, i *cfg.Insn) {
	d := &s.regs[i.Dst]
	x := constant(int32(i.Imm))
	if i.Register {
		x = s.regs[i.Src]
	}
	switch i.Class {
	case cfg.ALU:
		switch {
		case i.Op == cfg.Add:
			*d = add(*d, x)
		case i.Op == cfg.Sub && !i.Register:
			*d = add(*d, constant(-int32(i.Imm)))
		case i.Op == cfg.Lsh && !i.Register && i.Imm < 32:
			*d = shift(*d, i.Imm)
		case i.Op == cfg.Mul && !i.Register && (i.Imm == 2 || i.Imm == 4 || i.Imm == 8):
			*d = shift(*d, map[int64]int64{2: 1, 4: 2, 8: 3}[i.Imm])
		case i.Op == cfg.Lsh && i.Wide && i.Imm == 32 && l.extends(i): // zero-extension: the low half comes back
		case i.Op == cfg.Rsh && i.Wide && !i.Register && i.Imm == 32 && l.extended(i):
		default:
			*d = Form{}
		}
	case cfg.Move:
		*d = Form{}
		if i.Extend == 0 || i.Extend == 32 {
			*d = s.regs[i.Src]
		}
	case cfg.Constant:
		*d = constant(int32(i.Imm))
		if l.addresses[i.Slot] {
			*d = Form{}
		}
	case cfg.Load:
		*d = Form{}
		if low, ok := l.word(i, i.Off); ok && !i.Signed {
			*d = *s.of(low)
		}
	case cfg.Store, cfg.Atomic:
		if low, ok := l.word(i, i.Off); ok {
			*s.of(low) = x
		}
		if high, ok := l.word(i, i.Off+4); ok && i.Size == 8 {
			*s.of(high) = Form{}
		}
		if reg, ok := i.Fetches(); ok {
			s.regs[reg] = Form{}
		}
	case cfg.FunctionAddress, cfg.Helper:
		s.regs[i.Dst] = Form{}
		if i.Class == cfg.Helper {
			s.regs[0] = Form{}
		}
	case cfg.Call, cfg.CallX:
		for r := range 6 {
			s.regs[r] = Form{}
		}
	}
}

// word is the variable that an access through r10 reaches at an offset.
func (l *Loops) word(i *cfg.Insn, off int64) (plan.Var, bool) {
	if i.Base() != cfg.R10 || i.Size < 4 {
		return 0, false
	}
	for k, index := range l.words {
		if off == -4*int64(index+1) {
			return plan.Word + plan.Var(k), true
		}
	}
	return 0, false
}

// extends tells whether the instruction and the one behind it extend a low half with zeros, extended whether the one
// before it and it do.
func (l *Loops) extends(i *cfg.Insn) bool {
	k := l.f.At(i.Slot) + 1
	return !i.Register && k < len(l.f.Insns) && l.pair(i, &l.f.Insns[k])
}

func (l *Loops) extended(i *cfg.Insn) bool {
	k := l.f.At(i.Slot) - 1
	return k >= 0 && l.pair(&l.f.Insns[k], i)
}

func (l *Loops) pair(a, b *cfg.Insn) bool {
	return a.Class == cfg.ALU && a.Op == cfg.Lsh && a.Wide && !a.Register && a.Imm == 32 && a.Slot+1 == b.Slot &&
		b.Class == cfg.ALU && b.Op == cfg.Rsh && b.Wide && !b.Register && b.Imm == 32 && a.Dst == b.Dst && !l.joins[b.Slot]
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
