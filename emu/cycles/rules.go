// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import (
	"github.com/ubench-dev/ubench/internal/thumb"
)

// Op is an instruction prepared for the model.
type Op struct {
	thumb.Insn
	memory   kind
	code     Region // of the instruction itself
	last     thumb.RegSet
	high     thumb.RegSet
	operands bool // its time depends on operand values
	flags    bool // it sets flags
	compares bool // it does nothing else
	float    *float
}

// kind says how an instruction uses memory.
type kind uint8

const (
	none     kind = iota
	single        // one load or store
	multiple      // LDM, STM, LDRD, STRD, POP
	other         // LDR PC, TBB
)

// Prepare works out what the model needs to know of an instruction.
func (m *Model) Prepare(in thumb.Insn) Op {
	op := Op{Insn: in, code: RegionOf(in.Addr, m.Alias), last: in.Last()}
	if in.Class == thumb.ALU {
		op.flags = in.SetsFlags()
		op.compares = op.flags && in.Written == 0
	}
	switch in.Class {
	case thumb.Load, thumb.LoadLiteral, thumb.Exclusive, thumb.Store:
		op.memory = single
	case thumb.LoadDual, thumb.StoreDual, thumb.LoadMultiple, thumb.LoadMultiplePC, thumb.StoreMultiple:
		op.memory = multiple
	case thumb.LoadPC, thumb.TableBranch:
		op.memory = other
	case thumb.MulLong, thumb.MulLongSigned, thumb.MulAddLong, thumb.MulAddLongSigned:
		op.operands = m.LongMultiplyVaries
		op.high = thumb.Reg(in.High())
	case thumb.Div, thumb.DivSigned:
		op.operands = true
	case thumb.Coprocessor:
		op.float = decodeFloat(in.Raw)
	}
	if in.Class == thumb.LoadLiteral || in.Address == thumb.Reg(thumb.PC) && op.memory != none {
		op.Address = 0 // PC is always there
	}
	return op
}

// NeedsOperands tells whether the time depends on operand values.
func (op *Op) NeedsOperands() bool { return op.operands }

// Dynamic is what is known of an instruction only when it runs.
type Dynamic struct {
	Skipped  bool // inside an IT block, condition failed
	Region   Region
	Align    uint8    // address modulo 4
	Operands Operands // of divisions and long multiplies
}

func isLoad(c thumb.Class) bool {
	return c == thumb.Load || c == thumb.LoadLiteral || c == thumb.Exclusive
}

func isStore(c thumb.Class) bool {
	return c == thumb.Store || c == thumb.StoreMultiple || c == thumb.StoreDual
}

func isBranch(c thumb.Class) bool {
	return c >= thumb.Branch && c <= thumb.MovPC && c != thumb.CompareBranch || c == thumb.AddPC
}

// computes tells whether an instruction has its result from the execute stage (rule 10).
func computes(c thumb.Class) bool {
	return c == thumb.ALU || c >= thumb.Mul && c <= thumb.DivSigned
}

func isLongMultiply(c thumb.Class) bool {
	return c >= thumb.MulLong && c <= thumb.MulAddLongSigned
}

func (p *previous) isMemory() bool { return isLoad(p.class) || p.class == thumb.Store }

// accessPipelines: rule 4, whether the previous access lets another one follow in its data phase.
func (p *previous) accessPipelines() bool {
	switch {
	case isLoad(p.class):
		return p.written&thumb.Reg(thumb.SP) == 0
	case p.class == thumb.Store:
		return !p.indexed && p.updated == 0
	}
	return false
}

// pipelines: rule 4, whether a load or store follows the previous one on the same bus without a gap.
func (m *Model) pipelines(s *State, op *Op, d Dynamic) bool {
	p := &s.prev
	needsLoaded := isLoad(p.class) && p.written&op.Address != 0
	needsUpdated := p.isMemory() && p.updated&op.Address != 0
	writeback := op.Updated == 0 || m.WritebackPipelines && !needsUpdated
	return p.accessPipelines() && !needsLoaded && !needsUpdated && writeback && d.Region.bus() == s.bus
}

// waitsForAddress: rule 10, base or index come from the instruction just before; of a long multiply
// on M3 only the upper word is late.
func (m *Model) waitsForAddress(p *previous, op *Op) bool {
	written := p.written
	if isLongMultiply(p.class) && m.LongMultiplyVaries {
		written = p.high
	}
	return op.memory != none && computes(p.class) && written&op.Address != 0
}

// hidesInLoad: rule 7, a NOP right after a load is free, and so is a skipped instruction.
func hidesInLoad(s *State, op *Op, d Dynamic) bool {
	return isLoad(s.prev.class) && (op.Class == thumb.Nop || d.Skipped && op.memory != single && op.memory != multiple) &&
		!s.ateLoad && s.length >= 2
}

// unaligned: rule 11, what an access at this address takes longer.
func unaligned(op *Op, d Dynamic) int32 {
	switch {
	case op.memory != single:
	case op.Access == 4 && d.Align&1 != 0:
		return 2
	case op.Access == 4 && d.Align&2 != 0, op.Access == 2 && d.Align&1 != 0:
		return 1
	}
	return 0
}

// executeTime is the time in the execute stage that neighbours do not change.
func (m *Model) executeTime(op *Op, d Dynamic) int32 {
	switch op.Class {
	case thumb.LoadMultiple, thumb.LoadMultiplePC, thumb.StoreMultiple:
		return 1 + int32(op.Count)
	case thumb.Store:
		return 1 + when(op.Indexed)
	case thumb.MulAdd, thumb.MulSub:
		return m.MulAdd
	case thumb.Div, thumb.DivSigned:
		return Divide(d.Operands)
	case thumb.MulLong, thumb.MulLongSigned, thumb.MulAddLong, thumb.MulAddLongSigned:
		if m.LongMultiplyVaries {
			return MultiplyLong(op.Class, d.Operands)
		}
	}
	return max(cost[op.Class], 1)
}

// branchResolved: rules 2 and 3, when the target of a taken branch can be requested. before is the
// instruction ahead of the branch.
func branchResolved(s *State, op *Op, decode int32, before *previous) int32 {
	switch op.Class {
	case thumb.LoadMultiplePC, thumb.LoadPC:
		return s.execute + s.length
	case thumb.TableBranch:
		return s.execute + 3
	case thumb.AddPC:
		return s.execute + 1
	}
	if !decidesAtDecode(op) {
		return s.execute
	}
	wroteLR := before.written&thumb.Reg(thumb.LR) != 0 && before.class != thumb.Call && before.class != thumb.CallReg
	if wroteLR && (op.Class == thumb.BranchLR || op.Class == thumb.CallReg) {
		return s.execute
	}
	return decode
}

// decidesAtDecode: rule 2, direct branches, and those to LR, which the decoder can read.
func decidesAtDecode(op *Op) bool {
	switch op.Class {
	case thumb.Branch, thumb.BranchCond, thumb.Call, thumb.BranchLR:
		return true
	case thumb.CallReg:
		return op.Read == thumb.Reg(thumb.LR)
	}
	return false
}

// transfers is how many cycles of its memory an access takes.
func transfers(op *Op) int32 {
	if op.memory == multiple {
		return int32(op.Count)
	}
	return 1
}
