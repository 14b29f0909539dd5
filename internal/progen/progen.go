// SPDX-License-Identifier: GPL-2.0-or-later

// Package progen generates eBPF programs for comparing engines: any bytes, from a fuzzer or a
// pseudo-random generator, become a program that most often passes the verifier, does something,
// and shows in its result, its context and its output what it did. It knows the instruction set, but
// no engine.
package progen

import (
	"bytes"
	"encoding/binary"

	"github.com/ubench-dev/ubench/image"
)

// Features widen what programs are made of. The zero value is the base set without local calls,
// which every engine of the firmware runs.
type Features struct {
	Plain    bool // only what other verifiers admit; see plain.go
	Calls    bool // local calls
	Extended bool // version 4 of the instruction set, atomics, callx, data sections, granted memory
	Counted  bool // more loops that step a counter to a bound; see counted.go
	Loops    bool // little else than such loops
}

// Program is what came of a seed.
type Program struct {
	Text    []byte
	Context []byte
	CtxMin  uint32
	Rodata  []byte
	Data    []byte
	// Addresses are the lddw instructions to be given addresses in Rodata and Data.
	Addresses []image.Address
	Granted   []Region
	Budget    uint32
}

// Linked is the program as the loader of objects would leave it.
func (p Program) Linked() (*image.Program, error) {
	linked, err := image.FromText("generated", p.Text)
	if err != nil {
		return nil, err
	}
	linked.Rodata, linked.Data, linked.CtxMin, linked.Addresses = p.Rodata, p.Data, p.CtxMin, p.Addresses
	return linked, nil
}

// Region is memory granted beyond the context.
type Region struct {
	Bytes    []byte
	Writable bool
}

// insn is an instruction whose jump or call target is not yet a distance.
type insn struct {
	op, regs byte
	offset   int16
	imm      uint32
	high     uint32  // lddw: imm of the second slot
	target   int     // jumps: index in the function; calls: of the function
	section  section // lddw: what imm is an offset into
}

type section byte

const (
	none section = iota
	rodata
	data
	function // target is its index
)

const (
	opLDDW = 0x18
	opJA   = 0x05
	opJA32 = 0x06
	opCall = 0x85
	opCalX = 0x8d
	opExit = 0x95

	ctxPointer   = 6 // hold pointers throughout most programs
	stackPointer = 7
)

type generator struct {
	seed      []byte
	features  Features
	program   Program
	functions [][]insn
	body      []insn // of the function being made
	loops     int    // open around the statement being made
	endless   bool   // the function being made has no exit
	turns     uint32 // of counted loops, if all goes well
}

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

// byte is the next of the seed, 0 after its end.
func (g *generator) byte() int {
	if len(g.seed) == 0 {
		return 0
	}
	b := g.seed[0]
	g.seed = g.seed[1:]
	return int(b)
}

func (g *generator) below(n int) int { return g.byte() % n }

// one is true once in n times, and not for want of a seed.
func (g *generator) one(n int) bool { return g.byte()%n == n-1 }

func (g *generator) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.byte())
	}
	return b
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

// fold makes the result depend on every register.
func (g *generator) fold() {
	for r := byte(1); r < 10; r++ {
		if g.features.Plain && (r == ctxPointer || r == stackPointer) {
			continue
		}
		op := []byte{0xaf, 0x0f, 0xaf, 0x1f}[g.below(4)] // xor, add, sub
		g.emit(insn{op: op, regs: r << 4})
		if g.one(4) {
			g.emit(insn{op: 0x27, regs: 0, imm: 31})
		}
	}
}

// leave ends a function, or a way through it: with an exit, or, in one that has none, by going on somewhere before.
func (g *generator) leave() {
	if g.endless {
		g.emit(insn{op: opJA, target: g.below(len(g.body) + 1)})
		return
	}
	g.emit(insn{op: opExit})
}

// filler is straight-line code long enough to change the size of branches across it.
func (g *generator) filler() {
	for n := 8 * g.byte(); n > 0; n-- {
		g.body = append(g.body, insn{op: 0x07, regs: byte(n % 6), imm: uint32(n * 77)})
	}
}

func (g *generator) emit(in ...insn) {
	for _, i := range in {
		if g.features.Plain {
			i = admissible(i)
		}
		g.body = append(g.body, i)
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
