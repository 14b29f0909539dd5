// SPDX-License-Identifier: GPL-2.0-or-later

package affine

import (
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/plan"
)

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
