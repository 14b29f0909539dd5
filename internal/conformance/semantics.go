// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import "math/bits"

// Operations, RFC 9669 section 4.1: bits 7..4 of the opcode.
const (
	opAdd = 0x00 + 0x10*iota
	opSub
	opMul
	opDiv
	opOr
	opAnd
	opLsh
	opRsh
	opNeg
	opMod
	opXor
	opMov
	opArsh
	opEnd
)

// Conditions, RFC 9669 section 4.3.
const (
	jmpEq   = 0x10
	jmpGt   = 0x20
	jmpGe   = 0x30
	jmpSet  = 0x40
	jmpNe   = 0x50
	jmpSgt  = 0x60
	jmpSge  = 0x70
	jmpCall = 0x80
	jmpExit = 0x90
	jmpLt   = 0xa0
	jmpLe   = 0xb0
	jmpSlt  = 0xc0
	jmpSle  = 0xd0
)

// alu is what an arithmetic instruction makes of dst = a and its second operand b, an immediate
// extended in sign. offset: 1 for signed division, the bits of a move with sign extension.
func alu(op byte, wide bool, offset int16, a, b uint64) uint64 {
	if !wide {
		return uint64(uint32(alu32(op, offset, uint32(a), uint32(b))))
	}
	switch op {
	case opAdd:
		return a + b
	case opSub:
		return a - b
	case opMul:
		return a * b
	case opDiv:
		switch {
		case b == 0:
			return 0
		case offset == 0:
			return a / b
		case b == ^uint64(0):
			return -a // the least number over -1 is itself
		}
		return uint64(int64(a) / int64(b))
	case opMod:
		switch {
		case b == 0:
			return a
		case offset == 0:
			return a % b
		case b == ^uint64(0):
			return 0
		}
		return uint64(int64(a) % int64(b))
	case opOr:
		return a | b
	case opAnd:
		return a & b
	case opXor:
		return a ^ b
	case opLsh:
		return a << (b & 63)
	case opRsh:
		return a >> (b & 63)
	case opArsh:
		return uint64(int64(a) >> (b & 63))
	case opNeg:
		return -a
	case opMov:
		return extended(b, offset)
	}
	panic("BUG: no such operation")
}

func alu32(op byte, offset int16, a, b uint32) uint32 {
	switch op {
	case opDiv, opMod:
		if offset == 0 || b == 0 {
			return uint32(alu(op, true, 0, uint64(a), uint64(b)))
		}
		return uint32(alu(op, true, 1, uint64(int32(a)), uint64(int32(b))))
	case opLsh, opRsh:
		return uint32(alu(op, true, 0, uint64(a), uint64(b&31)))
	case opArsh:
		return uint32(int32(a) >> (b & 31))
	}
	return uint32(alu(op, true, offset, uint64(a), uint64(b)))
}

// extended is the lowest bits of v, extended in sign; 0 bits: all of v.
func extended(v uint64, bits int16) uint64 {
	if bits == 0 {
		return v
	}
	return uint64(int64(v<<(64-bits)) >> (64 - bits))
}

// reordered is what a change of byte order makes of the lowest bits of v, swapped or only cut.
func reordered(v uint64, width int32, swapped bool) uint64 {
	cut := v << (64 - width)
	if swapped {
		return bits.ReverseBytes64(v) >> (64 - width)
	}
	return cut >> (64 - width)
}

// jumps tells whether a conditional jump is taken.
func jumps(op byte, wide bool, a, b uint64) bool {
	if !wide { // widened so that both orders are those of 32 bits
		a, b = uint64(int32(a)), uint64(int32(b))
	}
	switch op {
	case jmpEq:
		return a == b
	case jmpNe:
		return a != b
	case jmpGt:
		return a > b
	case jmpGe:
		return a >= b
	case jmpLt:
		return a < b
	case jmpLe:
		return a <= b
	case jmpSet:
		return a&b != 0
	case jmpSgt:
		return int64(a) > int64(b)
	case jmpSge:
		return int64(a) >= int64(b)
	case jmpSlt:
		return int64(a) < int64(b)
	case jmpSle:
		return int64(a) <= int64(b)
	}
	panic("BUG: no such condition")
}

// Atomics, RFC 9669 section 5.3: the immediate.
const (
	fetch   = 0x01
	xchg    = 0xe0 | fetch
	cmpxchg = 0xf0 | fetch
)

// atomic is what an atomic operation leaves in memory.
func atomic(imm int32, memory, src, r0 uint64) uint64 {
	switch imm {
	case xchg:
		return src
	case cmpxchg:
		if memory == r0 {
			return src
		}
		return memory
	}
	return alu(byte(imm&^fetch), true, 0, memory, src)
}
