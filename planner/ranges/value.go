// SPDX-License-Identifier: GPL-2.0-or-later

package ranges

import (
	"fmt"
	"math"
)

// Region is where a pointer points.
type Region uint8

// Regions of a run, as far as programs can tell them apart. An offset into the stack counts from r10, or from
// what r10 was when the program began.
const (
	NoRegion Region = iota // a number, or a pointer from somewhere
	Context
	Stack
	Rodata
	Data
	Top
	firstValues // of map 0; those of others follow
)

// Values is the region of the values of a map.
func Values(m int) Region { return firstValues + Region(m) }

// Map tells whether a region is the values of a map, and of which.
func (r Region) Map() (m int, ok bool) { return int(r) - int(firstValues), r >= firstValues }

func (r Region) String() string {
	if m, ok := r.Map(); ok {
		return fmt.Sprintf("map %d", m)
	}
	return [...]string{"", "ctx", "stack", "rodata", "data", "stack top"}[r]
}

// Slack is a bound by the length of the context: Scale * v + Room <= length, v being a number, or the
// offset of a pointer into the context. Scale 0 is none.
type Slack struct {
	Scale, Room int64
}

// Length says that a value is the context's length and a constant; Known 0 is no such claim.
type Length struct {
	Known bool
	Plus  int64
}

// Linear says that a value is Scale times another, and Plus, without wrapping; ID 0 is no such claim.
type Linear struct {
	ID          int
	Scale, Plus int64
}

// Value is what is known of a register or a word of the stack.
type Value struct {
	Number        // the number, or the pointer's offset (signed bounds) in its region
	Region Region // of a pointer
	Null   bool   // a pointer, or 0
	Slack  Slack
	Length Length
	ID     int // the same for what is the same value; 0 is unknown
	Linear Linear
}

func number(n Number) Value { return Value{Number: n} }

// unknown is a value nothing is known of.
var unknown = number(Anything)

// Pointer tells whether it points into a region that is known.
func (v Value) Pointer() bool { return v.Region != NoRegion }

// Narrow tells whether the high half is zero: true of pointers as of small numbers, since addresses have 32 bits.
// A pointer that was moved by who knows how much may have left them.
func (v Value) Narrow() bool {
	if v.Pointer() {
		return v.SLow >= -4096 && v.SHigh < 1<<28
	}
	return v.High <= math.MaxUint32
}

// lengthMax is the longest context there can be: memory of a device is less than half of its addresses.
const lengthMax = 1<<31 - 1

// slack is the best bound by the length there is.
func (v Value) slack() Slack {
	if v.Length.Known && v.Slack.Scale == 0 {
		return Slack{1, -v.Length.Plus}
	}
	return v.Slack
}

// join is what holds of either of two values, with minimal context lengths n and m. id names the result if they
// are not the same.
func (v Value) join(w Value, n, m uint64, id int) Value {
	r := Value{ID: id}
	if v.ID != 0 && v.ID == w.ID {
		r.ID = v.ID
	}
	if v.Linear == w.Linear {
		r.Linear = v.Linear
	}
	switch {
	case v.Region == w.Region:
		r.Region, r.Null = v.Region, v.Null || w.Null
		r.Number = v.Number.join(w.Number)
	default:
		r.Number = Anything
		return r
	}
	if v.Length == w.Length {
		r.Length = v.Length
	}
	r.Slack = joinSlack(v, w, n, m)
	return r
}

// joinSlack is the bound both have. One that is a constant is bounded by the least length.
func joinSlack(v, w Value, n, m uint64) Slack {
	a, b := v.slack(), w.slack()
	switch {
	case a.Scale == b.Scale:
		return Slack{a.Scale, min(a.Room, b.Room)}
	case a.Scale != 0 && w.constantSlack(m, a.Scale) != (Slack{}):
		return Slack{a.Scale, min(a.Room, w.constantSlack(m, a.Scale).Room)}
	case b.Scale != 0 && v.constantSlack(n, b.Scale) != (Slack{}):
		return Slack{b.Scale, min(b.Room, v.constantSlack(n, b.Scale).Room)}
	}
	if a.Scale > 0 && b.Scale > 0 && v.SLow >= 0 && w.SLow >= 0 { // the weaker of both
		return Slack{min(a.Scale, b.Scale), min(a.Room, b.Room)}
	}
	return Slack{}
}

// constantSlack is the bound that a value has because the context is at least so long.
func (v Value) constantSlack(least uint64, scale int64) Slack {
	if v.SHigh < 0 || v.SHigh > lengthMax || v.SLow < math.MinInt32 {
		return Slack{}
	}
	if room := int64(least) - scale*v.SHigh; room >= -lengthMax {
		return Slack{scale, room}
	}
	return Slack{}
}

// String is a number, or a region and an offset, and its bounds by the length.
func (v Value) String() string {
	s := v.Number.String()
	if v.Pointer() {
		n := v.Number
		n.Low, n.High = 0, math.MaxUint64
		switch c, ok := v.Constant(); {
		case ok:
			s = fmt.Sprintf("%s%+d", v.Region, int64(c))
		case v.SLow == math.MinInt64 && v.SHigh == math.MaxInt64:
			s = fmt.Sprintf("%s+any", v.Region)
		case v.SHigh == math.MaxInt64:
			s = fmt.Sprintf("%s+[%d, any]", v.Region, v.SLow)
		default:
			s = fmt.Sprintf("%s+[%d, %d]", v.Region, v.SLow, v.SHigh)
		}
	}
	if v.Null {
		s += " or null"
	}
	switch {
	case v.Length.Known:
		s += fmt.Sprintf(" = len%+d", v.Length.Plus)
	case v.Slack.Scale == 1:
		s += fmt.Sprintf(" <= len%+d", -v.Slack.Room)
	case v.Slack.Scale > 1:
		s += fmt.Sprintf(" <= (len%+d)/%d", -v.Slack.Room, v.Slack.Scale)
	}
	return s
}
