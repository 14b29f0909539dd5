// SPDX-License-Identifier: GPL-2.0-or-later

package plan

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/ubench-dev/ubench/planner/cfg"
)

// Version is the format of plans, in the first 4 bits.
const Version = 6

// What may be said about an instruction, behind a bit that says that something is: bit 0, where a variable lives from there on; bits 10,
// that it is apart; or bits 11 and 2 bits:
const (
	sayMove = iota
	sayRegion
	sayLoop
	sayDrop
)

// Codes of variables that live somewhere: low halves of registers from 0 on, then high ones, then
const (
	codeHigh     = 10
	codeVariable = 20 // a word, whose number follows
	codeNever    = 31 // control does not come to this frame
)

// codeFactWord is, where a low half or a word is named, that a word's number follows.
const codeFactWord = 10

// Codes of places.
const (
	codeNowhere = 12
	codeWord    = 13
)

// maxCommon is how many facts there may be that frames name by a bit each.
const maxCommon = 8

// order of the exponential Golomb code of numbers.
const order = 1

// maxWidth is how many bits the length of a frame may take.
const maxWidth = 15

// wordsAtOnce is how many words of the frame there are bits of in one number.
const wordsAtOnce = 16

type writer struct {
	calls  bool // of a program with local calls
	maps   bool // of one with maps
	common []Fact
	usual  uint32   // length of the context
	uppers [10]bool // registers of whose high half some frame says something
	bytes  []byte
	n      int
}

func (w *writer) bits(v uint32, n int) {
	for n > 0 {
		if w.n%8 == 0 {
			w.bytes = append(w.bytes, 0)
		}
		left := 8 - w.n%8 // bits of the last byte
		some := min(left, n)
		n -= some
		w.bytes[w.n/8] |= byte(v>>n&(1<<some-1)) << (left - some)
		w.n += some
	}
}

func (w *writer) flag(b bool) {
	if b {
		w.bits(1, 1)
	} else {
		w.bits(0, 1)
	}
}

// append writes what another writer has.
func (w *writer) append(other *writer) {
	for n := 0; n < other.n; n += 8 {
		some := min(8, other.n-n)
		w.bits(uint32(other.bytes[n/8]>>(8-some)), some)
	}
}

// number writes v + 2 in binary, behind as many zeros as that has digits beyond two.
func (w *writer) number(v uint32) {
	x := uint64(v) + 1<<order
	digits := bits.Len64(x)
	w.bits(0, digits-1-order)
	w.bits(uint32(x>>order), digits-order)
	w.bits(uint32(x)&(1<<order-1), order)
}

// signed numbers alternate: 0, -1, 1, -2, ...
func (w *writer) signed(v int32) { w.number(uint32(v<<1) ^ uint32(v>>31)) }

func (w *writer) place(p Place) {
	switch {
	case p == Nowhere:
		w.bits(codeNowhere, 4)
	case p >= FrameWord:
		w.bits(codeWord, 4)
		w.number(uint32(p - FrameWord))
	default:
		w.bits(uint32(p), 4)
	}
}

// variable writes a low half of a register or a word.
func (w *writer) variable(v Var) {
	if v < Word {
		w.bits(uint32(v), 4)
		return
	}
	w.bits(codeFactWord, 4)
	w.bits(uint32(v-Word), 5)
}

func (w *writer) moved(m Moved) {
	switch v := m.Var; {
	case v >= Word:
		w.bits(codeVariable, 5)
		w.bits(uint32(v-Word), 5)
	case v >= High:
		w.bits(uint32(v-High+codeHigh), 5)
	default:
		w.bits(uint32(v), 5)
	}
	w.place(m.Place)
}

// ascending writes a list of ascending numbers: how many, and the gaps between them.
func (w *writer) ascending(numbers []int) {
	w.number(uint32(len(numbers)))
	next := 0
	for _, n := range numbers {
		w.number(uint32(n - next))
		next = n + 1
	}
}

// Encode writes a plan for a program of so many functions, which start at these slots.
func (p *Plan) Encode(text []byte, functions []int) ([]byte, error) {
	slots := FrameSlots(text, functions, p.Joins)
	if len(slots) != len(p.Frames) || !slices.EqualFunc(slots, p.Frames, func(s int, f Frame) bool { return s == f.Slot }) {
		return nil, fmt.Errorf("the plan has not the frames of its program: %d, not at %v", len(p.Frames), slots)
	}
	if HasCalls(text) != (p.Calls != nil) || (p.Calls != nil && len(p.Calls.Functions) != len(functions)) {
		return nil, fmt.Errorf("the plan does not say how each of %d functions is called", len(functions))
	}
	w := &writer{calls: p.Calls != nil, maps: p.Maps > 0}
	for i := range p.Frames {
		for r, known := range p.Frames[i].Registers {
			w.uppers[r] = w.uppers[r] || known >= Zero
		}
	}
	p.header(w)
	w.common = p.commonFacts(w)
	w.number(uint32(len(w.common)))
	for _, x := range w.common {
		w.fact(x)
	}
	w.usual = p.usualLength()
	w.number(w.usual)
	frames, width := make([]*writer, len(p.Frames)), 0
	for i := range p.Frames {
		frames[i] = &writer{calls: w.calls, maps: w.maps, common: w.common, usual: w.usual, uppers: w.uppers}
		p.frame(frames[i], &p.Frames[i])
		width = max(width, bits.Len(uint(frames[i].n)))
	}
	if width > maxWidth {
		return nil, fmt.Errorf("a frame takes a number of %d bits, at most %d can be said", width, maxWidth)
	}
	w.bits(uint32(width), 4)
	for _, one := range frames {
		w.bits(uint32(one.n), width)
		w.append(one)
	}
	next, nothing := 0, &Insn{}
	each(text, func(i cfg.Insn) {
		said := nothing
		if next < len(p.Insns) && p.Insns[next].Slot == i.Slot {
			said = &p.Insns[next]
			next++
		}
		w.insn(said, i)
	})
	if next < len(p.Insns) {
		return nil, fmt.Errorf("the plan says something about slot %d, where no instruction begins, or twice", p.Insns[next].Slot)
	}
	return w.bytes, nil
}

func (p *Plan) header(w *writer) {
	w.bits(Version, 4)
	w.bits(uint32(p.Window-1), 6)
	w.number(uint32(p.Frame))
	highs := false
	for v, high := range p.Highs {
		highs = highs || high != Nowhere && p.Places[v] != Nowhere
	}
	w.flag(highs)
	for v, place := range p.Places {
		w.place(place)
		if v >= len(p.Highs) || place == Nowhere {
			continue
		}
		w.flag(w.uppers[v])
		if highs {
			w.flag(p.Highs[v] != Nowhere)
			if p.Highs[v] != Nowhere {
				w.place(p.Highs[v])
			}
		}
	}
	w.number(uint32(len(p.Words)))
	next := 0
	for _, word := range p.Words {
		w.number(uint32(word.Index - next))
		w.place(word.Place)
		next = word.Index + 1
	}
	if c := p.Calls; c != nil {
		w.bits(uint32(c.Shared), 12)
		w.number(uint32(c.Words))
		for _, f := range c.Functions {
			w.bits(uint32(f.Returns), 12)
			w.bits(uint32(f.Registers), 12)
			w.ascending(f.Words)
		}
	}
	w.ascending(p.Joins)
}

func (p *Plan) frame(w *writer, f *Frame) {
	if f.Never {
		w.bits(1, 1)
		w.bits(codeNever, 5)
		return
	}
	for _, m := range f.Moved {
		w.bits(1, 1)
		w.moved(m)
	}
	w.bits(0, 1)
	var upper, lower uint32
	n, uppers := 0, 0
	for r, known := range f.Registers {
		if p.Places[r] == Nowhere {
			continue
		}
		lower |= uint32(known) & 1 << n
		n++
		if w.uppers[r] {
			upper |= uint32(known) >> 1 << uppers
			uppers++
		}
	}
	w.bits(upper, uppers)
	w.bits(lower, n)
	for i := 0; i < len(p.Words); i += wordsAtOnce {
		w.bits(f.Words>>i, min(len(p.Words)-i, wordsAtOnce))
	}
	for _, x := range w.common {
		w.flag(slices.Contains(f.Facts, x))
	}
	for _, x := range f.Facts {
		if !slices.Contains(w.common, x) {
			w.bits(1, 1)
			w.fact(x)
		}
	}
	w.bits(0, 1)
	w.flag(f.Length > 0)
	if f.Length > 0 {
		w.flag(f.Length != w.usual)
		if f.Length != w.usual {
			w.number(f.Length)
		}
	}
	w.flag(f.Loop != nil)
	if l := f.Loop; l != nil {
		w.flag(l.Tested)
		for _, x := range l.Forms {
			w.bits(1, 1)
			w.variable(x.Var)
			w.variable(x.Of)
			w.signed(x.Add)
		}
		w.bits(0, 1)
	}
}

// usualLength is what frames most often say the context's length to be at least.
func (p *Plan) usualLength() (usual uint32) {
	said := map[uint32]int{}
	for i := range p.Frames {
		if n := p.Frames[i].Length; n > 0 {
			said[n]++
			if said[n] > said[usual] {
				usual = n
			}
		}
	}
	return usual
}

// commonFacts are those that are written once, and named by frames in a bit each: those that save most bits.
func (p *Plan) commonFacts(w *writer) (common []Fact) {
	type use struct {
		fact        Fact
		bits, times int
	}
	var uses []use
	at, named := map[Fact]int{}, 0
	one := &writer{calls: w.calls, maps: w.maps}
	for i := range p.Frames {
		if !p.Frames[i].Never {
			named++
		}
		for _, x := range p.Frames[i].Facts {
			k, known := at[x]
			if !known {
				one.bytes, one.n = one.bytes[:0], 0
				one.fact(x)
				k, at[x] = len(uses), len(uses)
				uses = append(uses, use{fact: x, bits: one.n})
			}
			uses[k].times++
		}
	}
	saved := func(u use) int { return u.times*(u.bits+1) - u.bits - named } // there is a bit before it
	slices.SortStableFunc(uses, func(a, b use) int { return saved(b) - saved(a) })
	for _, u := range uses[:min(len(uses), maxCommon)] {
		if saved(u) > 0 {
			common = append(common, u.fact)
		}
	}
	return common
}

func (x Fact) stack() bool { return x.Kind == Stack || x.Kind == Top }

func (w *writer) fact(x Fact) {
	w.variable(x.Var)
	kind, other := x.Kind, false
	switch kind {
	case Top:
		kind, other = Stack, true
	case Data, Values:
		kind, other = Rodata, true
	}
	w.bits(uint32(kind), 2)
	w.flag(x.Lo != 0)
	w.flag(!x.NoLimit)
	w.flag(x.HasSlack)
	if kind == Rodata || kind == Stack && w.calls {
		w.flag(other)
	}
	if kind == Rodata && other && w.maps {
		w.flag(x.Kind == Values)
	}
	if x.Kind == Values {
		w.bits(uint32(x.Map), 4)
	}
	if x.Lo != 0 {
		w.signed(int32(x.Lo))
	}
	if !x.NoLimit {
		w.number(uint32(x.Hi - x.Lo))
	}
	if x.HasSlack {
		w.signed(x.Slack)
		w.flag(x.Exact)
		if x.Kind != Context && !x.stack() && !x.Exact {
			w.flag(x.Times > 1)
			if x.Times > 1 {
				w.number(uint32(x.Times - 2))
			}
		}
	}
	if x.Kind == Number {
		w.flag(x.Align > 0)
		if x.Align > 0 {
			w.bits(uint32(x.Align-1), 3)
		}
	}
}

func (w *writer) insn(said *Insn, i cfg.Insn) {
	say := func(what uint32) { w.bits(7<<2|what, 5) }
	for _, m := range said.Move {
		say(sayMove)
		w.moved(m)
	}
	for _, m := range said.Place {
		w.bits(2, 2)
		w.flag(m.Var != R(int(i.Dst)))
		if m.Var == R(int(i.Dst)) {
			w.place(m.Place)
		} else {
			w.moved(m)
		}
	}
	if said.HasRegion {
		say(sayRegion)
		w.bits(uint32(said.Region), 2)
	}
	if said.Apart {
		w.bits(6, 3)
	}
	if said.Loop != nil {
		say(sayLoop)
		w.loop(said.Slot, said.Loop)
	}
	if said.Drop {
		say(sayDrop)
	}
	w.bits(0, 1)
	if Deferrable(&i) {
		w.flag(said.Defer)
	}
	if HasHigh(&i) {
		w.flag(said.DeadHigh)
	}
}

func (w *writer) loop(start int, l *Loop) {
	w.number(uint32(l.End - start))
	w.number(uint32(l.Test - start))
	w.number(uint32(l.Head - start))
	w.flag(l.Source)
	w.signed(l.Offset)
	w.flag(l.Prepaid)
	w.flag(l.Bound != NoVar)
	if l.Bound != NoVar {
		w.variable(l.Bound)
	}
	w.number(uint32(len(l.Holes)))
	at := start
	for _, h := range l.Holes {
		w.number(uint32(h.From - at))
		w.number(uint32(h.To - h.From))
		at = h.To
	}
	w.number(uint32(len(l.Variables)))
	for _, s := range l.Variables {
		w.variable(s.Var)
		w.flag(s.ByVar != NoVar)
		if s.ByVar != NoVar {
			w.variable(s.ByVar)
		} else {
			w.signed(s.By)
		}
	}
	w.number(uint32(len(l.Groups)))
	for _, g := range l.Groups {
		w.variable(g.A)
		w.flag(g.B != NoVar)
		if g.B != NoVar {
			w.variable(g.B)
			w.bits(uint32(g.Shift), 2)
			w.flag(g.C != NoVar)
			if g.C != NoVar {
				w.variable(g.C)
			}
		}
		w.signed(g.Min)
		w.number(g.Bytes)
		w.bits(uint32(g.Region), 2)
		w.flag(g.Writes)
		w.flag(g.Tested)
	}
}
