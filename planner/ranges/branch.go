// SPDX-License-Identifier: GPL-2.0-or-later

package ranges

import (
	"math"

	"github.com/ubench-dev/ubench/planner/cfg"
)

// branch learns from a branch that was taken, or not.
func (s *State) branch(i *cfg.Insn, taken bool) {
	op := i.Op
	if !taken {
		negated, ok := op.Negate()
		if !ok { // no bit of the mask is set
			if !i.Register {
				v := s.Regs[i.Dst]
				n := v.Number
				n.Unknown &^= uint64(i.Imm) & width(i)
				s.refine(v, n.tidy(), Slack{})
			}
			return
		}
		op = negated
	}
	for n, r := range []byte{i.Dst, i.Src} {
		if s.Regs[r].ID == 0 && (n == 0 || i.Register) {
			s.Regs[r].ID = branchID(i, n)
		}
	}
	x := s.Regs[i.Dst]
	y := number(Exactly(uint64(i.Imm)))
	if !i.Wide {
		y = number(Exactly(uint64(uint32(i.Imm))))
	}
	if i.Register {
		y = s.Regs[i.Src]
	}
	if x.Null || y.Null {
		s.null(i, op, x)
		return
	}
	if x.Pointer() != y.Pointer() || x.Region != y.Region {
		return
	}
	if !i.Wide && !x.Pointer() && !(x.Narrow() && y.Narrow()) {
		s.low(i, op, x, y)
		return
	}
	if x.Pointer() && (x.SLow < -lengthMax || y.SLow < -lengthMax) {
		return
	}
	s.compare(op, x, y, !i.Wide)
	s.compare(op.Mirror(), y, x, !i.Wide)
}

func width(i *cfg.Insn) uint64 {
	if i.Wide {
		return math.MaxUint64
	}
	return math.MaxUint32
}

// low learns what a comparison of low halves tells of signed numbers: a small range of a 32-bit comparison says
// nothing of the high half, so it holds only for numbers whose high half is known.
func (s *State) low(i *cfg.Insn, op cfg.Op, x, y Value) {
	if x.SLow >= math.MinInt32 && x.SHigh <= math.MaxInt32 && y.SLow >= math.MinInt32 && y.SHigh <= math.MaxInt32 {
		switch op {
		case cfg.SLT, cfg.SLE, cfg.SGT, cfg.SGE, cfg.EQ:
			s.compare(op, x, y, false)
			s.compare(op.Mirror(), y, x, false)
		}
	}
}

// compare learns about x that it stands in a relation to y. Both have their whole value compared; narrow says that
// signs are those of 32 bits.
func (s *State) compare(op cfg.Op, x, y Value, narrow bool) {
	n, slack := Anything, Slack{}
	if x.Pointer() {
		switch op { // offsets compare as signed numbers
		case cfg.LT:
			op = cfg.SLT
		case cfg.LE:
			op = cfg.SLE
		case cfg.GT:
			op = cfg.SGT
		case cfg.GE:
			op = cfg.SGE
		}
		narrow = false
	}
	above := func(strict int64) { // x + strict <= y
		if t := y.slack(); t.Scale > 0 {
			slack = Slack{t.Scale, t.Room + t.Scale*strict}
		}
	}
	switch op {
	case cfg.EQ:
		n = y.Number
		above(0)
		s.least(x, y, 0)
	case cfg.NE:
		if k, ok := y.Constant(); ok {
			n = x.Number
			if n.Low == k {
				n.Low++
			}
			if n.High == k {
				n.High--
			}
			if n.SLow == int64(k) {
				n.SLow++
			}
			if n.SHigh == int64(k) {
				n.SHigh--
			}
		}
	case cfg.LT:
		if y.High == 0 {
			s.Reached = false
			return
		}
		n.High = y.High - 1
		above(1)
	case cfg.LE:
		n.High = y.High
		above(0)
	case cfg.GT:
		if y.Low == math.MaxUint64 {
			s.Reached = false
			return
		}
		n.Low = y.Low + 1
		s.least(x, y, 1)
	case cfg.GE:
		n.Low = y.Low
		s.least(x, y, 0)
	case cfg.SLT, cfg.SLE, cfg.SGT, cfg.SGE:
		low, high := int64(math.MinInt64), int64(math.MaxInt64)
		ylow, yhigh := y.SLow, y.SHigh
		if narrow {
			low, high = math.MinInt32, math.MaxInt32
			if y.High > math.MaxInt32 { // may be negative
				ylow, yhigh = math.MinInt32, math.MaxInt32
				if y.Low > math.MaxInt32 {
					ylow, yhigh = int64(int32(y.Low)), int64(int32(y.High))
				}
			}
		}
		switch op {
		case cfg.SLT:
			high = max(yhigh, math.MinInt64+1) - 1
		case cfg.SLE:
			high = yhigh
		case cfg.SGT:
			low = min(ylow, math.MaxInt64-1) + 1
		case cfg.SGE:
			low = ylow
		}
		switch {
		case low > high:
			s.Reached = false
			return
		case !narrow:
			n = signed(low, high)
		case low >= 0:
			n = Between(uint64(low), uint64(high))
		case high < 0:
			n = Between(uint64(uint32(low)), uint64(uint32(high)))
		}
		if x.SLow >= 0 && y.SLow >= 0 && (op == cfg.SLT || op == cfg.SLE) || x.Pointer() {
			switch op {
			case cfg.SLT:
				above(1)
			case cfg.SLE:
				above(0)
			}
		}
		if x.SLow >= 0 && y.SLow >= 0 && !x.Pointer() {
			switch op {
			case cfg.SGT:
				s.least(x, y, 1)
			case cfg.SGE:
				s.least(x, y, 0)
			}
		}
	}
	s.refine(x, x.Number.meet(n.tidy()), slack)
}

// least learns the length of the context: x is it and a constant, and at least y + more.
func (s *State) least(x, y Value, more uint64) {
	if x.Length.Known && y.Low <= lengthMax {
		if l := int64(y.Low) + int64(more) - x.Length.Plus; l > int64(s.Least) {
			s.Least = uint64(l)
			s.each(func(v *Value) {
				if v.Length.Known {
					v.Number = v.Number.meet(Between(uint64(max(l+v.Length.Plus, 0)), uint64(lengthMax+v.Length.Plus)))
				}
			})
		}
	}
}
