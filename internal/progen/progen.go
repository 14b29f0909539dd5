// SPDX-License-Identifier: GPL-2.0-or-later

// Package progen generates eBPF programs for comparing engines: any bytes, from a fuzzer or a
// pseudo-random generator, become a program that most often passes the verifier, does something,
// and shows in its result, its context and its output what it did. It knows the instruction set, but
// no engine.
//
// What a program can be made of, and where it is made:
//
//   - a function without an exit, so that only a callee has one or none has: Generate (endless), leave
//   - code that nothing reaches: dead
//   - loops that count up or down, in 32 and in 64 bits, signed and unsigned: loop, counted, and with starts, steps and
//     bounds around 0, 2^31, 2^32 and 2^63: tight, around, tightLatch
//   - loops entered in their middle, with jumps past their counter and their test, and behind them one that shows what is left of the budget: crossed
//   - addresses that mix r10, the context, sections and each other: mix, through, at, indexed
//   - accesses up to the end of memory and over it: toEnd, address
//   - helpers with arguments that are right, most often: helper
//   - .data and .rodata: section, sectionAddress; memory granted: memory
//   - maps, entries that are there, or not, or not looked at, and ring buffers: declare, mapped
//   - local calls, through pointers too: call; atomics: atomic; version 4: extended
//   - what compilers emit and others look for: peephole, idiom; many values at a time: spread, onFrame
//
// TestRepairs of package redzone takes repairs out of the compiler and looks whether programs find the faults.
package progen

import (
	"bytes"
	"encoding/binary"

	"github.com/ubench-dev/ubench/image"
)

// Generate turns a seed into a program.
func Generate(seed []byte, f Features) Program {
	g := generator{seed: seed, features: f}
	g.memory()
	n := 1
	if f.Calls {
		n += g.below(4)
	}
	g.functions = make([][]insn, n)
	for i := range g.functions {
		g.body = nil
		g.endless = !f.Plain && !f.Loops && g.one(24)
		if i == 0 {
			g.prologue()
		}
		count := g.below(24)
		if f.Loops {
			count = 1 + count%4
		}
		for ; count > 0; count-- {
			g.statement()
		}
		if g.one(64) {
			g.filler()
		}
		if g.features.Plain {
			g.plainEnd()
		} else if i == 0 && !g.one(4) {
			g.fold()
		}
		g.leave()
		g.functions[i] = g.body
	}
	g.encode()
	g.program.Budget = []uint32{1000, 100, 7, 1, 2, 2000}[g.below(6)]
	if g.one(4) || f.Loops && !g.one(4) { // just enough, or just too little
		g.program.Budget = max(g.turns, 2) - []uint32{0, 0, 1}[g.below(3)]
	}
	return g.program
}

// memory decides what there is besides the stack.
func (g *generator) memory() {
	if g.features.Plain {
		g.plainMemory()
		return
	}
	p := &g.program
	p.Context = g.bytes([]int{32, 48, 64, 40, 16, 8, 3, 0, 1, 33, 100}[g.below(11)])
	if g.features.Loops {
		p.Context = bytes.Repeat([]byte{byte(1 + g.below(4))}, []int{64, 100, 256, 40}[g.below(4)])
	}
	if g.features.Maps {
		g.declare()
	}
	if !g.features.Extended {
		return
	}
	if g.one(3) {
		p.Rodata = g.bytes(8 + g.below(40))
	}
	if g.one(3) {
		p.Data = g.bytes(8 + g.below(40))
	}
	if n := len(p.Context); n > 0 && (p.Rodata != nil || p.Data != nil) && g.one(2) {
		p.CtxMin = uint32(g.below(n + 1))
	}
	for g.one(3) && len(p.Granted) < 3 {
		p.Granted = append(p.Granted, Region{Bytes: g.bytes(1 + g.below(40)), Writable: g.one(2)})
	}
}

// prologue points two registers at memory and fills the others, often with numbers that have high
// halves.
func (g *generator) prologue() {
	g.emit(insn{op: 0xbf, regs: 1<<4 | ctxPointer}, insn{op: 0xbf, regs: 10<<4 | stackPointer})
	if g.features.Plain {
		g.plainPrologue()
		return
	}
	if g.one(2) {
		for _, r := range []byte{0, 1, 2, 3, 4, 5, 8, 9} {
			switch g.below(3) {
			case 0:
				g.emit(insn{op: 0xb7, regs: r, imm: g.imm()})
			case 1:
				g.emit(insn{op: opLDDW, regs: r, imm: g.imm(), high: g.imm()})
			}
		}
	}
}

// filler is straight-line code long enough to change the size of branches across it.
func (g *generator) filler() {
	for n := 8 * g.byte(); n > 0; n-- {
		g.body = append(g.body, insn{op: 0x07, regs: byte(n % 6), imm: uint32(n * 77)})
	}
}

// encode lays the functions out and turns targets into distances.
func (g *generator) encode() {
	var slots [][]int // of each instruction of each function
	at := 0
	for _, f := range g.functions {
		s := make([]int, len(f))
		for i, in := range f {
			s[i] = at
			at++
			if in.op == opLDDW {
				at++
			}
		}
		slots = append(slots, s)
	}
	p := &g.program
	emit := func(op, regs byte, offset int16, imm uint32) {
		p.Text = append(p.Text, op, regs)
		p.Text = binary.LittleEndian.AppendUint16(p.Text, uint16(offset))
		p.Text = binary.LittleEndian.AppendUint32(p.Text, imm)
	}
	for fi, f := range g.functions {
		for i, in := range f {
			next := slots[fi][i] + 1
			class := in.op & 7
			distance := func() int { return slots[fi][in.target%len(f)] - next }
			switch {
			case in.op == opCall && in.regs == 1<<4:
				emit(in.op, in.regs, 0, uint32(slots[in.target%len(slots)][0]-next))
			case in.op == opCall, in.op == opCalX, in.op == opExit:
				emit(in.op, in.regs, 0, in.imm)
			case in.op == opJA32:
				emit(in.op, 0, 0, uint32(distance()))
			case class == 5 || class == 6:
				emit(in.op, in.regs, int16(distance()), in.imm)
			case in.op == opLDDW:
				switch in.section {
				case rodata:
					p.Addresses = append(p.Addresses, image.Address{Slot: next - 1, Section: image.Rodata, Offset: in.imm})
					in.imm = 0
				case data:
					p.Addresses = append(p.Addresses, image.Address{Slot: next - 1, Section: image.Data, Offset: in.imm})
					in.imm = 0
				case function:
					in.regs |= 4 << 4
					in.imm = uint32(slots[in.target%len(slots)][0] - next)
				}
				emit(in.op, in.regs, 0, in.imm)
				emit(0, 0, 0, in.high)
			default:
				emit(in.op, in.regs, in.offset, in.imm)
			}
		}
	}
}
