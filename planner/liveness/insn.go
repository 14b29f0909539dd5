// SPDX-License-Identifier: GPL-2.0-or-later

package liveness

import (
	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/plan"
)

// Effect is what an instruction reads and writes, Reads if all of what it writes is needed.
type Effect struct {
	Reads, Writes Set
}

var known = func() map[int64]int {
	m := map[int64]int{}
	for _, h := range abi.Helpers() {
		m[int64(h.ID)] = h.Arguments
	}
	return m
}()

// arguments is how many registers from r1 on a helper reads. One that abi/helpers.h does not have is another firmware's own, which may read all.
func arguments(id int64) int {
	if n, ok := known[id]; ok {
		return n
	}
	return 5
}

// word is the variable at an offset from r10, ok if the frame word there is one.
func (w Words) word(off int64) (plan.Var, bool) {
	for k, index := range w {
		if off == -4*int64(index+1) {
			return plan.Word + plan.Var(k), true
		}
	}
	return 0, false
}

// Words lists the frame's words that are variables, ascending: index i is at r10 - 4 * (i + 1).
type Words []int

// At is the variables an access through r10 reaches, ok if it reaches any. Only the function that the program starts in, which
// nothing calls, has such.
func (w Words) At(i *cfg.Insn) (low, high plan.Var, ok bool) {
	if i.Called || !i.Access() || i.Base() != cfg.R10 {
		return 0, 0, false
	}
	low, ok = w.word(i.Off)
	if ok && i.Size == 8 {
		high, ok = w.word(i.Off + 4)
	}
	return low, high, ok
}

// needs is what must be known to compute the needed halves of the result: low or high.
func needs(i *cfg.Insn, low, high bool) (reads Set) {
	d, x := i.Dst, Set(0)
	both := Both(d)
	add := func(s Set) { reads |= s }
	if i.Register {
		x = Both(i.Src)
	}
	lowOnly := func(s Set) Set { return s & lows }
	if !i.Wide && i.Op != cfg.End {
		if low {
			add(lowOnly(both | x))
		}
		return reads
	}
	switch i.Op {
	case cfg.And, cfg.Or, cfg.Xor:
		if low {
			add(lowOnly(both | x))
		}
		if high {
			add(both | x)
		}
	case cfg.Add, cfg.Sub, cfg.Mul, cfg.Neg:
		add(lowOnly(both | x))
		if high {
			add(both | x)
		}
	case cfg.Lsh:
		switch k := i.Imm & 63; {
		case i.Register:
			add(lowOnly(both | x))
			if high {
				add(both)
			}
		case k >= 32 && high:
			add(Low(d))
		case k >= 32:
		default:
			if low {
				add(Low(d))
			}
			if high {
				add(both)
			}
		}
	case cfg.Rsh, cfg.Arsh:
		switch k := i.Imm & 63; {
		case i.Register:
			add(both | lowOnly(x))
		case k == 0 && !high:
			add(Low(d))
		default:
			add(both)
		}
	case cfg.End:
		switch {
		case i.Imm == 64 && i.Swap:
			add(both)
		case i.Imm == 64:
			if low {
				add(Low(d))
			}
			if high {
				add(both)
			}
		default:
			add(Low(d))
		}
	default: // division
		add(both | x)
	}
	return reads
}

// effect is what an instruction other than a call reads and writes, if `after` is needed behind it.
func (w Words) effect(i *cfg.Insn, after Set) (e Effect) {
	d := i.Dst
	low, high := after.Has(plan.R(int(d))), d < cfg.R10 && after.Has(plan.High+plan.Var(d))
	switch i.Class {
	case cfg.ALU:
		e.Writes = Both(d)
		if low || high {
			e.Reads = needs(i, low, high)
		}
	case cfg.Move:
		e.Writes = Both(d)
		if low || high {
			e.Reads = Low(i.Src)
		}
		if high && i.Wide && i.Extend == 0 && i.Src != cfg.R10 {
			e.Reads |= Both(i.Src)
		}
	case cfg.Constant, cfg.FunctionAddress:
		e.Writes = Both(d)
	case cfg.Load:
		e.Writes = Both(d)
		wl, wh, ok := w.At(i)
		switch {
		case !ok:
			e.Reads = Low(i.Src)
		case i.Size == 8:
			if low || high {
				e.Reads = SetOf(wl)
			}
			if high {
				e.Reads |= SetOf(wh)
			}
		case low || high:
			e.Reads = SetOf(wl)
		}
	case cfg.Store:
		value := Set(0)
		if i.Register {
			value = Low(i.Src)
			if i.Size == 8 && i.Src != cfg.R10 {
				value = Both(i.Src)
			}
		}
		wl, wh, ok := w.At(i)
		if !ok {
			e.Reads = value | Low(d)
			break
		}
		e.Writes = SetOf(wl)
		if i.Size == 8 {
			e.Writes |= SetOf(wh)
		}
		if i.Register {
			if after.Has(wl) || i.Size == 8 && after.Has(wh) {
				e.Reads |= Low(i.Src)
			}
			if i.Size == 8 && after.Has(wh) {
				e.Reads |= value
			}
		}
	case cfg.Atomic:
		e.Reads = Low(d) | Low(i.Src)
		if i.Wide && i.Src != cfg.R10 {
			e.Reads |= Both(i.Src)
		}
		if reg, ok := i.Fetches(); ok {
			e.Writes = Both(reg)
			if i.Imm == 0xf1 {
				e.Reads |= Low(0)
				if i.Wide {
					e.Reads |= Both(0)
				}
			}
		}
	case cfg.Branch:
		e.Reads = Low(d)
		if i.Register {
			e.Reads |= Low(i.Src)
		}
		if i.Wide {
			if d != cfg.R10 {
				e.Reads |= Both(d)
			}
			if i.Register && i.Src != cfg.R10 {
				e.Reads |= Both(i.Src)
			}
		}
	case cfg.Helper:
		for r := 1; r <= arguments(i.Imm); r++ {
			e.Reads |= Low(byte(r))
		}
		e.Writes = Both(0)
	}
	return e
}
