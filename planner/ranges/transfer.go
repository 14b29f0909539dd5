// SPDX-License-Identifier: GPL-2.0-or-later

package ranges

import (
	"math"
	"slices"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/cfg"
)

// step is what an instruction other than a branch does to a state.
func (a *analysis) step(s *State, i *cfg.Insn) {
	id := defID(i)
	switch i.Class {
	case cfg.ALU:
		s.set(i.Dst, a.half(s, i), id)
	case cfg.Move:
		v := s.Regs[i.Src]
		switch {
		case i.Extend != 0:
			v = moved(v, v.Number.extend(i.Extend))
		case !i.Wide && !v.Narrow():
			v = moved(v, v.Number.low32())
		}
		s.set(i.Dst, v, id)
	case cfg.Constant:
		s.set(i.Dst, a.constant(i), id)
	case cfg.FunctionAddress:
		s.set(i.Dst, number(Exactly(0xf0000000+8*uint64(i.Target))), id)
	case cfg.Load:
		s.set(i.Dst, a.loaded(s, i), id)
	case cfg.Store:
		v := number(Exactly(uint64(i.Imm)))
		if i.Register {
			v = s.Regs[i.Src]
		}
		a.stored(s, i, v)
	case cfg.Atomic:
		a.stored(s, i, unknown)
		if reg, ok := i.Fetches(); ok {
			v := unknown
			if !i.Wide {
				v = number(Between(0, math.MaxUint32))
			}
			s.set(reg, v, id)
		}
	case cfg.Helper:
		s.set(0, a.returned(s, i), id)
		if a.escapes && i.Imm != lookup {
			s.Slots = nil // it may be given a pointer to them
		}
	case cfg.Call, cfg.CallX:
		if i.Class == cfg.Call {
			a.argue(s, i)
		}
		for r := range byte(6) {
			s.Regs[r] = unknown
		}
		s.set(0, unknown, id)
		if a.escapes {
			s.Slots = nil
		}
	}
}

// half is the result of arithmetic; of the second of two shifts that extend a low half, of both.
func (a *analysis) half(s *State, i *cfg.Insn) Value {
	v := s.half
	s.half = Value{}
	switch {
	case i.Half == 1:
		s.half = s.Regs[i.Dst]
		return a.alu(s, i)
	case i.Half == 0:
		return a.alu(s, i)
	case i.Op == cfg.Arsh:
		return moved(v, v.Number.extend(32))
	case !v.Narrow():
		return moved(v, v.Number.low32())
	}
	return v
}

// moved is a value that may have been cut: the same if nothing was lost.
func moved(v Value, n Number) Value {
	if !v.Pointer() && v.Number == n {
		return v
	}
	if v.Pointer() {
		n = Between(0, math.MaxUint32)
	}
	return number(n)
}

// constant is what lddw and moves of constants load.
func (a *analysis) constant(i *cfg.Insn) Value {
	if at := a.addresses[i.Slot]; len(at) > 0 {
		at := at[0]
		v := number(Exactly(uint64(at.Offset)))
		v.Region = Rodata
		if at.Section == image.Data {
			v.Region = Data
		}
		return v
	}
	return number(Exactly(uint64(i.Imm)))
}

// loaded is what a load gives.
func (a *analysis) loaded(s *State, i *cfg.Insn) Value {
	if i.Src == cfg.R10 && !i.Signed {
		if v, ok := s.load(i.Off, int64(i.Size)); ok {
			return v
		}
	}
	switch {
	case i.Size == 8:
		return unknown
	case i.Signed:
		top := int64(1) << (8*i.Size - 1)
		return number(signed(-top, top-1))
	}
	return number(Between(0, 1<<(8*i.Size)-1))
}

// stored is what a store changes in the frame.
func (a *analysis) stored(s *State, i *cfg.Insn, v Value) {
	base := s.Regs[i.Dst]
	size := int64(i.Size)
	switch {
	case i.Dst == cfg.R10 && (i.Size == 8 || i.Size == 4 && v.Narrow()):
		s.store(i.Off, size, v)
	case i.Dst == cfg.R10:
		s.overwrite(i.Off, i.Off+size)
		if i.Size < 8 {
			s.store(i.Off, size, number(v.Number.meetMask(1<<(8*size)-1)))
		}
	case !a.escapes || base.Pointer() && base.Region != Stack && base.Region != Top:
		// Nothing else leads to the frame.
	case base.Region == Top:
		s.Slots = nil
	case base.Pointer() && base.SLow > math.MinInt32 && base.SHigh < math.MaxInt32:
		s.overwrite(base.SLow+i.Off, base.SHigh+i.Off+size)
	default:
		s.Slots = nil
	}
}

// alu is the result of arithmetic.
func (a *analysis) alu(s *State, i *cfg.Insn) Value {
	x := s.Regs[i.Dst]
	y := number(Exactly(uint64(i.Imm)))
	if i.Register {
		y = s.Regs[i.Src]
	}
	if !i.Wide && !i.Register {
		y = number(Exactly(uint64(uint32(i.Imm))))
	}
	if x.Pointer() || y.Pointer() {
		return pointerArithmetic(s, i, x, y)
	}
	if i.Op == cfg.End {
		if i.Imm < 64 {
			r := Between(0, 1<<i.Imm-1)
			if !i.Swap {
				r = x.Number.meetMask(1<<i.Imm - 1)
			}
			return number(r)
		}
		return unknown
	}
	r := number(arithmetic(i, x.Number, y.Number))
	if !i.Wide && (!x.Narrow() || !y.Narrow()) {
		return r
	}
	k, constant := y.Constant()
	if i.Op == cfg.Add && !constant {
		if c, ok := x.Constant(); ok {
			x, k, constant = y, c, true
		}
	}
	if !constant {
		a.relateSum(&r, i, x, y)
		return r
	}
	relate(&r, s, i, x, int64(k))
	return r
}

// relate carries bounds by the length, and what a value is computed from, over an operation with a constant.
func relate(r *Value, s *State, i *cfg.Insn, x Value, k int64) {
	if !i.Wide && (i.Op == cfg.Add || i.Op == cfg.Sub) {
		k = int64(int32(k))
	}
	if i.Op == cfg.Sub {
		k = -k
	}
	from := x.Linear
	if from.ID == 0 {
		from = Linear{ID: x.ID, Scale: 1}
	}
	small := x.SLow >= 0 && x.SHigh <= 1<<40
	slack := x.slack()
	switch i.Op {
	case cfg.Add, cfg.Sub:
		if x.Length.Known && x.Length.Plus+k <= 0 && int64(s.Least)+x.Length.Plus+k >= 0 {
			r.Length = Length{true, x.Length.Plus + k}
			r.Number = r.Number.meet(Between(uint64(int64(s.Least)+x.Length.Plus+k), uint64(lengthMax+x.Length.Plus+k)))
		}
		exact := small && x.SLow+k >= 0 && k > -lengthMax && k < lengthMax && (i.Wide || x.SHigh+k <= math.MaxUint32)
		if exact {
			r.Number = r.Number.meet(Between(uint64(x.SLow+k), uint64(x.SHigh+k)))
			if slack.Scale > 0 {
				r.Slack = Slack{slack.Scale, slack.Room - slack.Scale*k}
			}
			r.Linear = Linear{from.ID, from.Scale, from.Plus + k}
		}
	case cfg.Lsh, cfg.Mul:
		scale := k
		if i.Op == cfg.Lsh {
			if k < 0 || k > 20 {
				return
			}
			scale = 1 << k
		}
		if !small || scale < 1 || scale > 1<<20 || x.SHigh > 1<<40 || !i.Wide && x.SHigh*scale > math.MaxUint32 {
			return
		}
		if slack.Scale%scale == 0 && slack.Scale > 0 {
			r.Slack = Slack{slack.Scale / scale, slack.Room}
		}
		r.Linear = Linear{from.ID, from.Scale * scale, from.Plus * scale}
	case cfg.Rsh, cfg.Div:
		scale := k
		if i.Op == cfg.Rsh {
			if k < 0 || k > 20 {
				return
			}
			scale = 1 << k
		}
		if small && scale >= 1 && scale < 1<<20 && slack.Scale > 0 && slack.Scale*scale < 1<<20 {
			r.Slack = Slack{slack.Scale * scale, slack.Room}
		}
	case cfg.And, cfg.Mod:
		// Not larger than it was.
		if small && slack.Scale > 0 {
			r.Slack = slack
		}
	}
}

// relateSum is what a sum or difference of two unknown numbers keeps.
func (a *analysis) relateSum(r *Value, i *cfg.Insn, x, y Value) {
	if i.Op == cfg.Sub && x.slack().Scale > 0 && x.SLow >= 0 && y.SLow >= 0 && x.SLow >= y.SHigh {
		s := x.slack()
		r.Slack = Slack{s.Scale, s.Room + s.Scale*y.SLow}
	}
}

// pointerArithmetic is arithmetic with at least one pointer.
func pointerArithmetic(s *State, i *cfg.Insn, x, y Value) Value {
	wide := unknown
	if !i.Wide {
		wide = number(Between(0, math.MaxUint32))
	}
	if x.Null || y.Null {
		return wide
	}
	if i.Op == cfg.Sub && x.Pointer() && y.Pointer() {
		if x.Region != y.Region {
			return wide
		}
		n := subtract(x.Number, y.Number)
		if !i.Wide {
			n = n.low32()
		}
		r := number(n)
		if x.slack().Scale == 1 && y.SLow > -lengthMax && n.SLow >= 0 {
			r.Slack = Slack{1, x.slack().Room + y.SLow}
		}
		return r
	}
	if i.Op == cfg.Add && y.Pointer() && !x.Pointer() {
		x, y = y, x
	}
	if i.Op != cfg.Add && i.Op != cfg.Sub || y.Pointer() {
		return wide
	}
	r := Value{Region: x.Region}
	n := y.Number
	if !i.Wide {
		n = n.extend(32) // addresses have 32 bits
	}
	if i.Op == cfg.Add {
		r.Number = add(x.Number, n)
	} else {
		r.Number = subtract(x.Number, n)
	}
	if r.SLow < -(1<<40) || r.SHigh > 1<<40 {
		r.Number = Anything
		return r
	}
	if i.Op == cfg.Sub {
		return r
	}
	// offset + n <= len, from either side.
	if k, ok := n.Constant(); ok {
		if t := x.slack(); t.Scale == 1 {
			r.Slack = Slack{1, t.Room - int64(k)}
		}
	} else if t := y.slack(); t.Scale > 0 && x.Region == Context && x.SHigh < lengthMax && y.SLow >= 0 {
		r.Slack = Slack{1, t.Room - x.SHigh}
	}
	return r
}

// argue hands the arguments of a call to the function called.
func (a *analysis) argue(s *State, i *cfg.Insn) {
	for k, g := range a.facts.Functions {
		if g.Start != i.Target {
			continue
		}
		to := State{Reached: true, Least: s.Least, Regs: s.Regs}
		for r := range to.Regs {
			v := &to.Regs[r]
			switch {
			case v.Region == Stack && a.f.Start == 0 && a.facts.Once:
				v.Region = Top
			case v.Region == Stack:
				v.Number = add(v.Number, Exactly(512))
			}
			v.ID, v.Linear = joinID(0, r), Linear{}
			if r == 0 || r > 5 {
				*v = unknown
			}
		}
		to.Regs[cfg.R10] = Value{Number: Exactly(0), Region: Stack, ID: joinID(0, cfg.R10)}
		if g.visits > 4 { // recursive, or called in too many ways
			least := to.Least
			to = anywhere()
			to.Least = min(least, g.entry.Least)
		}
		if g.entry.join(&to, 0) && g.visits <= 8 {
			g.visits++
			if !slices.Contains(a.queue, k) {
				a.queue = append(a.queue, k)
			}
		}
		return
	}
}
