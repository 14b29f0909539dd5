// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import (
	"math/bits"

	"github.com/ubench-dev/ubench/internal/thumb"
)

// Operands is what the time of a division or a long multiply depends on. It is small, so that costs
// can be kept per value: meter.c makes it from the registers, MakeOperands does the same in Go.
type Operands uint16

// Division: the difference of the leading bits, and what rule 12 excepts.
const (
	DivDistance    Operands = 0x7f   // msb(|n|) - msb(|d|) + 32
	DivNegative    Operands = 1 << 7 // signed, d < 0
	DivPowerOfTwo  Operands = 1 << 8 // |d| is one
	DivLowest      Operands = 1 << 9 // signed, n = 0x80000000
	DivZero        Operands = 1 << 10
	divDistanceAdd          = 32
)

// Long multiply: which halves are not zero, and signs.
const (
	MulHighN Operands = 1 << iota
	MulLowN
	MulHighM
	MulLowM
	MulNegativeN
	MulNegativeM
)

// MakeOperands describes the operands n and m (or d) of an instruction.
func MakeOperands(class thumb.Class, n, m uint32) Operands {
	switch class {
	case thumb.Div, thumb.DivSigned:
		return divOperands(class == thumb.DivSigned, n, m)
	}
	var o Operands
	for i, set := range []bool{n>>16 != 0, n<<16 != 0, m>>16 != 0, m<<16 != 0, int32(n) < 0, int32(m) < 0} {
		if set {
			o |= 1 << i
		}
	}
	return o
}

func divOperands(signed bool, n, d uint32) Operands {
	if n == 0 || d == 0 {
		return DivZero
	}
	var o Operands
	if signed {
		if n == 0x80000000 {
			o |= DivLowest
		}
		if int32(n) < 0 {
			n = -n
		}
		if int32(d) < 0 {
			o |= DivNegative
			d = -d
		}
	}
	if d&(d-1) == 0 {
		o |= DivPowerOfTwo
	}
	return o | Operands(bits.Len32(n)-bits.Len32(d)+divDistanceAdd)
}

// Divide is rule 12: the divider makes four bits of quotient a cycle.
func Divide(o Operands) int32 {
	if o&DivZero != 0 {
		return 2
	}
	k := int32(o&DivDistance) - divDistanceAdd
	if o&DivNegative != 0 {
		switch {
		case o&DivPowerOfTwo != 0 && o&DivLowest == 0:
			k++
		case o&DivPowerOfTwo == 0 && o&DivLowest != 0:
			k--
		}
	}
	if k < 0 {
		return 3
	}
	return 5 + k/4
}

// MultiplyLong is rule 9 for Cortex-M3: a product of halves that is zero saves time. Measured on
// silicon by CMEmu.
func MultiplyLong(class thumb.Class, o Operands) int32 {
	n, m := o>>0&3, o>>2&3 // bit 0: the upper half is not zero, bit 1: the lower
	const upper, lower, both = 1, 2, 3
	if n == 0 || m == 0 {
		return 3
	}
	signed := class == thumb.MulLongSigned || class == thumb.MulAddLongSigned
	negativeN, negativeM := signed && o&MulNegativeN != 0, signed && o&MulNegativeM != 0
	negative := negativeN || negativeM

	accumulates := class == thumb.MulAddLong || class == thumb.MulAddLongSigned
	var t int32
	switch {
	case n == both && m == both:
		t = 5
		if accumulates {
			return 7
		}
		return t
	case n == lower && m == lower:
		if negative && !accumulates {
			return 4
		}
		return 3
	case n == upper && m == upper:
		t = 3
		if accumulates {
			t = 5
		}
		return t + when(negative)
	case n == both && m == upper:
		t = 4
		if accumulates {
			t = 6
		}
		return t + when(negative)
	case n == upper && m == both:
		if accumulates {
			return 6
		}
		return 4
	}
	t = 4
	if accumulates {
		t = 5
	}
	return t + when(negativeM)
}

func when(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
