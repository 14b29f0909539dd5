// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf/asm"
)

const (
	r0, r1, r2, r3, r4, r5 = asm.R0, asm.R1, asm.R2, asm.R3, asm.R4, asm.R5
	r6, r7, r8, r10        = asm.R6, asm.R7, asm.R8, asm.R10
	b1, b2, b4, b8         = asm.Byte, asm.Half, asm.Word, asm.DWord
)

// word and pair load an argument of the programs below: 32 bits, or 64.
func word(dst asm.Register, n int16) asm.Instruction { return asm.LoadMem(dst, r1, 4*n, b4) }
func pair(dst asm.Register, n int16) asm.Instruction { return asm.LoadMem(dst, r1, 8*n, b8) }

// store puts a result behind the arguments; 64 bits.
func store(src asm.Register, n int16) asm.Instruction {
	return asm.StoreMem(r1, 32+8*n, src, b8)
}

// atomic is an operation of r2 on an argument.
func atomic(op int64, size asm.Size, offset int16) asm.Instruction {
	in := asm.AddAtomic.Mem(r1, r2, size, offset)
	in.Constant = op
	return in
}

// withOffset sets the field that makes division signed.
func withOffset(in asm.Instruction, offset int16) asm.Instruction {
	in.Offset = offset
	return in
}

// listings are programs that show what the compiler does with a group of instructions.
var listings = []struct {
	name string
	text asm.Instructions
}{
	{"alu32", asm.Instructions{
		word(r2, 0), word(r3, 1), word(r4, 2), word(r5, 3),
		asm.Mul.Reg32(r2, r3), asm.Sub.Reg32(r4, r2), // mls
		asm.Mov.Reg32(r0, r5), asm.LSh.Imm32(r0, 3), asm.Add.Reg32(r0, r4), // a shifted operand
		asm.And.Imm32(r0, 0xffff), asm.And.Imm32(r5, 0xff), asm.And.Imm32(r5, 0x1ff), // uxth; nothing
		asm.Xor.Reg32(r0, r5), asm.Or.Imm32(r0, 0x12345), asm.Neg.Imm32(r3, 0), asm.Sub.Reg32(r0, r3),
		asm.ArSh.Imm32(r4, 5), asm.RSh.Reg32(r4, r5), asm.Add.Reg32(r0, r4), asm.Return(),
	}},
	{"alu64", asm.Instructions{
		pair(r2, 0), pair(r3, 1), pair(r4, 2),
		asm.Mov.Reg(r0, r2), asm.Add.Reg(r0, r3), asm.Sub.Reg(r0, r4), asm.Add.Imm(r0, -5), asm.And.Imm(r0, 0x7fffff00),
		store(r0, 0), asm.Mul.Reg(r2, r3), asm.Or.Reg(r2, r4), asm.Mul.Imm(r2, 10), store(r2, 1),
		asm.Neg.Imm(r4, 0), asm.Xor.Imm(r4, -1), asm.LoadImm(r5, 0x123456789abcdef0, b8), asm.Sub.Reg(r4, r5), store(r4, 2),
		asm.Mov.Reg32(r0, r4), asm.Return(),
	}},
	{"shift64", asm.Instructions{
		pair(r2, 0), pair(r3, 1), word(r4, 5),
		asm.Mov.Reg(r0, r2), asm.LSh.Imm(r0, 1), store(r0, 0), asm.LSh.Imm(r2, 33), store(r2, 1),
		asm.Mov.Reg(r5, r3), asm.RSh.Imm(r5, 31), store(r5, 2), asm.ArSh.Imm(r3, 32), store(r3, 3),
		asm.LSh.Reg(r5, r4), asm.RSh.Imm(r5, 7), asm.Mov.Reg(r0, r5), asm.Return(),
	}},
	{"convert", asm.Instructions{
		pair(r2, 0), pair(r3, 1), asm.LoadMemSX(r4, r1, 16, b2),
		withOffset(asm.Mov.Reg(r0, r2), 8), withOffset(asm.Mov.Reg32(r5, r3), 16), asm.Add.Reg(r0, r5),
		asm.HostTo(asm.BE, r2, b4), asm.BSwap(r3, b8), asm.Add.Reg(r0, r2), asm.Add.Reg(r0, r4), store(r3, 0),
		asm.LSh.Imm(r4, 32), asm.ArSh.Imm(r4, 32), asm.Sub.Reg(r0, r4), asm.Return(),
	}},
	{"division", asm.Instructions{
		word(r2, 0), word(r3, 1), word(r4, 2), pair(r5, 2),
		asm.Mov.Reg32(r0, r2), asm.Div.Imm32(r0, 10), asm.Mod.Imm32(r2, 65521), asm.Add.Reg32(r0, r2),
		asm.Div.Imm32(r3, 64), asm.Mod.Imm32(r4, 64), asm.Add.Reg32(r0, r3), asm.Add.Reg32(r0, r4),
		word(r2, 1), withOffset(asm.Div.Imm32(r2, -7), 1), asm.Add.Reg32(r0, r2), word(r2, 1), asm.Div.Reg32(r2, r0),
		asm.Mod.Reg32(r0, r2), asm.Div.Imm(r5, 1000), store(r5, 0), withOffset(asm.Mod.Reg(r5, r0), 1), asm.Mov.Reg(r0, r5), asm.Return(),
	}},
	{"access", asm.Instructions{ // at constant offsets of the context, of the frame, and through a pointer that was loaded
		asm.LoadMem(r0, r1, 0, b1), asm.LoadMem(r3, r1, 5, b2), asm.LoadMem(r4, r1, 60, b4), asm.LoadMem(r5, r1, 300, b8),
		asm.Add.Reg(r0, r3), asm.Add.Reg(r0, r4), asm.Add.Reg(r0, r5), asm.StoreMem(r10, -8, r0, b8), asm.StoreMem(r10, -9, r3, b1),
		asm.LoadMem(r2, r10, -12, b4), asm.LoadMem(r3, r2, -3, b2), asm.StoreMem(r2, 0, r0, b8), asm.Add.Reg(r0, r3),
		asm.StoreImm(r1, 2, -1, b2), asm.Return(),
	}},
	{"index", asm.Instructions{ // the context by an index, and the frame by one
		asm.Mov.Reg(r6, r2), asm.Mov.Imm(r0, 0), asm.Mov.Imm(r3, 0), asm.JEq.Imm(r6, 0, "end"),
		asm.Mov.Reg(r4, r1).WithSymbol("loop"), asm.Add.Reg(r4, r3), asm.LoadMem(r5, r4, 0, b1), asm.Add.Reg(r0, r5),
		asm.Mov.Reg(r7, r5), asm.And.Imm(r7, 63), asm.Mov.Reg(r8, r10), asm.Sub.Reg(r8, r7), asm.StoreMem(r8, -1, r5, b1),
		asm.Add.Imm(r3, 1), asm.JLT.Reg(r3, r6, "loop"), asm.Return().WithSymbol("end"),
	}},
	{"jump", asm.Instructions{
		pair(r2, 0), pair(r3, 1), word(r4, 4), asm.Mov.Imm(r0, 0),
		asm.JEq.Imm(r2, 7, "a"), asm.Add.Imm(r0, 1), asm.JGT.Reg(r2, r3, "b").WithSymbol("a"), asm.Add.Imm(r0, 2),
		asm.JSLT.Imm(r3, -1, "c").WithSymbol("b"), asm.Add.Imm(r0, 4), asm.JSet.Imm32(r4, 0x80, "d").WithSymbol("c"), asm.Add.Imm(r0, 8),
		asm.JSGE.Reg32(r4, r2, "e").WithSymbol("d"), asm.Add.Imm(r0, 16), asm.JNE.Imm32(r4, 0, "f").WithSymbol("e"), asm.Return(),
		asm.JLE.Imm(r4, 1000, "g").WithSymbol("f"), asm.Mov.Imm(r0, -1), asm.Return().WithSymbol("g"),
	}},
	{"loop", asm.Instructions{ // what a backward jump pays, in a loop in a loop
		word(r2, 0), word(r3, 1), asm.Mov.Imm(r0, 0),
		asm.Mov.Reg(r4, r3).WithSymbol("outer"), asm.Add.Reg(r0, r4).WithSymbol("inner"), asm.Sub.Imm(r4, 1), asm.JNE.Imm(r4, 0, "inner"),
		asm.Xor.Imm(r0, 21), asm.Add.Imm(r2, -1), asm.JSGT.Imm(r2, 0, "outer"), asm.Return(),
	}},
	{"forms", asm.Instructions{ // a loop in two forms: down by a pointer, across by a stride in a register, a bound in another
		word(r2, 0), word(r3, 1), asm.Mov.Reg(r4, r1), asm.Add.Imm(r4, 32), asm.Mov.Imm(r0, 0), asm.Mov.Imm(r5, 0), asm.Mov.Imm(r6, 0),
		asm.LoadMem(r7, r4, 0, b2).WithSymbol("loop"), asm.Add.Reg(r0, r7), asm.Mov.Reg32(r8, r6), asm.LSh.Imm(r8, 2),
		asm.Add.Reg(r8, r1), asm.LoadMem(r7, r8, 8, b4), asm.Add.Reg32(r0, r7), asm.Add.Reg32(r6, r3), asm.Add.Imm(r4, -2),
		asm.Add.Imm(r5, 1), asm.JLT.Reg(r5, r2, "loop"), asm.Return(),
	}},
	{"call", asm.Instructions{
		asm.Mov.Reg(r6, r1), word(r1, 0), asm.Call.Label("square"), asm.Mov.Reg(r7, r0),
		asm.LoadMem(r1, r6, 4, b4), asm.Instruction{OpCode: asm.LoadImmOp(b8), Dst: r2, Src: asm.PseudoFunc, Constant: -1}.WithReference("square"),
		{OpCode: asm.OpCode(asm.JumpClass) | asm.OpCode(asm.Call) | 8, Dst: r2}, asm.Add.Reg(r0, r7), asm.Return(),
		asm.Mov.Reg(r6, r1).WithSymbol("square"), asm.StoreMem(r10, -8, r6, b8), asm.Mul.Reg(r6, r1), asm.LoadMem(r0, r10, -8, b8),
		asm.Add.Reg(r0, r6), asm.Return(),
	}},
	{"helper", asm.Instructions{ // a value out of the shared store, and back
		asm.Mov.Reg(r6, r1), asm.Mov.Imm(r1, 5), asm.Mov.Reg(r2, r10), asm.Add.Imm(r2, -4), asm.StoreImm(r10, -4, 0, b4),
		asm.BuiltinFunc(0x12).Call(), asm.LoadMem(r0, r10, -4, b4), asm.Add.Imm(r0, 1),
		asm.Mov.Imm(r1, 5), asm.Mov.Reg(r2, r0), asm.StoreMem(r6, 0, r0, b4), asm.BuiltinFunc(0x10).Call(), asm.Return(),
	}},
	{"atomic", asm.Instructions{
		pair(r2, 2), pair(r0, 3), atomic(0x00, b4, 0), atomic(0x41, b4, 4), atomic(0x01, b8, 8), // add; fetch or; fetch add
		asm.Mov.Reg(r3, r2), atomic(0xe1, b8, 16), atomic(0xf1, b8, 24), asm.Add.Reg(r0, r3), asm.Return(), // xchg; cmpxchg
	}},
	{"spill", func() asm.Instructions { // more 64-bit values than there are registers
		list := asm.Instructions{}
		for i := range int16(5) {
			list = append(list, pair(r2+asm.Register(i), i))
		}
		list = append(list, pair(r7, 5), pair(r8, 6), asm.Mov.Imm(r0, 0))
		for i := range asm.Register(7) {
			list = append(list, asm.Mul.Imm(r0, 31), asm.Add.Reg(r0, r2+i), asm.Xor.Reg(r2+(i+1)%7, r2+i))
		}
		for i := range int16(7) {
			list = append(list, asm.StoreMem(r1, 8*i, r2+asm.Register(i), b8))
		}
		return append(list, asm.Return())
	}()},
}

// TestListings compares what becomes of each group of instructions with what is kept, so that a review sees what a
// change of the compiler does. After one:
//
//	go test ./cmd/ubench -run Listings -update
func TestListings(t *testing.T) {
	folder := t.TempDir()
	var names []string
	for _, l := range listings {
		var text bytes.Buffer
		if err := l.text.Marshal(&text, binary.LittleEndian); err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		program := filepath.Join(folder, l.name)
		if err := os.WriteFile(program, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		got := output(t, "disasm", program)
		file := filepath.Join("testdata", "listings", l.name+".txt")
		names = append(names, file)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil {
			t.Error(err)
		} else if got != string(want) {
			t.Errorf("%s differs (go test ./cmd/ubench -run Listings -update accepts it):\n%s", file, got)
		}
	}
	kept, err := filepath.Glob(filepath.Join("testdata", "listings", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range kept {
		if !slices.Contains(names, file) {
			t.Errorf("%s is of no program", file)
		}
	}
}
