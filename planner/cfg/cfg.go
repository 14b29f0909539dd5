// SPDX-License-Identifier: GPL-2.0-or-later

// Package cfg takes a program apart into functions, and functions into blocks: instructions that
// control enters at the first and leaves at the last.
package cfg

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/image"
)

// Program is a program's functions, ascending by slot.
type Program struct {
	Image     *image.Program
	Functions []*Function
	Taken     []int // slots of functions that pointers lead to, which callx may call
	Escapes   bool  // r10 is used other than as the base of an access, by any instruction: UB_PROGRAM_FRAME_ESCAPES
}

// Function is the blocks that control reaches from its entry.
type Function struct {
	Name       string
	Start, End int     // slots
	Insns      []Insn  // of blocks, ascending by slot
	Blocks     []Block // ascending by slot; the entry is the first
	Order      []int   // blocks in reverse post-order
	Leaf       bool    // calls no function of the program
}

// Block is a run of instructions.
type Block struct {
	First, Last  int // in the function's Insns; Last is behind the last
	Succs, Preds []int
	Dominator    int // immediate; -1 for the entry
	Rank         int // in the function's Order
}

// Of analyses a program. It must be one the verifier accepts.
func Of(p *image.Program) (*Program, error) {
	c := &Program{Image: p}
	starts := []int{0}
	for _, f := range p.Functions {
		starts = append(starts, f.Slot)
	}
	for _, ptr := range p.Pointers {
		if ptr.Section == image.Text {
			c.Taken = append(c.Taken, int(ptr.Offset))
		}
	}
	for _, m := range p.Maps { // functions that tail calls lead to
		for _, program := range m.Programs {
			c.Taken = append(c.Taken, program.Slot)
		}
	}
	for slot := 0; slot < p.Slots(); {
		i := Decode(p.Text, slot)
		switch i.Class {
		case Invalid:
			return nil, fmt.Errorf("%s: slot %d holds no instruction", p.Name, slot)
		case Call:
			starts = append(starts, i.Target)
		case FunctionAddress:
			c.Taken = append(c.Taken, i.Target)
		}
		c.Escapes = c.Escapes || i.escapes()
		slot += i.Slots
	}
	starts = append(starts, c.Taken...)
	slices.Sort(starts)
	slices.Sort(c.Taken)
	starts, c.Taken = slices.Compact(starts), slices.Compact(c.Taken)
	for k, start := range starts {
		end := p.Slots()
		if k+1 < len(starts) {
			end = starts[k+1]
		}
		if start < 0 || start >= p.Slots() {
			return nil, fmt.Errorf("%s: a function at slot %d is outside the program", p.Name, start)
		}
		f, err := function(p, start, end)
		if err != nil {
			return nil, err
		}
		c.Functions = append(c.Functions, f)
	}
	return c, nil
}

// Lookup finds the function that starts at a slot.
func (c *Program) Lookup(slot int) *Function {
	k, ok := slices.BinarySearchFunc(c.Functions, slot, func(f *Function, slot int) int { return f.Start - slot })
	if !ok {
		return nil
	}
	return c.Functions[k]
}

func function(p *image.Program, start, end int) (*Function, error) {
	f := &Function{Name: nameOf(p, start), Start: start, End: end, Leaf: true}
	// What control reaches, and where blocks begin.
	reached, leads := make([]bool, end-start), make([]bool, end-start)
	leads[0] = true
	for work := []int{start}; len(work) > 0; {
		slot := work[len(work)-1]
		work = work[:len(work)-1]
		for slot < end && !reached[slot-start] {
			reached[slot-start] = true
			i := Decode(p.Text, slot)
			next := slot + i.Slots
			if i.Class == Jump || i.Class == Branch {
				if i.Target < start || i.Target >= end {
					return nil, fmt.Errorf("%s: the instruction at slot %d jumps out of its function", p.Name, slot)
				}
				leads[i.Target-start] = true
				work = append(work, i.Target)
				if next < end {
					leads[next-start] = true
				}
			}
			if i.Class == Jump || i.Class == Exit {
				break
			}
			if slot = next; slot >= end {
				return nil, fmt.Errorf("%s: control can run off the end of function %s", p.Name, f.Name)
			}
		}
	}
	blockAt := map[int]int{}
	for slot := start; slot < end; slot++ {
		if !reached[slot-start] {
			continue
		}
		i := Decode(p.Text, slot)
		if leads[slot-start] || len(f.Insns) == 0 || f.Insns[len(f.Insns)-1].Slot+f.Insns[len(f.Insns)-1].Slots != slot {
			blockAt[slot] = len(f.Blocks)
			f.Blocks = append(f.Blocks, Block{First: len(f.Insns)})
		}
		i.Called = f.Start > 0
		f.Insns = append(f.Insns, i)
		f.Blocks[len(f.Blocks)-1].Last = len(f.Insns)
		f.Leaf = f.Leaf && i.Class != Call && i.Class != CallX
	}
	for b := range f.Blocks {
		f.halves(f.Insns[f.Blocks[b].First:f.Blocks[b].Last])
		last := &f.Insns[f.Blocks[b].Last-1]
		if last.Class != Jump && last.Class != Exit {
			f.edge(b, blockAt[last.Slot+last.Slots])
		}
		if last.Class == Jump || last.Class == Branch {
			f.edge(b, blockAt[last.Target])
		}
	}
	f.order()
	f.dominators()
	return f, nil
}

func nameOf(p *image.Program, slot int) string {
	for _, f := range p.Functions {
		if f.Slot == slot && f.Name != "" {
			return f.Name
		}
	}
	return fmt.Sprintf("f%d", slot)
}

// edge adds one; the way to the next instruction comes before a branch's target. Both may lead to one block.
func (f *Function) edge(from, to int) {
	f.Blocks[from].Succs = append(f.Blocks[from].Succs, to)
	f.Blocks[to].Preds = append(f.Blocks[to].Preds, from)
}

func (f *Function) order() {
	type visit struct{ block, next int }
	seen := make([]bool, len(f.Blocks))
	seen[0] = true
	for work := []visit{{}}; len(work) > 0; {
		v := &work[len(work)-1]
		if v.next == len(f.Blocks[v.block].Succs) {
			f.Order = append(f.Order, v.block)
			work = work[:len(work)-1]
			continue
		}
		s := f.Blocks[v.block].Succs[v.next]
		v.next++
		if !seen[s] {
			seen[s] = true
			work = append(work, visit{block: s})
		}
	}
	slices.Reverse(f.Order)
	for rank, b := range f.Order {
		f.Blocks[b].Rank = rank
	}
}

// dominators is the algorithm of Cooper, Harvey and Kennedy (A Simple, Fast Dominance Algorithm, 2001).
func (f *Function) dominators() {
	for b := range f.Blocks {
		f.Blocks[b].Dominator = -1
	}
	for changed := true; changed; {
		changed = false
		for _, b := range f.Order[1:] {
			d := -1
			for _, p := range f.Blocks[b].Preds {
				switch {
				case p != 0 && f.Blocks[p].Dominator < 0:
				case d < 0:
					d = p
				default:
					d = f.meet(d, p)
				}
			}
			if d != f.Blocks[b].Dominator {
				f.Blocks[b].Dominator = d
				changed = true
			}
		}
	}
}

func (f *Function) meet(a, b int) int {
	for a != b {
		for f.Blocks[a].Rank > f.Blocks[b].Rank {
			a = f.Blocks[a].Dominator
		}
		for f.Blocks[b].Rank > f.Blocks[a].Rank {
			b = f.Blocks[b].Dominator
		}
	}
	return a
}

// Dominates tells whether every way to b leads through a.
func (f *Function) Dominates(a, b int) bool {
	for b >= 0 && f.Blocks[b].Rank > f.Blocks[a].Rank {
		b = f.Blocks[b].Dominator
	}
	return a == b
}

// BlockOf is the block an instruction is in.
func (f *Function) BlockOf(insn int) int {
	b, ok := slices.BinarySearchFunc(f.Blocks, insn, func(b Block, insn int) int { return b.First - insn })
	if !ok {
		b--
	}
	return b
}

// At is the index of the instruction at a slot, -1 if control does not reach it.
func (f *Function) At(slot int) int {
	i, ok := slices.BinarySearchFunc(f.Insns, slot, func(i Insn, slot int) int { return i.Slot - slot })
	if !ok {
		return -1
	}
	return i
}

// Slot is where a block begins.
func (f *Function) Slot(block int) int { return f.Insns[f.Blocks[block].First].Slot }

// LastSlot is where its last instruction begins.
func (f *Function) LastSlot(block int) int { return f.Insns[f.Blocks[block].Last-1].Slot }

// String lists blocks by the slots of their first and last instruction, where they lead, and what dominates them.
func (f *Function) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", f.Name)
	for k := range f.Blocks {
		fmt.Fprintf(&b, "  %d-%d", f.Slot(k), f.LastSlot(k))
		for n, s := range f.Blocks[k].Succs {
			fmt.Fprintf(&b, "%s%d", []string{" -> ", ", "}[min(n, 1)], f.Slot(s))
		}
		if d := f.Blocks[k].Dominator; d >= 0 {
			fmt.Fprintf(&b, "  (below %d)", f.Slot(d))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// halves finds what extends low halves among the instructions of a block.
func (f *Function) halves(insns []Insn) {
	by32 := func(i *Insn) bool { return i.Class == ALU && i.Wide && !i.Register && i.Imm == 32 }
	for k := range len(insns) - 1 {
		a, b := &insns[k], &insns[k+1]
		if by32(a) && by32(b) && a.Op == Lsh && (b.Op == Rsh || b.Op == Arsh) && a.Dst == b.Dst {
			a.Half, b.Half = 1, 2
		}
	}
}
