// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"math"
	"math/bits"

	"github.com/ubench-dev/ubench/planner/cfg"
	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// patience is how often a claim is made as weak as it has to be, before its bounds go further at once.
const patience = 4

// fact is what is claimed of a variable at a frame: what the analysis found, as far as the device can see it.
func (b *builder) fact(slot int, v plan.Var, s *ranges.State) (plan.Fact, bool) {
	if v >= plan.High && v < plan.Word {
		return plan.Fact{}, false
	}
	if w := b.doubt.facts[claim{slot, v}]; w != nil {
		return w.fact, !w.none
	}
	x, ok := b.value(s, v)
	if !ok || x.Null {
		return plan.Fact{}, false
	}
	f := plan.Fact{Var: v, Lo: x.SLow, Hi: x.SHigh}
	if m, ok := x.Region.Map(); ok {
		f.Kind, f.Map = plan.Values, m
	} else if x.Region == ranges.NoRegion {
		if x.High > math.MaxUint32 {
			return f, false
		}
		f.Lo, f.Hi = int64(x.Low), int64(x.High)
	} else {
		f.Kind = [...]plan.Kind{ranges.Context: plan.Context, ranges.Stack: plan.Stack, ranges.Rodata: plan.Rodata, ranges.Data: plan.Data, ranges.Top: plan.Top}[x.Region]
	}
	t := x.Slack
	if x.Length.Known {
		t, f.Exact = ranges.Slack{Scale: 1, Room: -x.Length.Plus}, true
	}
	if t.Scale > 0 && t.Room >= -1<<20 && t.Room <= 1<<20 && (x.Region == ranges.NoRegion || x.Region == ranges.Context) {
		f.HasSlack, f.Slack = true, int32(t.Room)
		if x.Region == ranges.NoRegion && t.Scale > 1 && !f.Exact {
			f.Times = int(min(t.Scale, 255))
		}
	}
	f.Exact = f.Exact && f.HasSlack
	if f.Kind == plan.Number && f.Lo < f.Hi {
		known := bits.TrailingZeros64(x.Unknown)
		if known = min(known, 8); (uint64(f.Lo)^x.Bits)&(1<<known-1) == 0 {
			f.Align = known
		}
	}
	return tidy(f)
}

// tidy is a claim that can be written, ok if it says anything.
func tidy(f plan.Fact) (plan.Fact, bool) {
	most := int64(math.MaxInt32)
	if f.Kind == plan.Number {
		most = math.MaxUint32
	}
	if f.Lo > math.MaxInt32 {
		f.Lo, f.Align = 0, 0
	}
	if f.Hi >= most || f.Lo < math.MinInt32 {
		f.NoLimit = true
	}
	if f.NoLimit && f.Kind != plan.Number {
		f.Lo = max(f.Lo, math.MinInt32)
		if f.Kind != plan.Context || !f.HasSlack {
			f.Lo = 0
		}
	}
	return f, f.Kind != plan.Number || !f.NoLimit || f.Lo != 0 || f.HasSlack || f.Align > 0
}

// weaken makes a claim one that what the compiler knows at an edge satisfies.
func (b *builder) weaken(at claim, k judge.Known) {
	w := b.doubt.facts[at]
	if w == nil {
		w = &weaker{fact: b.claimed(at)}
		b.doubt.facts[at] = w
	}
	w.times++
	f := &w.fact
	base := int64(0) // where the compiler on the host has what it is an offset into
	switch f.Kind {
	case plan.Rodata:
		base = b.judge.Rodata()
	case plan.Data:
		base = b.judge.Data()
	case plan.Values:
		base = b.judge.Values(f.Map)
	}
	switch kind := map[plan.Kind]judge.Kind{plan.Context: judge.Context, plan.Stack: judge.Stack, plan.Top: judge.Top}[f.Kind]; {
	case kind == 0 && k.Kind > judge.Number, w.times > 4*patience, f.Kind == plan.Values && (k.Lo < base || f.NoLimit): // elsewhere the map lies elsewhere
		w.none = true
	case kind != 0 && (k.Kind != kind || k.Open):
		*f = plan.Fact{Var: f.Var, Kind: f.Kind, NoLimit: true} // the region is but a guess
	default:
		if f.HasSlack {
			w.slack(k)
		}
		w.bounds(k.Lo-base, k.Hi-base, k.Align)
		fact, ok := tidy(*f)
		*f, w.none = fact, !ok
	}
}

// claimed is the claim of the plan at hand.
func (b *builder) claimed(at claim) plan.Fact {
	for i := range b.plan.Frames {
		if b.plan.Frames[i].Slot != at.slot {
			continue
		}
		for _, f := range b.plan.Frames[i].Facts {
			if f.Var == at.v {
				return f
			}
		}
	}
	return plan.Fact{Var: at.v, NoLimit: true}
}

// bounds takes values in.
func (w *weaker) bounds(lo, hi int64, align int) {
	f := &w.fact
	if f.NoLimit {
		f.Hi = math.MaxUint32
		if f.Kind != plan.Number {
			f.Hi = math.MaxInt32
		}
	}
	if known := bits.TrailingZeros64(uint64(lo-f.Lo) | 1<<8); known < f.Align {
		f.Align = known
	}
	if lo != hi && align < f.Align {
		f.Align = align
	}
	if lo < f.Lo {
		f.Lo = lo
		if w.times > patience {
			f.Lo, f.Align = 0, 0
			if lo < 0 {
				f.Lo = math.MinInt32
			}
		}
	}
	if hi > f.Hi {
		f.Hi = hi
		for _, limit := range []int64{math.MaxUint8, math.MaxUint16, 1 << 24, math.MaxInt32, math.MaxUint32 - 1} {
			if w.times > patience && w.times <= 2*patience && hi <= limit {
				f.Hi = limit
				return
			}
		}
		if w.times > 2*patience {
			f.Hi = math.MaxUint32
		}
	}
}

// slack is made no more than what is known.
func (w *weaker) slack(k judge.Known) {
	f := &w.fact
	times := max(f.Times, 1)
	if k.Bounded && k.Times >= times && k.Slack >= int64(f.Slack) && (!f.Exact || k.Exact && k.Slack == int64(f.Slack)) {
		return
	}
	f.Exact = false
	if k.Bounded && k.Length-k.Hi*int64(times) < int64(f.Slack) {
		times = min(times, k.Times)
		f.Times = times
	}
	best := k.Length - k.Hi*int64(times)
	if k.Bounded {
		best = max(best, k.Slack)
	}
	if best < int64(f.Slack) {
		f.Slack = int32(max(best, math.MinInt32))
	}
	f.HasSlack = f.Slack > -1<<20 && w.times <= patience
	if !f.HasSlack {
		f.Slack, f.Times = 0, 0
	}
}

// value is what is known of a variable in a state.
func (b *builder) value(s *ranges.State, v plan.Var) (ranges.Value, bool) {
	if v < cfg.R10 {
		return s.Regs[v], true
	}
	if v < plan.Word {
		return ranges.Value{}, false
	}
	off := -4 * int64(b.Words[v-plan.Word]+1)
	for _, slot := range s.Slots {
		if slot.Off == off {
			return slot.Value, true
		}
	}
	return ranges.Value{}, false
}
