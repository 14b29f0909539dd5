// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import "math/bits"

// float is what rule 20 needs to know of a floating-point instruction of Cortex-M4 (FPv4-SP).
type float struct {
	cycles   int32
	memory   bool
	divides  bool   // VDIV and VSQRT work on beside integer instructions
	computes bool   // its result is late for the next instruction
	reads    uint32 // single-precision registers, one bit each
	writes   uint32
}

// Cycles of floating-point instructions (Cortex-M4 TRM, DDI 0439, table 7-1). They were not validated against silicon.
const (
	floatOne      = 1  // VADD, VSUB, VMUL, VNMUL, VABS, VNEG, VCMP, VCVT, VMOV, VMRS, VMSR
	floatTwoRegs  = 2  // VMOV of two core registers
	floatMulAdd   = 3  // VMLA, VMLS, VNMLA, VNMLS, VFMA, VFMS, VFNMA, VFNMS
	floatDivide   = 14 // VDIV, VSQRT
	floatTransfer = 1  // VLDR, VSTR, VLDM, VSTM, VPUSH, VPOP, and one for each word
)

// decodeFloat takes an instruction of the coprocessor space apart (DDI 0403 A6.4 to A6.7); nil if it is not one of the FPU.
func decodeFloat(raw uint32) *float {
	if raw>>9&7 != 0b101 {
		return nil
	}
	double := raw>>8&1 == 1
	d := register(raw>>12&15, raw>>22&1, double)
	n := register(raw>>16&15, raw>>7&1, double)
	m := register(raw&15, raw>>5&1, double)
	switch {
	case raw>>21&0x7ff == 0b11101100010: // VMOV, two core registers
		two := m
		if !double {
			two |= m << 1
		}
		return move(raw>>20&1 == 0, two, floatTwoRegs)
	case raw>>25 == 0b1110110:
		return floatAccess(raw, d)
	case raw>>24 != 0b11101110:
		return nil
	case raw>>4&1 == 1:
		return move(raw>>20&1 == 0, register(raw>>16&15, raw>>7&1, false), floatOne)
	}
	f := &float{cycles: floatOne, computes: true, reads: n | m, writes: d}
	switch raw>>23&1<<2 | raw>>20&3 {
	case 0b000, 0b001, 0b101, 0b110:
		f.cycles = floatMulAdd
		f.reads |= d
	case 0b010, 0b011:
	case 0b100:
		f.cycles, f.divides = floatDivide, true
	default:
		floatOther(f, raw, d, m)
	}
	return f
}

// floatOther: one operand, or none.
func floatOther(f *float, raw, d, m uint32) {
	opcode, variant := raw>>16&15, raw>>6&3
	f.reads = m
	switch {
	case variant&1 == 0: // VMOV, immediate
		f.reads, f.computes = 0, false
	case opcode == 0: // VMOV, VABS
		f.computes = variant == 3
	case opcode == 1 && variant == 3:
		f.cycles, f.divides = floatDivide, true
	case opcode == 4 || opcode == 5: // VCMP
		f.reads, f.writes, f.computes = d|m, 0, false
		if opcode == 5 { // with zero
			f.reads = d
		}
	}
}

// register is the set of a register of the FPU, with its odd bit.
func register(number, bit uint32, double bool) uint32 {
	if double {
		return 3 << (2 * (bit<<4 | number) & 31)
	}
	return 1 << (number<<1 | bit)
}

// move is a transfer between core and FPU.
func move(toFPU bool, registers uint32, cycles int32) *float {
	if toFPU {
		return &float{cycles: cycles, writes: registers}
	}
	return &float{cycles: cycles, reads: registers}
}

func floatAccess(raw, d uint32) *float {
	words := raw & 0xff
	if single := raw>>24&1 == 1 && raw>>21&1 == 0; single {
		words = uint32(bits.OnesCount32(d))
	}
	words = min(words, 32)
	set := uint32(uint64(1)<<words-1) << bits.TrailingZeros32(d)
	f := &float{cycles: floatTransfer + int32(words), memory: true}
	if load := raw>>20&1 == 1; load {
		f.writes = set
	} else {
		f.reads = set
	}
	return f
}

// issueFloat: rule 20, when a floating-point instruction that could begin at e does so, and how long the core waits for it.
func (s *State) issueFloat(f *float, p *previous, e int32) (begin, length int32) {
	e = max(e, s.floatDone)
	if p.floats&f.reads != 0 {
		e++
	}
	if f.memory {
		e = max(e, s.storeDone)
	}
	if f.divides {
		s.floatDone = e + f.cycles
		return e, 1
	}
	return e, f.cycles
}
