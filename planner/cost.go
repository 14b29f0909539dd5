// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"math"
	"slices"

	"github.com/ubench-dev/ubench/internal/thumb"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/judge"
)

// Powers of the lengths of the code, and of the plan, in what a plan costs.
const (
	lengthMatters = 0.25
	planMatters   = 0.03
)

// cost is what plans are compared by: the cycles that are expected, times roots of the length of the code and of the plan. Where what is expected is wrong, it does
// less harm than by itself.
func (b *builder) cost(r *Result) float64 {
	return b.cycles(&r.Verdict) * math.Pow(float64(len(r.Verdict.Code)), lengthMatters) * math.Pow(float64(len(r.Bytes)), planMatters)
}

// piece is code of a slot, in one form of a loop.
type piece struct {
	start int
	times float64 // it is expected to run
	jumps bool    // behind a branch there is nothing of it but what seldom runs
}

// pieces lists the code of all slots as it lies in memory, and its end.
func (b *builder) pieces(v *judge.Verdict) []piece {
	list := []piece{{start: len(v.Code)}}
	for n, f := range b.Program.Functions {
		for k := range f.Insns {
			i := &f.Insns[k]
			at, times := v.Places[i.Slot], b.weights[n][f.BlockOf(k)]
			if fast := int(at >> 16); fast > 0 {
				list = append(list, piece{fast, times, i.Class == cfg.Jump})
				times = 0 // the slow form seldom runs
			}
			list = append(list, piece{int(at & 0xffff), times, i.Class == cfg.Jump})
		}
	}
	slices.SortStableFunc(list, func(x, y piece) int { return x.start - y.start })
	for _, r := range b.records {
		if r.counter == nil { // tested each turn, by what lies before the fast form
			before, _ := slices.BinarySearchFunc(list, int(v.Places[r.slot]>>16), func(x piece, start int) int { return x.start - start })
			if n, blk, ok := b.place(r.slot); ok && before > 0 {
				list[before-1].times = max(list[before-1].times, b.weights[n][blk])
			}
		}
	}
	return list
}

// cycles is how many cycles are expected of the code, each instruction counted as often as its block is expected to run. What lies behind a way off
// the straight line is not counted.
func (b *builder) cycles(v *judge.Verdict) float64 {
	sum := 1.0
	list := b.pieces(v)
	for k := range len(list) - 1 {
		if list[k].times == 0 {
			continue
		}
		loaded := false
		for at := list[k].start; at < list[k+1].start; {
			i, err := thumb.Decode(v.Code[at:], uint32(at))
			if err != nil {
				break
			}
			sum += list[k].times * takes(&i, loaded)
			loaded = i.Class == thumb.Load || i.Class == thumb.Store
			if i.Branches() && (list[k].jumps || i.Class != thumb.BranchCond && i.Class != thumb.CompareBranch && i.Class != thumb.Call && i.Class != thumb.CallReg) {
				break
			}
			at += int(i.Size)
		}
	}
	return sum
}

// takes is roughly how many cycles an instruction takes, loaded: behind a load or store of one word, which another goes along with.
func takes(i *thumb.Insn, loaded bool) float64 {
	switch i.Class {
	case thumb.IfThen, thumb.Nop:
		return 0
	case thumb.Load:
		if loaded {
			return 1
		}
		return 2
	case thumb.LoadLiteral, thumb.LoadPC, thumb.Exclusive, thumb.Branch:
		return 2
	case thumb.LoadDual, thumb.StoreDual:
		return 3
	case thumb.LoadMultiple, thumb.LoadMultiplePC, thumb.StoreMultiple:
		return 1 + float64(i.Count)
	case thumb.Div, thumb.DivSigned:
		return 6
	case thumb.Call, thumb.CallReg, thumb.BranchReg, thumb.BranchLR:
		return 3
	case thumb.BranchCond:
		if i.Target < i.Addr {
			return 2
		}
	}
	return 1
}
