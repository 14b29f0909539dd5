// SPDX-License-Identifier: GPL-2.0-or-later

package thumb

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"strings"
)

// ErrTruncated is returned for bytes that end within an instruction.
var ErrTruncated = errors.New("thumb: truncated instruction")

// Decode decodes the instruction at the start of code, which lies at addr. Every bit pattern decodes to
// something; unallocated ones to class Undefined.
func Decode(code []byte, addr uint32) (Insn, error) {
	if len(code) < 2 {
		return Insn{}, ErrTruncated
	}
	in := Insn{Addr: addr, Raw: uint32(binary.LittleEndian.Uint16(code)), Size: 2}
	if in.Raw>>11 < 0x1d {
		in.row = lookup16(in.Raw)
	} else {
		if len(code) < 4 {
			return Insn{}, ErrTruncated
		}
		in.Raw, in.Size = in.Raw<<16|uint32(binary.LittleEndian.Uint16(code[2:])), 4
		in.row = lookup32(in.Raw)
	}
	in.Class = in.row.class
	in.registers()
	if in.row.size != 0 {
		in.Access, in.Count = in.row.size, 1
		switch in.Class {
		case LoadDual, StoreDual:
			in.Count = 2
		case LoadMultiple, LoadMultiplePC, StoreMultiple:
			in.Count = uint8(bits.OnesCount32(in.list()))
		}
	}
	switch in.Class {
	case Branch, BranchCond, Call, CompareBranch:
		in.Target = in.target()
	}
	return in, nil
}

// registers fills in the register sets from the row's use column.
func (in *Insn) registers() {
	set := &in.Written
	for _, c := range in.row.use {
		switch c {
		case '=':
			set = &in.Read
		case '@':
			set = &in.Address
		case '!':
			if in.writesBack() {
				in.Updated = in.Address
			}
		case 'S':
			*set |= Reg(SP)
		case 'L':
			*set |= Reg(LR)
		case 'P':
			*set |= Reg(PC)
		case 'r':
			*set |= RegSet(in.list())
		default:
			*set |= Reg(uint8(in.field(byte(c))))
			in.Indexed = in.Indexed || c == 'm' && set == &in.Address
		}
	}
	if in.Class == LoadMultiplePC {
		in.Written |= Reg(PC)
	}
}

// list is the register list of a multiple transfer, LR and PC included.
func (in *Insn) list() uint32 {
	l := in.field('r')
	switch {
	case in.Size == 4 && in.Class == LoadMultiplePC:
		l |= 1 << PC
	case in.Raw>>9 == 0b1011010: // PUSH
		l = l&0xff | l>>8<<LR
	case in.Raw>>8 == 0b10111101: // POP with PC
		l |= 1 << PC
	}
	return l
}

func (in *Insn) writesBack() bool {
	switch {
	case in.row.has('w'):
		return in.field('w') == 1
	case in.Size == 2 && in.Class == LoadMultiple && in.row.has('n'):
		return in.field('r')>>in.field('n')&1 == 0
	}
	return true
}

func (in *Insn) target() uint32 {
	i := in.field('i')
	var offset uint32
	switch {
	case in.Class == CompareBranch:
		offset = i << 1
	case in.Size == 2 && in.Class == BranchCond:
		offset = signExtend(i<<1, 9)
	case in.Size == 2:
		offset = signExtend(i<<1, 12)
	default:
		s, j1, j2 := in.field('s'), in.field('j'), in.field('k')
		if in.Class == BranchCond {
			offset = signExtend(s<<20|j2<<19|j1<<18|i<<1, 21)
		} else {
			offset = signExtend(s<<24|(j1^s^1)<<23|(j2^s^1)<<22|i<<1, 25)
		}
	}
	return in.Addr + 4 + offset
}

func signExtend(v uint32, width uint) uint32 {
	return uint32(int32(v<<(32-width)) >> (32 - width))
}

// Cond is the condition of a conditional branch, else AL.
func (in *Insn) Cond() Cond {
	if in.Class == BranchCond {
		return Cond(in.field('c'))
	}
	return AL
}

// Branches tells whether the instruction can change the flow: it ends a basic block.
func (in *Insn) Branches() bool {
	return in.Written&Reg(PC) != 0 || in.Class == SupervisorCall || in.Class == Breakpoint || in.Class == Undefined
}

// SetsFlags tells whether a data-processing instruction sets condition flags. Of 16-bit ones that do so only outside an IT
// block it says yes.
func (in *Insn) SetsFlags() bool {
	switch {
	case in.row.has('z'):
		return in.field('z') == 1
	case in.Written == 0:
		return in.Class == ALU && in.Read != 0
	}
	return strings.Contains(in.row.asm, "{s}")
}

// Operands are the register numbers of the two factors, or of dividend and divisor.
func (in *Insn) Operands() (n, m uint8) {
	return uint8(in.field('n')), uint8(in.field('m'))
}

// High is the register that takes the upper word of a long product.
func (in *Insn) High() uint8 { return uint8(in.field('h')) }

// Last is the register a dual or multiple load fills last.
func (in *Insn) Last() RegSet {
	if in.Class == LoadDual {
		return Reg(uint8(in.field('u')))
	}
	if l := in.Written &^ Reg(PC); l != 0 {
		return 1 << (bits.Len16(uint16(l)) - 1)
	}
	return 0
}

// match compiles the fixed bits of a row.
func (r *row) match() (mask, value uint32) {
	for _, c := range r.pattern {
		if c == ' ' {
			continue
		}
		mask, value = mask<<1, value<<1
		switch c {
		case '1':
			mask, value = mask|1, value|1
		case '0':
			mask |= 1
		}
	}
	return mask, value
}

func (r *row) has(letter byte) bool { return strings.IndexByte(r.pattern, letter) >= 0 }

// field gathers the bits of a letter.
func (in *Insn) field(letter byte) uint32 {
	var v uint32
	shift := int(in.Size) * 8
	for i := 0; i < len(in.row.pattern); i++ {
		c := in.row.pattern[i]
		if c == ' ' {
			continue
		}
		shift--
		if c == letter {
			v = v<<1 | in.Raw>>shift&1
		}
	}
	return v
}

var undefined16 = row{"---- ---- ---- ----", ".inst.n {raw}", Undefined, "=", 0}
var undefined32 = row{"---- ---- ---- ---- ---- ---- ---- ----", ".inst.w {raw}", Undefined, "=", 0}

type compiled struct {
	mask, value uint32
	row         *row
}

// index sorts rows into buckets by the bits above shift, so that few have to be tried.
func index(rows []row, width, bucketBits uint) [][]compiled {
	buckets := make([][]compiled, 1<<bucketBits)
	shift := width - bucketBits
	for i := range rows {
		mask, value := rows[i].match()
		c := compiled{mask, value, &rows[i]}
		for b := range buckets {
			if (uint32(b)^value>>shift)&(mask>>shift) == 0 {
				buckets[b] = append(buckets[b], c)
			}
		}
	}
	return buckets
}

var (
	index16 = index(table16, 16, 8)
	index32 = index(table32, 32, 12)
)

func lookup16(raw uint32) *row { return find(index16[raw>>8], raw, &undefined16) }
func lookup32(raw uint32) *row { return find(index32[raw>>20], raw, &undefined32) }

func find(bucket []compiled, raw uint32, otherwise *row) *row {
	for _, c := range bucket {
		if raw&c.mask == c.value {
			return c.row
		}
	}
	return otherwise
}
