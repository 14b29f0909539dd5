// SPDX-License-Identifier: GPL-2.0-or-later

package ranges

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/planner/cfg"
)

// State is what is known at one place of a function.
type State struct {
	Reached bool
	Least   uint64 // the context is at least so long
	Regs    [11]Value
	Slots   []Slot // of the own frame, ascending
	half    Value  // between two shifts that extend a low half, what was there before the first
}

// Slot is a value in the frame: Size bytes at Off from r10.
type Slot struct {
	Off, Size int64
	Value     Value
}

// maxSlots bounds how many are remembered.
const maxSlots = 64

func (s *State) clone() State {
	c := *s
	c.Slots = slices.Clone(s.Slots)
	return c
}

func (s *State) equal(t *State) bool {
	return s.Reached == t.Reached && s.Least == t.Least && s.Regs == t.Regs && s.half == t.half && slices.Equal(s.Slots, t.Slots)
}

// each calls f for every value that is remembered.
func (s *State) each(f func(v *Value)) {
	for r := range s.Regs {
		f(&s.Regs[r])
	}
	for k := range s.Slots {
		f(&s.Slots[k].Value)
	}
}

// forget ends what names a value that is about to have another one.
func (s *State) forget(id int) {
	s.each(func(v *Value) {
		if v.ID == id {
			v.ID = 0
		}
		if v.Linear.ID == id {
			v.Linear = Linear{}
		}
	})
}

// set gives a register a value. One without a name gets the name of its definition.
func (s *State) set(reg byte, v Value, id int) {
	s.Regs[reg] = Value{}
	s.forget(id)
	if v.ID == 0 {
		v.ID = id
	}
	s.Regs[reg] = v
}

// load is what the frame holds, ok if it was stored with that size.
func (s *State) load(off, size int64) (v Value, ok bool) {
	for _, k := range s.Slots {
		if k.Off == off && k.Size == size {
			return k.Value, true
		}
	}
	return unknown, false
}

// store remembers what is stored in the frame.
func (s *State) store(off, size int64, v Value) {
	s.overwrite(off, off+size)
	if len(s.Slots) == maxSlots {
		return
	}
	at, _ := slices.BinarySearchFunc(s.Slots, off, func(k Slot, off int64) int { return int(k.Off - off) })
	s.Slots = slices.Insert(s.Slots, at, Slot{off, size, v})
}

// overwrite forgets what lies between two offsets.
func (s *State) overwrite(from, to int64) {
	s.Slots = slices.DeleteFunc(s.Slots, func(k Slot) bool { return k.Off < to && from < k.Off+k.Size })
}

// refine learns that a value has these bounds, and tells all that are the same value or follow from it.
func (s *State) refine(v Value, n Number, slack Slack) {
	apply := func(w *Value, n Number, slack Slack) {
		w.Number = w.Number.meet(n)
		if w.Number.empty() {
			s.Reached = false
		}
		if slack.Scale > 0 && !w.Length.Known && (w.Slack.Scale == 0 || w.Slack.Scale == slack.Scale && w.Slack.Room < slack.Room ||
			w.Slack.Scale < slack.Scale && w.SLow >= 0 && w.Slack.Room <= slack.Room) {
			w.Slack = slack
		}
		if t := w.slack(); t.Scale > 0 && w.SLow >= 0 && w.SLow < lengthMax {
			s.Least = max(s.Least, uint64(max(t.Scale*w.SLow+t.Room, 0)))
		}
	}
	// What follows for the value that v is computed from.
	l := v.Linear
	origin, back := Number{}, l.ID != 0 && l.Scale > 0 && n.SLow >= l.Plus
	if back {
		origin = Between(uint64((n.SLow-l.Plus+l.Scale-1)/l.Scale), uint64((n.SHigh-l.Plus)/l.Scale))
	}
	s.each(func(w *Value) {
		switch {
		case v.ID != 0 && w.ID == v.ID:
			apply(w, n, slack)
		case back && w.ID == l.ID && !w.Pointer():
			from := Slack{}
			if slack.Scale > 0 && slack.Scale*l.Scale < 1<<20 {
				from = Slack{slack.Scale * l.Scale, slack.Room + slack.Scale*l.Plus}
			}
			apply(w, origin, from)
		case v.ID != 0 && w.Linear.ID == v.ID && n.SLow >= 0 && n.SHigh < lengthMax && w.Linear.Scale > 0 && w.Linear.Scale < 1<<20 && !w.Pointer():
			w := w
			k := w.Linear
			m := signed(n.SLow*k.Scale+k.Plus, n.SHigh*k.Scale+k.Plus)
			if m.SLow >= 0 {
				apply(w, m, Slack{})
			}
		}
	})
}

// enter gives values the names they have in a block: a name that the block gave a value when it was entered before
// means another value now.
func (s *State) enter(block int) {
	k := -1
	s.each(func(v *Value) {
		k++
		if own := joinID(block, k); v.ID >= joinID(block, 0) && v.ID < joinID(block+1, 0) && v.ID != own {
			v.ID = own
		}
		if v.Linear.ID >= joinID(block, 0) && v.Linear.ID < joinID(block+1, 0) {
			v.Linear = Linear{}
		}
	})
}

// join merges what comes over another edge into the state at the beginning of a block; it tells whether that
// changed anything. id names the values that differ, by register.
func (s *State) join(from *State, block int) bool {
	if !from.Reached {
		return false
	}
	c := from.clone()
	from = &c
	from.enter(block)
	if !s.Reached {
		*s = c
		return true
	}
	changed := false
	merge := func(v *Value, w Value, k int) {
		if r := v.join(w, s.Least, from.Least, joinID(block, k)); r != *v {
			*v = r
			changed = true
		}
	}
	for r := range s.Regs {
		merge(&s.Regs[r], from.Regs[r], r)
	}
	kept := s.Slots[:0]
	for k, slot := range s.Slots {
		if w, ok := from.load(slot.Off, slot.Size); ok {
			merge(&slot.Value, w, 11+k)
			kept = append(kept, slot)
		} else {
			changed = true
		}
	}
	s.Slots = kept
	if from.Least < s.Least {
		s.Least = from.Least
		changed = true
	}
	return changed
}

// Names of values: a definition's is its slot's, a joined value's its block's, that of one without a name which is
// compared the branch's.
func defID(i *cfg.Insn) int           { return 1 + i.Slot }
func branchID(i *cfg.Insn, n int) int { return 1<<18 + i.Slot*2 + n }
func joinID(block, value int) int     { return 1<<20 + block*128 + value }

// String lists what is known: the least length, registers, the frame.
func (s *State) String() string {
	if !s.Reached {
		return "never reached"
	}
	var parts []string
	if s.Least > 0 {
		parts = append(parts, fmt.Sprintf("len >= %d", s.Least))
	}
	for r, v := range s.Regs[:10] {
		if !v.Pointer() && v.Number == Anything && v.slack().Scale == 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("r%d %s", r, v))
	}
	for _, k := range s.Slots {
		parts = append(parts, fmt.Sprintf("[r10%+d] %s", k.Off, k.Value))
	}
	return strings.Join(parts, "; ")
}

// anywhere is the state of a function nothing is known of.
func anywhere() State {
	s := State{Reached: true}
	for r := range s.Regs {
		s.Regs[r] = unknown
	}
	s.Regs[cfg.R10] = Value{Number: Exactly(0), Region: Stack}
	return s
}
