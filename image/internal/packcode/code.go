// SPDX-License-Identifier: GPL-2.0-or-later

// Package packcode is the code of the packed image format: what instructions and text cost, bit by
// bit, under the tables in packed_tables.h. The encoder uses it to choose, the trainer to make the
// tables. SPEC.md describes the format; packed.c is the decoder.
package packcode

import (
	"encoding/binary"
	"math/bits"
)

// Kinds of lddw in the stream, in the place of the source register.
const (
	LDDW       = 0x18
	KindConst  = 0
	KindFunc   = 4
	KindMemory = 5 // imm is an offset in the program's memory: .rodata, .data, .bss
)

// Insn is one instruction of a packed stream. lddw is one instruction with a 64-bit Imm.
type Insn struct {
	Op, Dst, Src byte
	Off          int16
	Imm          int64
	Slot         int
}

// Context is what the width of some operands depends on.
type Context struct {
	HelperBits int    // of an index in the allow-list
	MemoryBits int    // of an offset in memory
	Memory     []byte // as stored, without pointers; .bss as zeros
}

// State is what the decoder remembers from one instruction to the next.
type State struct {
	Dst  byte // destination of the instruction before
	Next int  // where the next string starts in memory
}

// Width is the number of bits that hold 0..max.
func Width(max int) int { return bits.Len(uint(max)) }

// Reg is how a template gives a register: 0 to 10 is that register.
type Reg byte

// Other values of Reg.
const (
	RegPrev Reg = 11 // the destination of the instruction before
	RegAny  Reg = 12 // four bits follow
	RegArg  Reg = 13 // two bits follow: r1 to r4
	RegKept Reg = 14 // two bits follow: r6 to r9
	RegLow  Reg = 15 // three bits follow: r0 to r7
)

// regModes gives width and first register of RegAny..RegLow.
var regModes = map[Reg][2]int{RegAny: {4, 0}, RegArg: {2, 1}, RegKept: {2, 6}, RegLow: {3, 0}}

// Operand is how a template gives an offset or an immediate.
type Operand byte

// Values of Operand. Scaled ones count in units of the access size.
const (
	Zero  Operand = iota
	Const         // the template's constant
	U2            // unsigned bits
	U3
	U4
	U5
	U6
	U8
	N6 // -1 minus six unsigned bits
	S8 // signed bits
	S16
	OffMinus3 // -1 minus three bits, scaled
	OffMinus4
	OffPlus3 // three bits, scaled
	OffPlus4
	OffPlus5
)

// Immediates have these instead of the scaled ones.
const (
	S32      Operand = 11 + iota
	S64              // lddw
	ImmIndex         // lddw: offset in memory; call: index in the allow-list
	ImmNext          // lddw: offset of the next string
	U12
)

// Template is one row of the table: how an instruction is put together.
type Template struct {
	Op       byte
	Dst, Src Reg
	Off, Imm Operand
	C        int8
}

const opCall = 0x85

// size is the number of bytes an instruction with this opcode accesses: log2.
func sizeLog(op byte) uint { return [4]uint{2, 1, 0, 3}[op>>3&3] }

func regCost(m Reg, r byte, prev byte) int {
	switch {
	case m <= 10:
		if byte(m) == r {
			return 0
		}
	case m == RegPrev:
		if r == prev {
			return 0
		}
	default:
		w := regModes[m]
		if int(r) >= w[1] && int(r) < w[1]+1<<w[0] {
			return w[0]
		}
	}
	return -1
}

func unsigned(v int64, width int) int {
	if v >= 0 && v < 1<<width {
		return width
	}
	return -1
}

func signed(v int64, width int) int {
	if v >= -1<<(width-1) && v < 1<<(width-1) {
		return width
	}
	return -1
}

func plainCost(m Operand, v int64, c int8) (int, bool) {
	switch m {
	case Zero:
		if v == 0 {
			return 0, true
		}
		return -1, true
	case Const:
		if v == int64(c) {
			return 0, true
		}
		return -1, true
	case U2, U3, U4, U5, U6:
		return unsigned(v, int(m-U2)+2), true
	case U8:
		return unsigned(v, 8), true
	case N6:
		return unsigned(-1-v, 6), true
	case S8:
		return signed(v, 8), true
	case S16:
		return signed(v, 16), true
	}
	return 0, false
}

func offCost(m Operand, i Insn, c int8) int {
	v := int64(i.Off)
	if n, ok := plainCost(m, v, c); ok {
		return n
	}
	unit := int64(1) << sizeLog(i.Op)
	switch {
	case v%unit != 0:
		return -1
	case m == OffMinus3 || m == OffMinus4:
		return unsigned(-v/unit-1, int(m-OffMinus3)+3)
	}
	return unsigned(v/unit, int(m-OffPlus3)+3)
}

func immCost(m Operand, i Insn, c int8, ctx *Context, st State) int {
	if n, ok := plainCost(m, i.Imm, c); ok {
		return n
	}
	switch m {
	case S32:
		return signed(i.Imm, 32)
	case U12:
		return unsigned(i.Imm, 12)
	case S64:
		if i.Op == LDDW {
			return 64
		}
	case ImmIndex:
		switch {
		case i.Op == opCall && i.Src == 0:
			return unsigned(i.Imm, ctx.HelperBits)
		case i.Op == LDDW && i.Src == KindMemory:
			return unsigned(i.Imm, ctx.MemoryBits)
		}
	case ImmNext:
		if i.Op == LDDW && i.Src == KindMemory && i.Imm == int64(st.Next) {
			return 0
		}
	}
	return -1
}

// Cost is the number of operand bits of an instruction under a template, or -1 if it does not fit.
func (t *Template) Cost(i Insn, ctx *Context, st State) int {
	if t.Op != i.Op {
		return -1
	}
	total := 0
	for _, n := range []int{
		regCost(t.Dst, i.Dst, st.Dst), regCost(t.Src, i.Src, st.Dst), offCost(t.Off, i, t.C), immCost(t.Imm, i, t.C, ctx, st),
	} {
		if n < 0 {
			return -1
		}
		total += n
	}
	return total
}

// Put writes the operands of an instruction that fits the template.
func Put(t *Template, i Insn, ctx *Context, st State, bits func(v uint64, n int)) {
	for _, f := range []struct {
		m Reg
		r byte
	}{{t.Dst, i.Dst}, {t.Src, i.Src}} {
		if f.m > RegPrev {
			bits(uint64(int(f.r)-regModes[f.m][1]), regCost(f.m, f.r, st.Dst))
		}
	}
	v := int64(i.Off)
	unit := int64(1) << sizeLog(i.Op)
	switch t.Off {
	case N6:
		v = -1 - v
	case OffMinus3, OffMinus4:
		v = -v/unit - 1
	case OffPlus3, OffPlus4, OffPlus5:
		v /= unit
	}
	bits(uint64(v), offCost(t.Off, i, t.C))
	v = i.Imm
	if t.Imm == N6 {
		v = -1 - v
	}
	bits(uint64(v), immCost(t.Imm, i, t.C, ctx, st))
}

// Escape is the template that is written out in full before the operands of an instruction no
// template of the table fits, and the bits that takes.
func Escape(i Insn) (t Template, bits int) {
	t = Template{Op: i.Op, Dst: Reg(i.Dst), Src: Reg(i.Src)}
	t.Off, bits = narrowest(int64(i.Off), S16)
	imm := 0
	if t.Imm, imm = narrowest(i.Imm, S32); imm < 0 {
		t.Imm, imm = S64, 64
	}
	return t, 24 + bits + imm
}

// narrowest is the way to give a value that takes the fewest bits, of those that need no template.
func narrowest(v int64, widest Operand) (Operand, int) {
	for _, m := range []Operand{Zero, U4, U8, S8, S16} {
		if n, _ := plainCost(m, v, 0); n >= 0 {
			return m, n
		}
	}
	return widest, signed(v, 32)
}

// Advance is the state after an instruction; next tells that ImmNext gave its immediate.
func (st *State) Advance(i Insn, next bool, memory []byte) {
	st.Dst = i.Dst
	if !next {
		return
	}
	for st.Next < len(memory) {
		st.Next++
		if memory[st.Next-1] == 0 {
			break
		}
	}
}

// Stream turns text into instructions. memory gives the offsets of lddw of addresses by slot; helpers
// is the allow-list, whose indices stand for helper ids.
func Stream(text []byte, memory map[int]uint32, helpers []uint16) []Insn {
	index := map[int64]int64{}
	for n, id := range helpers {
		index[int64(id)] = int64(n)
	}
	var out []Insn
	for slot := 0; slot < len(text)/8; slot++ {
		b := text[slot*8:]
		i := Insn{
			Op: b[0], Dst: b[1] & 15, Src: b[1] >> 4, Slot: slot,
			Off: int16(binary.LittleEndian.Uint16(b[2:])), Imm: int64(int32(binary.LittleEndian.Uint32(b[4:]))),
		}
		switch {
		case i.Op == LDDW && slot+1 < len(text)/8:
			if offset, ok := memory[slot]; ok {
				i.Src, i.Imm = KindMemory, int64(offset)
			} else {
				i.Imm = int64(binary.LittleEndian.Uint32(b[4:])) | int64(binary.LittleEndian.Uint32(b[12:]))<<32
			}
			slot++
		case i.Op == opCall && i.Src == 0:
			i.Imm = index[i.Imm]
		}
		out = append(out, i)
	}
	return out
}
