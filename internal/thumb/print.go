// SPDX-License-Identifier: GPL-2.0-or-later

package thumb

import (
	"fmt"
	"math/bits"
	"regexp"
	"strings"
)

var registerNames = [16]string{"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "sl", "fp", "ip", "sp", "lr", "pc"}

var shiftNames = [4]string{"lsl", "lsr", "asr", "ror"}

var operand = regexp.MustCompile(`\{[^{}]*\}`)

// Text prints the instruction in UAL, as it reads in the given IT state.
func (in *Insn) Text(it ITState) string {
	asm := in.row.asm
	if strings.HasSuffix(asm, "{it}") {
		return in.ifThen()
	}
	return operand.ReplaceAllStringFunc(asm, func(s string) string { return in.operand(s[1:len(s)-1], it) })
}

func (in *Insn) String() string { return in.Text(0) }

// operand expands one {…} of the asm column.
func (in *Insn) operand(name string, it ITState) string {
	i := in.field('i')
	switch name {
	case "d", "n", "m", "t", "u", "a", "l", "h":
		return registerNames[in.field(name[0])]
	case "c":
		return it.Cond().String()
	case "cc":
		return in.Cond().String()
	case "s": // 16-bit encodings set the flags outside IT blocks only
		if it == 0 {
			return "s"
		}
		return it.Cond().String()
	case "z":
		return when(in.field('z'), "s")
	case "i":
		return fmt.Sprint(i)
	case "i2":
		return fmt.Sprint(2 * i)
	case "i4":
		return fmt.Sprint(4 * i)
	case "i32": // right shifts encode 32 as 0
		return fmt.Sprint((i+31)%32 + 1)
	case "ji":
		return fmt.Sprint(in.field('j')<<12 | i)
	case "k":
		return fmt.Sprint(in.field('k'))
	case "k+1":
		return fmt.Sprint(in.field('k') + 1)
	case "k-i":
		return fmt.Sprint(int(in.field('k')) - int(i) + 1)
	case "x":
		if in.row.has('x') {
			return half(in.field('x'))
		}
		return fmt.Sprintf("0x%04x", i)
	case "y2":
		return half(in.field('y'))
	case "X":
		return when(in.field('x'), "x")
	case "R":
		return when(in.field('x'), "r")
	case "raw":
		return fmt.Sprintf("0x%0*x", 2*in.Size, in.Raw)
	case "mod":
		return fmt.Sprint(ExpandImmediate(i))
	case "T7", "T8", "T11", "T20", "T24":
		return fmt.Sprintf("0x%x", in.Target)
	case "r", "r14", "r15":
		return in.printList()
	case "wb", "w!":
		return when(uint32(bits.OnesCount16(uint16(in.Updated))), "!")
	case "ie":
		return [2]string{"ie", "id"}[in.field('p')]
	case "aif":
		return when(in.field('q'), "i") + when(in.field('f'), "f")
	case "bar":
		return barrierName(in.Class, i)
	case "sys":
		return systemRegister(i, 4)
	case "sysm":
		return systemRegister(i, in.field('k'))
	}
	return in.shiftOrAddress(name, i)
}

func (in *Insn) shiftOrAddress(name string, i uint32) string {
	switch name {
	case "sh":
		return shift(in.field('y'), i)
	case "sh2": // PKHTB
		return shift(2, i)
	case "shy": // SSAT, USAT
		return shift(2*in.field('y'), i)
	case "y":
		return shiftNames[in.field('y')]
	case "y#":
		if i == 0 {
			i = 32
		}
		return fmt.Sprintf("#%d", i)
	case "ror":
		return when(i, fmt.Sprintf(", ror #%d", 8*i))
	case "lsl":
		return when(i, fmt.Sprintf(", lsl #%d", i))
	case ",#i":
		return when(i, fmt.Sprintf(", #%d", i))
	case ",#i4":
		return when(i, fmt.Sprintf(", #%d", 4*i))
	case "lit":
		return fmt.Sprintf("[pc, #%s%d]", when(in.field('v')^1, "-"), i)
	case "adr":
		return in.address(i)
	case "adr4":
		return in.address(4 * i)
	}
	panic("BUG: thumb: operand " + name + " in " + in.row.asm)
}

// address prints the forms with index, add and write-back bits p, v and w.
func (in *Insn) address(i uint32) string {
	sign := when(in.field('v')^1, "-")
	n := registerNames[in.field('n')]
	switch p, w := in.field('p'), in.field('w'); {
	case p == 1 && w == 1:
		return fmt.Sprintf("[%s, #%s%d]!", n, sign, i)
	case p == 1 && i == 0 && sign == "":
		return fmt.Sprintf("[%s]", n)
	case p == 1:
		return fmt.Sprintf("[%s, #%s%d]", n, sign, i)
	default:
		return fmt.Sprintf("[%s], #%s%d", n, sign, i)
	}
}

// ifThen prints IT with its pattern of thens and elses.
func (in *Insn) ifThen() string {
	cond, mask := in.field('c'), in.field('i')
	name := "it"
	for bit := uint32(8); mask&(bit-1) != 0; bit >>= 1 {
		if (mask&bit != 0) == (cond&1 != 0) {
			name += "t"
		} else {
			name += "e"
		}
	}
	if cond == uint32(AL) {
		return name + " al"
	}
	return name + " " + Cond(cond).String()
}

func (in *Insn) printList() string {
	var names []string
	for l := in.list(); l != 0; l &= l - 1 {
		names = append(names, registerNames[bits.TrailingZeros32(l)])
	}
	return "{" + strings.Join(names, ", ") + "}"
}

func when(v uint32, s string) string {
	if v == 0 {
		return ""
	}
	return s
}

func half(top uint32) string { return [2]string{"b", "t"}[top] }

func shift(kind, amount uint32) string {
	if amount == 0 {
		switch kind {
		case 0:
			return ""
		case 3:
			return ", rrx"
		}
		amount = 32
	}
	return fmt.Sprintf(", %s #%d", shiftNames[kind], amount)
}

// ExpandImmediate is ThumbExpandImm: the constant a 12-bit modified immediate stands for. DDI 0403 A5.3.2.
func ExpandImmediate(i uint32) uint32 {
	b := i & 0xff
	switch i >> 8 {
	case 0:
		return b
	case 1:
		return b<<16 | b
	case 2:
		return b<<24 | b<<8
	case 3:
		return b<<24 | b<<16 | b<<8 | b
	}
	return bits.RotateLeft32(i&0x7f|0x80, -int(i>>7))
}

func barrierName(class Class, option uint32) string {
	if option == 15 {
		return "sy"
	}
	if class == InstructionBarrier {
		return fmt.Sprintf("#%d", option)
	}
	names := map[uint32]string{1: "oshld", 2: "oshst", 3: "osh", 5: "nshld", 6: "un", 7: "un", 9: "ishld", 10: "ishst", 11: "ish", 13: "ld", 14: "st"}
	if option == 6 {
		return "unst"
	}
	if n, ok := names[option]; ok {
		return n
	}
	return fmt.Sprintf("#%d", option)
}

var systemRegisters = map[uint32]string{0: "CPSR", 1: "IAPSR", 2: "EAPSR", 3: "PSR", 5: "IPSR", 6: "EPSR", 7: "IEPSR",
	8: "MSP", 9: "PSP", 16: "PRIMASK", 17: "BASEPRI", 18: "BASEPRI_MAX", 19: "FAULTMASK", 20: "CONTROL"}

// systemRegister names a special register; writes to the flags say which (fields below 4).
func systemRegister(number, fields uint32) string {
	n, ok := systemRegisters[number]
	if !ok {
		return fmt.Sprintf("(UNDEF: %d)", number)
	}
	if number < 4 && fields < 4 {
		return n + "_" + when(fields&2, "f") + when(fields&1, "s")
	}
	return n
}
