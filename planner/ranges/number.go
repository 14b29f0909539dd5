// SPDX-License-Identifier: GPL-2.0-or-later

package ranges

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/ubench-dev/ubench/planner/cfg"
)

// Number is what is known of a number of 64 bits: unsigned and signed bounds, and which bits are known.
type Number struct {
	Low, High   uint64
	SLow, SHigh int64
	Unknown     uint64 // bits that may be either
	Bits        uint64 // the others
}

// Anything is any number.
var Anything = Number{High: math.MaxUint64, SLow: math.MinInt64, SHigh: math.MaxInt64, Unknown: math.MaxUint64}

// Exactly is one number.
func Exactly(v uint64) Number {
	return Number{Low: v, High: v, SLow: int64(v), SHigh: int64(v), Bits: v}
}

// Between is the numbers of an unsigned interval.
func Between(low, high uint64) Number {
	n := Anything
	n.Low, n.High = low, high
	return n.tidy()
}

func signed(low, high int64) Number {
	n := Anything
	n.SLow, n.SHigh = low, high
	return n.tidy()
}

// Constant tells whether it is one number.
func (n Number) Constant() (uint64, bool) { return n.Low, n.Low == n.High }

// empty tells whether no number is left.
func (n Number) empty() bool { return n.Low > n.High || n.SLow > n.SHigh }

// tidy lets each of the three say what it knows of the others.
func (n Number) tidy() Number {
	for range 2 {
		if n.empty() {
			return n
		}
		n.Low, n.High = max(n.Low, n.Bits), min(n.High, n.Bits|n.Unknown)
		if n.Low > n.High {
			return n
		}
		if int64(n.Low) <= int64(n.High) { // does not cross the sign
			n.SLow, n.SHigh = max(n.SLow, int64(n.Low)), min(n.SHigh, int64(n.High))
		}
		if n.SLow >= 0 || n.SHigh < 0 {
			n.Low, n.High = max(n.Low, uint64(n.SLow)), min(n.High, uint64(n.SHigh))
		}
		if same := bits.LeadingZeros64(n.Low ^ n.High); same > 0 { // bits above the first that differs
			known := ^uint64(0)
			if same < 64 {
				known = ^(^uint64(0) >> same)
			}
			n.Unknown &^= known
			n.Bits = n.Bits&^known | n.Low&known
		}
	}
	return n
}

// join is what holds of either.
func (n Number) join(m Number) Number {
	unknown := n.Unknown | m.Unknown | (n.Bits ^ m.Bits)
	return Number{min(n.Low, m.Low), max(n.High, m.High), min(n.SLow, m.SLow), max(n.SHigh, m.SHigh), unknown, n.Bits &^ unknown}
}

// meet is what holds if both do.
func (n Number) meet(m Number) Number {
	r := Number{max(n.Low, m.Low), min(n.High, m.High), max(n.SLow, m.SLow), min(n.SHigh, m.SHigh), n.Unknown & m.Unknown, n.Bits | m.Bits}
	r.Bits &^= r.Unknown
	return r.tidy()
}

// low32 is the number's low half, zero-extended.
func (n Number) low32() Number {
	r := Between(0, math.MaxUint32)
	if n.Low>>32 == n.High>>32 {
		r = Between(n.Low&math.MaxUint32, n.High&math.MaxUint32)
	} else if n.SLow>>32 == n.SHigh>>32 {
		r = Between(uint64(n.SLow)&math.MaxUint32, uint64(n.SHigh)&math.MaxUint32)
	}
	return r.meet(Number{High: math.MaxUint32, SLow: 0, SHigh: math.MaxUint32, Unknown: n.Unknown & math.MaxUint32, Bits: n.Bits & math.MaxUint32})
}

// extend extends the sign of the low so many bits.
func (n Number) extend(from int) Number {
	low := n
	if mask := uint64(1)<<from - 1; from < 64 {
		low = n.meetMask(mask)
	}
	top := uint64(1) << (from - 1)
	if low.High < top {
		return low
	}
	return signed(-int64(top), int64(top-1))
}

func (n Number) meetMask(mask uint64) Number {
	if n.High <= mask {
		return n
	}
	r := Between(0, mask)
	r.Unknown, r.Bits = n.Unknown&mask, n.Bits&mask
	return r.tidy()
}

// arithmetic is the result of an operation on 64 bits, or of one on 32 bits if wide is false.
func arithmetic(i *cfg.Insn, a, b Number) Number {
	if !i.Wide {
		a, b = a.low32(), b.low32()
	}
	r := operate(i, a, b)
	if !i.Wide {
		r = r.low32()
	}
	return r
}

func operate(i *cfg.Insn, a, b Number) Number {
	width := uint64(64)
	if !i.Wide {
		width = 32
	}
	switch i.Op {
	case cfg.Add:
		return add(a, b)
	case cfg.Sub:
		return subtract(a, b)
	case cfg.Neg:
		return subtract(Exactly(0), a)
	case cfg.Mul:
		if a.High <= math.MaxUint32 && b.High <= math.MaxUint32 {
			r := Between(a.Low*b.Low, a.High*b.High)
			if k, ok := b.Constant(); ok && k != 0 {
				zeros := uint64(1)<<bits.TrailingZeros64(k) - 1
				r.Unknown &^= zeros
				return r.tidy()
			}
			return r
		}
	case cfg.Div, cfg.Mod:
		return divide(i, a, b)
	case cfg.And:
		r := Anything
		r.Unknown = (a.Unknown | a.Bits) & (b.Unknown | b.Bits)
		r.Bits = a.Bits & b.Bits
		r.Unknown &^= r.Bits
		r.High = min(a.High, b.High)
		return r.tidy()
	case cfg.Or, cfg.Xor:
		r := Anything
		r.Unknown = a.Unknown | b.Unknown
		r.Bits = a.Bits ^ b.Bits
		if i.Op == cfg.Or {
			r.Bits = a.Bits | b.Bits
			r.Unknown &^= r.Bits
			r.Low = max(a.Low, b.Low)
		}
		r.Bits &^= r.Unknown
		if top := bits.Len64(a.High | b.High); top < 64 {
			r.High = uint64(1)<<top - 1
		}
		return r.tidy()
	case cfg.Lsh, cfg.Rsh, cfg.Arsh:
		if k, ok := b.Constant(); ok {
			return shift(i, a, k&(width-1))
		}
		if i.Op == cfg.Rsh {
			return Between(0, a.High)
		}
	}
	return Anything
}

func add(a, b Number) Number {
	r := Anything
	// Known bits of a sum: bits where no carry can differ.
	sum := a.Bits + b.Bits
	r.Unknown = (sum + a.Unknown + b.Unknown) ^ sum | a.Unknown | b.Unknown
	r.Bits = sum &^ r.Unknown
	low, carryLow := bits.Add64(a.Low, b.Low, 0)
	high, carryHigh := bits.Add64(a.High, b.High, 0)
	if carryLow == carryHigh {
		r.Low, r.High = low, high
	}
	if slow, shigh := a.SLow+b.SLow, a.SHigh+b.SHigh; !overflows(a.SLow, b.SLow, slow) && !overflows(a.SHigh, b.SHigh, shigh) {
		r.SLow, r.SHigh = slow, shigh
	}
	return r.tidy()
}

func overflows(a, b, sum int64) bool { return (a^sum)&(b^sum) < 0 }

func subtract(a, b Number) Number {
	r := Anything
	difference := a.Bits - b.Bits
	r.Unknown = (difference + a.Unknown) ^ (difference - b.Unknown) | a.Unknown | b.Unknown
	r.Bits = difference &^ r.Unknown
	low, borrowLow := bits.Sub64(a.Low, b.High, 0)
	high, borrowHigh := bits.Sub64(a.High, b.Low, 0)
	if borrowLow == borrowHigh {
		r.Low, r.High = low, high
	}
	if slow, shigh := a.SLow-b.SHigh, a.SHigh-b.SLow; (a.SLow^b.SHigh)&(a.SLow^slow) >= 0 && (a.SHigh^b.SLow)&(a.SHigh^shigh) >= 0 {
		r.SLow, r.SHigh = slow, shigh
	}
	return r.tidy()
}

func divide(i *cfg.Insn, a, b Number) Number {
	if i.Signed && (a.SLow < 0 || b.SLow < 0 || !i.Wide && (a.High > math.MaxInt32 || b.High > math.MaxInt32)) {
		return Anything
	}
	if i.Op == cfg.Div {
		low := uint64(0)
		if b.Low > 0 {
			low = a.Low / max(b.High, 1)
		}
		return Between(low, a.High/max(b.Low, 1))
	}
	if b.High == 0 {
		return a
	}
	if b.Low > a.High {
		return a
	}
	if b.Low > 0 {
		return Between(0, min(a.High, b.High-1))
	}
	return Between(0, a.High)
}

func shift(i *cfg.Insn, a Number, by uint64) Number {
	switch i.Op {
	case cfg.Rsh:
		r := Between(a.Low>>by, a.High>>by)
		return r.meet(Number{High: math.MaxUint64, SLow: math.MinInt64, SHigh: math.MaxInt64, Unknown: a.Unknown >> by, Bits: a.Bits >> by})
	case cfg.Arsh:
		if !i.Wide {
			if a.High > math.MaxInt32 {
				return signed(math.MinInt32>>by, math.MaxInt32>>by)
			}
			return Between(a.Low>>by, a.High>>by)
		}
		return signed(a.SLow>>by, a.SHigh>>by)
	}
	r := Anything
	r.Unknown, r.Bits = a.Unknown<<by, a.Bits<<by
	if a.High<<by>>by == a.High {
		r.Low, r.High = a.Low<<by, a.High<<by
	}
	if a.SLow<<by>>by == a.SLow && a.SHigh<<by>>by == a.SHigh {
		r.SLow, r.SHigh = a.SLow<<by, a.SHigh<<by
	}
	return r.tidy()
}

// String is the shortest way to say it.
func (n Number) String() string {
	if v, ok := n.Constant(); ok {
		return fmt.Sprint(int64(v))
	}
	s := ""
	switch {
	case n.Low == 0 && n.High == math.MaxUint64 && n.SLow == math.MinInt64 && n.SHigh == math.MaxInt64:
		s = "any"
	case n.SLow < 0 && (n.SLow != math.MinInt64 || n.SHigh != math.MaxInt64):
		s = fmt.Sprintf("[%d, %d]", n.SLow, n.SHigh)
	default:
		s = fmt.Sprintf("[%d, %d]", n.Low, n.High)
	}
	if zeros := bits.TrailingZeros64(n.Unknown); zeros > 0 && zeros < 64 {
		s += fmt.Sprintf(" step %d", uint64(1)<<zeros)
		if n.Bits&(1<<zeros-1) != 0 {
			s += fmt.Sprintf(" from %d", n.Bits&(1<<zeros-1))
		}
	}
	return s
}
