// SPDX-License-Identifier: GPL-2.0-or-later

// Package hostile is the adversary of the device's compiler: it makes plans that lie. A plan may cost a program speed; it
// must not make it do anything else. Plans are changed bit by bit and claim by claim, spliced with others, taken from other
// programs, or noise. Those that the compiler follows are changed further, so that lies add up.
package hostile

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/ubench-dev/ubench/planner/plan"
)

// Kind is how a plan was made.
type Kind int

// Kinds of plans.
const (
	Claims  Kind = iota // read, some of what it says changed, and written again
	Bits                // some bits turned
	Spliced             // the beginning of one, the end of another
	Foreign             // another program's
	Cut                 // its end missing
	Noise               // any bytes
	Kinds
)

func (k Kind) String() string {
	return [...]string{"claims", "bits", "spliced", "foreign", "cut", "noise"}[k]
}

const maxBases = 24

// Begin goes on to a program with so many maps, with an honest plan of it if there is one.
func (l *Liar) Begin(text, honest []byte, maps int) {
	l.maps = maps
	l.text, l.functions, l.bases, l.slots = text, plan.Functions(text, nil), nil, l.slots[:0]
	for slot := 0; slot < len(text)/8; slot++ {
		l.slots = append(l.slots, slot)
		if text[8*slot] == 0x18 {
			slot++
		}
	}
	if honest == nil {
		return
	}
	l.bases = append(l.bases, honest)
	if p, err := plan.Decode(honest, text, l.functions, l.maps); err == nil {
		l.learn(reflect.ValueOf(p).Elem())
	}
	if len(l.others) < 16 {
		l.others = append(l.others, honest)
	} else {
		l.others[l.r.IntN(16)] = honest
	}
}

// Keep says that the compiler follows a plan of the program, and makes other code of it than of those before.
func (l *Liar) Keep(followed []byte) {
	if len(l.bases) < maxBases {
		l.bases = append(l.bases, bytes.Clone(followed))
	} else {
		l.bases[1+l.r.IntN(maxBases-1)] = bytes.Clone(followed)
	}
}

func (l *Liar) base() []byte {
	if len(l.bases) == 0 {
		return l.noise()
	}
	if l.r.IntN(2) == 0 {
		return l.bases[0]
	}
	return l.bases[l.r.IntN(len(l.bases))]
}

// Plan makes one.
func (l *Liar) Plan() (data []byte, kind Kind) {
	switch n := l.r.IntN(32); {
	case n < 20:
		if data := l.lie(); data != nil {
			return data, Claims
		}
	case n < 26:
	case n < 28:
		a, b := l.base(), l.base()
		if l.r.IntN(4) == 0 && len(l.others) > 0 {
			b = l.others[l.r.IntN(len(l.others))]
		}
		return slices.Concat(a[:l.r.IntN(len(a)+1)], b[l.r.IntN(len(b)+1):]), Spliced
	case n < 29 && len(l.others) > 0:
		return l.others[l.r.IntN(len(l.others))], Foreign
	case n < 30:
		a := l.base()
		return a[:l.r.IntN(len(a)+1)], Cut
	case n < 31:
		return l.noise(), Noise
	}
	data = bytes.Clone(l.base())
	for range 1 + l.r.IntN(3) {
		at := l.r.IntN(8 * len(data))
		data[at/8] ^= 0x80 >> (at % 8)
	}
	return data, Bits
}

// noise are any bytes, of a version that is known.
func (l *Liar) noise() []byte {
	noise := make([]byte, 1+l.r.IntN(100))
	for i := range noise {
		noise[i] = byte(l.r.Uint32())
	}
	noise[0] = noise[0]&15 | plan.Version<<4
	return noise
}

// lie changes what a plan says; nil if nothing came of it.
func (l *Liar) lie() []byte {
	p, err := plan.Decode(l.base(), l.text, l.functions, l.maps)
	if err != nil {
		return nil
	}
	for again := true; again; again = l.r.IntN(2) == 0 {
		switch l.r.IntN(16) {
		case 0:
			l.join(p)
		case 1, 2, 3, 4:
			l.say(p)
		case 5, 6:
			l.boast(p)
		case 7:
			l.stay(p)
		default:
			l.change(reflect.ValueOf(p).Elem())
		}
	}
	data, err := p.Encode(l.text, l.functions)
	if err != nil {
		return nil
	}
	return data
}

// join adds a frame where no jump leads, or takes one away.
func (l *Liar) join(p *plan.Plan) {
	if n := len(p.Joins); n > 0 && l.r.IntN(2) == 0 {
		k := l.r.IntN(n)
		slot := p.Joins[k]
		p.Joins = slices.Delete(p.Joins, k, k+1)
		if slices.Contains(plan.FrameSlots(l.text, l.functions, p.Joins), slot) {
			return
		}
		p.Frames = slices.DeleteFunc(p.Frames, func(f plan.Frame) bool { return f.Slot == slot })
		return
	}
	slot := l.slots[l.r.IntN(len(l.slots))]
	at, there := slices.BinarySearchFunc(p.Frames, slot, func(f plan.Frame, slot int) int { return f.Slot - slot })
	if there || len(p.Frames) == 0 {
		return
	}
	f := p.Frames[l.r.IntN(len(p.Frames))]
	f.Slot = slot
	f.Facts, f.Moved = slices.Clone(f.Facts), slices.Clone(f.Moved)
	p.Frames = slices.Insert(p.Frames, at, f)
	k, _ := slices.BinarySearch(p.Joins, slot)
	p.Joins = slices.Insert(p.Joins, k, slot)
}

// boast claims to know a variable well, or that the context is long.
func (l *Liar) boast(p *plan.Plan) {
	if len(p.Frames) == 0 {
		return
	}
	f := &p.Frames[l.r.IntN(len(p.Frames))]
	if l.r.IntN(6) == 0 {
		f.Length = uint32(l.r.IntN(300))
		return
	}
	x := plan.Fact{Var: plan.R(l.r.IntN(10)), Kind: plan.Kind(l.r.IntN(3)), Lo: int64(l.r.IntN(12)), HasSlack: l.r.IntN(2) == 0}
	if len(f.Facts) > 0 && l.r.IntN(2) == 0 { // of what something is known of
		x.Var = f.Facts[l.r.IntN(len(f.Facts))].Var
	}
	if x.Kind == plan.Stack {
		x.Lo, x.HasSlack = -4*x.Lo, false
	}
	x.Hi = x.Lo + int64(l.r.IntN(8))
	if x.HasSlack {
		x.Slack, x.NoLimit = int32(l.r.IntN(70))-2, l.r.IntN(2) == 0
		x.Exact = l.r.IntN(8) == 0
	}
	f.Facts = slices.DeleteFunc(slices.Clone(f.Facts), func(o plan.Fact) bool { return o.Var == x.Var })
	f.Facts = append(f.Facts, x)
}

// insn is what is said about an instruction.
func insn(p *plan.Plan, slot int) *plan.Insn {
	at, there := slices.BinarySearchFunc(p.Insns, slot, func(i plan.Insn, slot int) int { return i.Slot - slot })
	if !there {
		p.Insns = slices.Insert(p.Insns, at, plan.Insn{Slot: slot})
	}
	return &p.Insns[at]
}

// stay says that a copy, or a half of it, lives where what it is of lives as a rule.
func (l *Liar) stay(p *plan.Plan) {
	const move, move32 = 0xbf, 0xbc
	first := l.r.IntN(len(l.slots))
	for k := range l.slots {
		slot := l.slots[(first+k)%len(l.slots)]
		code := l.text[8*slot:]
		to, from := int(code[1]&15), int(code[1]>>4)
		if (code[0] != move && code[0] != move32) || to > 9 || from > 9 {
			continue
		}
		i := insn(p, slot)
		halves := 1 + l.r.IntN(3)
		if halves&1 != 0 {
			i.Place = append(i.Place, plan.Moved{Var: plan.R(to), Place: p.Places[plan.R(from)]})
		}
		if halves&2 != 0 {
			i.Place = append(i.Place, plan.Moved{Var: plan.High + plan.R(to), Place: p.Highs[from]})
		}
		i.Defer = false
		return
	}
}

// say says something about an instruction, most often one of which nothing is said.
func (l *Liar) say(p *plan.Plan) {
	i := insn(p, l.slots[l.r.IntN(len(l.slots))])
	switch l.r.IntN(7) {
	case 0, 1:
		i.Defer = !i.Defer
	case 6:
		i.Apart = !i.Apart
	case 2, 3:
		i.DeadHigh = !i.DeadHigh
	default:
		l.change(reflect.ValueOf(i).Elem())
	}
}
