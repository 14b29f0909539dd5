// SPDX-License-Identifier: GPL-2.0-or-later

package image

import (
	"fmt"

	"github.com/ubench-dev/ubench/abi"
)

// Disassemble writes the instruction at a slot of text as LLVM does, with the slots jumps and calls
// lead to in place of distances. slots is how many it takes. name says what an lddw of an address
// loads and may be nil; what is no instruction is shown as bytes.
func Disassemble(text []byte, slot int, name func(slot int) string) (line string, slots int) {
	i := decode(text[slot*slotBytes:])
	if i.wide() {
		if (slot+2)*slotBytes > len(text) {
			return i.bytes(), 1
		}
		return i.wideString(decode(text[(slot+1)*slotBytes:]).imm, slot, name), 2
	}
	s := ""
	switch i.op & 7 {
	case 0, 1, 2, 3:
		s = i.memoryString()
	case 4, 7:
		s = i.aluString()
	default:
		s = i.jumpString(slot)
	}
	if s == "" {
		s = i.bytes()
	}
	return s, 1
}

func (i insn) bytes() string {
	var b [slotBytes]byte
	i.put(b[:])
	return fmt.Sprintf("unknown %x", b)
}

func (i insn) wideString(high int32, slot int, name func(int) string) string {
	switch {
	case i.op == opLDDWD:
		return fmt.Sprintf("r%d = .data%+#x", i.dst, i.imm)
	case i.op == opLDDWR:
		return fmt.Sprintf("r%d = .rodata%+#x", i.dst, i.imm)
	case i.src == srcFunc:
		return fmt.Sprintf("r%d = function at %d", i.dst, slot+1+int(i.imm))
	}
	if name != nil {
		if n := name(slot); n != "" {
			return fmt.Sprintf("r%d = %s", i.dst, n)
		}
	}
	return fmt.Sprintf("r%d = %#x ll", i.dst, uint64(high)<<32|uint64(uint32(i.imm)))
}

// operand is the second one, a register or the immediate.
func (i insn) operand(prefix string) string {
	if i.op&8 != 0 {
		return fmt.Sprintf("%s%d", prefix, i.src)
	}
	return fmt.Sprint(i.imm)
}

var aluSigns = [16]string{"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", 9: "%=", 10: "^=", 11: "=", 12: "s>>="}

func (i insn) aluString() string {
	r := "r"
	if i.op&7 == 4 {
		r = "w"
	}
	dst, sign := fmt.Sprintf("%s%d", r, i.dst), aluSigns[i.op>>4]
	switch {
	case i.op>>4 == 8:
		return fmt.Sprintf("%s = -%s", dst, dst)
	case i.op>>4 == 13:
		order := "le"
		switch {
		case i.op&7 == 7:
			order = "bswap"
		case i.op&8 != 0:
			order = "be"
		}
		return fmt.Sprintf("r%d = %s%d r%d", i.dst, order, i.imm, i.dst)
	case sign == "":
		return ""
	case i.op>>4 == 11 && i.off != 0:
		return fmt.Sprintf("%s = (s%d)%s", dst, i.off, i.operand(r))
	case (i.op>>4 == 3 || i.op>>4 == 9) && i.off == 1:
		sign = "s" + sign
	}
	return dst + " " + sign + " " + i.operand(r)
}

var jumpSigns = [16]string{1: "==", 2: ">", 3: ">=", 4: "&", 5: "!=", 6: "s>", 7: "s>=", 10: "<", 11: "<=", 12: "s<", 13: "s<="}

func (i insn) jumpString(slot int) string {
	r := "r"
	if i.op&7 == 6 {
		r = "w"
	}
	switch {
	case i.op == 0x95:
		return "exit"
	case i.op == opCallX:
		return fmt.Sprintf("callx r%d", i.dst)
	case i.op == opCall && i.src == srcLocal:
		return fmt.Sprintf("call function at %d", slot+1+int(i.imm))
	case i.op == opCall:
		for _, h := range abi.Helpers() {
			if i.src == srcHelper && int32(h.ID) == i.imm {
				return "call bpf_" + h.Name
			}
		}
		return fmt.Sprintf("call %d", i.imm)
	case i.op == 0x05:
		return fmt.Sprintf("goto %d", slot+1+int(i.off))
	case i.op == 0x06:
		return fmt.Sprintf("goto %d", slot+1+int(i.imm))
	case jumpSigns[i.op>>4] == "":
		return ""
	}
	return fmt.Sprintf("if %s%d %s %s goto %d", r, i.dst, jumpSigns[i.op>>4], i.operand(r), slot+1+int(i.off))
}

func (i insn) memoryString() string {
	size := [4]int{32, 16, 8, 64}[i.op>>3&3]
	place := func(base byte, sign string) string {
		return fmt.Sprintf("*(%s%d *)(r%d %+d)", sign, size, base, i.off)
	}
	switch mode := i.op >> 5; {
	case i.op&7 == 1 && mode == 3:
		return fmt.Sprintf("r%d = %s", i.dst, place(i.src, "u"))
	case i.op&7 == 1 && mode == 4:
		return fmt.Sprintf("r%d = %s", i.dst, place(i.src, "s"))
	case i.op&7 == 2 && mode == 3:
		return fmt.Sprintf("%s = %d", place(i.dst, "u"), i.imm)
	case i.op&7 == 3 && mode == 3:
		return fmt.Sprintf("%s = r%d", place(i.dst, "u"), i.src)
	case i.op&7 == 3 && mode == 6:
		return i.atomicString(place(i.dst, "u"))
	}
	return ""
}

func (i insn) atomicString(place string) string {
	switch i.imm {
	case 0xe1:
		return fmt.Sprintf("r%d = xchg(%s, r%d)", i.src, place, i.src)
	case 0xf1:
		return fmt.Sprintf("r0 = cmpxchg(%s, r0, r%d)", place, i.src)
	}
	sign := map[int32]string{0: "+=", 0x40: "|=", 0x50: "&=", 0xa0: "^="}[i.imm&^1]
	switch {
	case sign == "":
		return ""
	case i.imm&1 != 0:
		return fmt.Sprintf("r%d = fetch(lock %s %s r%d)", i.src, place, sign, i.src)
	}
	return fmt.Sprintf("lock %s %s r%d", place, sign, i.src)
}
