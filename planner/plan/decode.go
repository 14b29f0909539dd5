// SPDX-License-Identifier: GPL-2.0-or-later

package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
)

type reader struct {
	calls  bool // of a program with local calls
	maps   int  // of the program
	common []Fact
	usual  uint32 // length of the context
	bytes  []byte
	n      int
	err    error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("bit %d: %w", r.n, fmt.Errorf(format, args...))
	}
}

func (r *reader) bits(n int) (v uint32) {
	if r.n+n > 8*len(r.bytes) {
		r.fail("the plan ends early")
	}
	if r.err != nil {
		return 0
	}
	for ; n > 0; n-- {
		v = v<<1 | uint32(r.bytes[r.n/8]>>(7-r.n%8)&1)
		r.n++
	}
	return v
}

func (r *reader) flag() bool { return r.bits(1) != 0 }

func (r *reader) number() uint32 {
	zeros := 0
	for ; r.err == nil && !r.flag(); zeros++ {
		if zeros == 31 {
			r.fail("a number is longer than 32 bits")
		}
	}
	return 1<<(zeros+order) | r.bits(zeros+order) - 1<<order
}

// count is a number that may be at most so much.
func (r *reader) count(most int) int {
	n := r.number()
	if n > uint32(most) {
		r.fail("%d is more than %d", n, most)
		return 0
	}
	return int(n)
}

func (r *reader) signed() int32 {
	v := r.number()
	return int32(v>>1) ^ -int32(v&1)
}

func (r *reader) place() Place {
	switch c := r.bits(4); {
	case c < codeNowhere:
		return Place(c)
	case c == codeNowhere:
		return Nowhere
	case c == codeWord:
		return FrameWord + Place(r.count(MaxPlaces-1))
	}
	r.fail("no such place")
	return Nowhere
}

// variable reads a low half of a register or a word.
func (r *reader) variable() Var {
	v := Var(r.bits(4))
	if v == codeFactWord {
		return Word + Var(r.bits(5))
	}
	if v > codeFactWord {
		r.fail("no such variable")
	}
	return v
}

// moved reads a variable and where it lives; never is true if there is none, since control does not come to the frame.
func (r *reader) moved() (m Moved, never bool) {
	switch v := Var(r.bits(5)); {
	case v < codeHigh:
		m.Var = v
	case v < codeVariable:
		m.Var = v - codeHigh + High
	case v == codeVariable:
		m.Var = Word + Var(r.bits(5))
	case v == codeNever:
		return m, true
	default:
		r.fail("no such variable")
	}
	m.Place = r.place()
	return m, false
}

// lives is the same about an instruction.
func (r *reader) lives() Moved {
	m, never := r.moved()
	if never {
		r.fail("no such variable")
	}
	return m
}

func (r *reader) ascending(most int) (numbers []int) {
	next := 0
	for n := r.count(most); n > 0 && r.err == nil; n-- {
		next += r.count(most)
		numbers = append(numbers, next)
		next++
	}
	return numbers
}

// Decode reads a plan for a program whose functions start at these slots, and that has so many maps.
func Decode(data, text []byte, functions []int, maps int) (*Plan, error) {
	r, p := &reader{bytes: data, calls: HasCalls(text), maps: maps}, &Plan{Maps: maps}
	uppers := p.readHeader(r, HasCalls(text), len(functions), len(text)/8)
	for n := r.count(maxCommon); n > 0 && r.err == nil; n-- {
		r.common = append(r.common, r.fact())
	}
	if r.err != nil {
		return nil, r.err
	}
	r.usual = r.number()
	width := int(r.bits(4))
	if width == 0 {
		r.fail("frames have no length")
	}
	for _, slot := range FrameSlots(text, functions, p.Joins) {
		bits := int(r.bits(width))
		begin := r.n
		p.Frames = append(p.Frames, p.readFrame(r, slot, uppers))
		r.n = begin + bits
	}
	each(text, func(i cfg.Insn) {
		if said := r.insn(i); said != nil {
			p.Insns = append(p.Insns, *said)
		}
	})
	if r.err == nil && (len(data)*8-r.n >= 8 || r.bits(len(data)*8-r.n) != 0) {
		r.err = errors.New("the plan goes on behind its end")
	}
	if r.err != nil {
		return nil, r.err
	}
	return p, nil
}

// readHeader returns of which registers frames say something of the high half.
func (p *Plan) readHeader(r *reader, calls bool, functions, slots int) (uppers [10]bool) {
	if v := r.bits(4); v != Version {
		r.fail("version %d is not known", v)
	}
	p.Window = int(r.bits(6)) + 1
	p.Frame = r.count(MaxPlaces)
	highs := r.flag()
	for v := range p.Places {
		p.Places[v] = r.place()
		if v >= len(p.Highs) {
			continue
		}
		p.Highs[v] = Nowhere
		if p.Places[v] != Nowhere {
			uppers[v] = r.flag()
			if highs && r.flag() {
				p.Highs[v] = r.place()
			}
		}
	}
	next := 0
	for n := r.count(MaxWords); n > 0 && r.err == nil; n-- {
		next += r.count(127 - next)
		p.Words = append(p.Words, FrameVar{next, r.place()})
		next++
	}
	if calls {
		c := &Calls{Shared: uint16(r.bits(12)), Words: r.count(255)}
		for range functions {
			c.Functions = append(c.Functions, Function{uint16(r.bits(12)), uint16(r.bits(12)), r.ascending(MaxPlaces)})
		}
		p.Calls = c
	}
	p.Joins = r.ascending(slots)
	if n := len(p.Joins); n > 0 && p.Joins[n-1] >= slots {
		r.fail("a join at %d is outside the program", p.Joins[n-1])
	}
	return uppers
}

func (p *Plan) readFrame(r *reader, slot int, uppers [10]bool) (f Frame) {
	f.Slot = slot
	for r.flag() {
		m, never := r.moved()
		if never {
			return Frame{Slot: slot, Never: true}
		}
		f.Moved = append(f.Moved, m)
	}
	n, withUpper := 0, 0
	for k, at := range p.Places[:len(f.Registers)] {
		if at != Nowhere {
			n++
		}
		if uppers[k] {
			withUpper++
		}
	}
	upper, lower := r.bits(withUpper), r.bits(n)
	for k := range f.Registers {
		if p.Places[k] != Nowhere {
			f.Registers[k] = Known(lower & 1)
			lower >>= 1
		}
		if uppers[k] {
			f.Registers[k] |= Known(upper & 1 << 1)
			upper >>= 1
		}
	}
	for i := 0; i < len(p.Words); i += wordsAtOnce {
		f.Words |= r.bits(min(len(p.Words)-i, wordsAtOnce)) << i
	}
	for _, x := range r.common {
		if r.flag() {
			f.Facts = append(f.Facts, x)
		}
	}
	for r.flag() {
		f.Facts = append(f.Facts, r.fact())
	}
	slices.SortStableFunc(f.Facts, func(a, b Fact) int { return cmp.Compare(a.Var, b.Var) })
	if r.flag() {
		f.Length = r.usual
		if r.flag() {
			f.Length = r.number()
		}
	}
	if r.flag() {
		f.Loop = &InLoop{Tested: r.flag()}
		for r.flag() {
			f.Loop.Forms = append(f.Loop.Forms, Form{r.variable(), r.variable(), r.signed()})
		}
	}
	return f
}

func (r *reader) fact() (x Fact) {
	x.Var = r.variable()
	x.Kind = Kind(r.bits(2))
	low := r.flag()
	x.NoLimit = !r.flag()
	x.HasSlack = r.flag()
	if x.Kind == Stack && r.calls && r.flag() {
		x.Kind = Top
	}
	if x.Kind == Rodata && r.flag() {
		x.Kind = Data
		if r.maps > 0 && r.flag() {
			x.Kind, x.Map = Values, int(r.bits(4))
			if x.Map >= r.maps {
				r.fail("there is no map %d", x.Map)
			}
		}
	}
	if low {
		x.Lo = int64(r.signed())
	}
	if !x.NoLimit {
		x.Hi = x.Lo + int64(r.number())
	}
	if x.HasSlack {
		x.Slack = r.signed()
		x.Exact = r.flag()
		if x.Kind != Context && !x.stack() && !x.Exact && r.flag() {
			x.Times = r.count(253) + 2
		}
	}
	if x.Kind == Number && r.flag() {
		x.Align = int(r.bits(3)) + 1
	}
	return x
}

// insn is nil if nothing was said.
func (r *reader) insn(i cfg.Insn) *Insn {
	said := &Insn{Slot: i.Slot}
	for r.flag() {
		if !r.flag() {
			own := Moved{Var: R(int(i.Dst))}
			if r.flag() {
				own = r.lives()
			} else if own.Place = r.place(); own.Var > R(9) {
				r.fail("no such variable")
			}
			said.Place = append(said.Place, own)
			continue
		}
		if !r.flag() {
			said.Apart = true
			continue
		}
		switch r.bits(2) {
		case sayMove:
			said.Move = append(said.Move, r.lives())
		case sayRegion:
			said.HasRegion, said.Region = true, Region(r.bits(2))
		case sayLoop:
			said.Loop = r.loop(i.Slot)
		case sayDrop:
			said.Drop = true
		}
	}
	if Deferrable(&i) {
		said.Defer = r.flag()
	}
	if HasHigh(&i) {
		said.DeadHigh = r.flag()
	}
	if said.Empty() {
		return nil
	}
	return said
}

func (r *reader) loop(start int) *Loop {
	l := &Loop{End: start + int(r.number()), Test: start + int(r.number()), Head: start + int(r.number()), Source: r.flag(), Offset: r.signed(), Prepaid: r.flag(), Bound: NoVar}
	if r.flag() {
		l.Bound = r.variable()
	}
	at := start
	for n := r.count(MaxHoles); n > 0 && r.err == nil; n-- {
		h := Hole{From: at + int(r.number())}
		h.To = h.From + int(r.number())
		l.Holes, at = append(l.Holes, h), h.To
	}
	for n := r.count(MaxVariables); n > 0; n-- {
		s := Step{Var: r.variable(), ByVar: NoVar}
		if r.flag() {
			s.ByVar = r.variable()
		} else {
			s.By = r.signed()
		}
		l.Variables = append(l.Variables, s)
	}
	for n := r.count(MaxGroups); n > 0; n-- {
		g := Group{A: r.variable(), B: NoVar, C: NoVar}
		if r.flag() {
			g.B, g.Shift = r.variable(), int(r.bits(2))
			if r.flag() {
				g.C = r.variable()
			}
		}
		g.Min, g.Bytes, g.Region = r.signed(), r.number(), Region(r.bits(2))
		g.Writes, g.Tested = r.flag(), r.flag()
		l.Groups = append(l.Groups, g)
	}
	return l
}
