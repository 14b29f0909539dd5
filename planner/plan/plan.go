// SPDX-License-Identifier: GPL-2.0-or-later

// Package plan is the plan beside a program: what the host found out about it, for the device's compiler to
// follow and check. SPEC.md has the format bit by bit; here is its text form, its encoder and its decoder.
package plan

import (
	"fmt"
	"strings"
)

// Var is a value of 32 bits that the compiler keeps somewhere: half of a register, a word of the frame that
// is kept as if it were one, or a value of the compiler's own.
type Var uint8

// The variables. The high half of register r is R(r) + High, word i of Plan.Words is Word + i.
const (
	Budget Var = 11 // backward jumps and calls left
	Base   Var = 12 // start of the context
	Limit  Var = 13 // context offsets below it have Window bytes behind them
	Memory Var = 14 // start of .rodata, or of .data where there is none
	High   Var = 16
	Word   Var = 32
)

// R is the low half of a register.
func R(r int) Var { return Var(r) }

func (v Var) String() string {
	switch {
	case v >= Word:
		return fmt.Sprintf("w%d", v-Word)
	case v >= High:
		return fmt.Sprintf("r%d.high", v-High)
	case v >= Budget:
		return [...]string{"budget", "base", "limit", "memory", "var15"}[v-Budget]
	}
	return fmt.Sprintf("r%d", uint8(v))
}

// Place is where a variable lives: ARM register 0 to 11, word n of the compiled code's own frame, or nowhere.
type Place uint8

// Frame words are FrameWord + n.
const (
	FrameWord Place = 16
	Nowhere   Place = 255
)

func (p Place) String() string {
	switch {
	case p == Nowhere:
		return "nowhere"
	case p >= FrameWord:
		return fmt.Sprintf("[%d]", p-FrameWord)
	}
	return fmt.Sprintf("R%d", uint8(p))
}

// Limits of what a plan can say.
const (
	MaxWords     = 32 // frame words that are kept as variables
	MaxPlaces    = 48 // words of the code's own frame
	MaxVariables = 8  // of a loop
	MaxGroups    = 8  // of a loop
	MaxHoles     = 4  // of a loop
	MaxWindow    = 64
)

// Plan is what the device is told of a program.
type Plan struct {
	Window int               // 1 to 64
	Frame  int               // words of the code's own frame that are places, at most MaxPlaces
	Places [Memory + 1]Place // of r0 to r10 and the compiler's own variables
	Highs  [10]Place         // of the high halves of r0 to r9
	Words  []FrameVar        // ascending; words of the program's frame that are variables
	Calls  *Calls            // of programs with local calls, else nil
	Maps   int               // the program has, at most 16
	Joins  []int             // slots, ascending, that have a frame though no jump leads there and no function begins
	Frames []Frame           // one for each slot of FrameSlots
	Insns  []Insn            // what is said about single instructions, ascending by slot; what says nothing is left out
}

// FrameVar is the word at r10 - 4 * (Index + 1), which no instruction reaches but by r10 and a constant.
type FrameVar struct {
	Index int
	Place Place
}

// Calls is how functions of the program call each other.
type Calls struct {
	Shared    uint16     // ARM registers that a function may leave changed
	Words     int        // words of a function's own frame: lr, what it saves, and padding
	Functions []Function // ascending
}

// Function is what a function leaves to its callers.
type Function struct {
	Returns   uint16 // where it lives: bit r: low half of r0 to r5, bit 6 + r: high half
	Registers uint16 // ARM registers it saves
	Words     []int  // words of the code's frame it saves, ascending
}

// Known is how much of a register is known at a join.
type Known uint8

// Either the value is lost, or its low half is where it lives, and the high half lost, zero or where it lives.
const (
	Lost Known = iota
	Low
	Zero // the high half
	Both
)

// Frame is what holds whenever control comes to a slot.
type Frame struct {
	Slot      int
	Never     bool // control does not come here; nothing else is said
	Registers [10]Known
	Words     uint32  // bit i: word i of Plan.Words is where it lives
	Moved     []Moved // variables that live elsewhere here and in what follows
	Facts     []Fact
	Length    uint32  // the context has so many bytes at least; 0: nothing known
	Loop      *InLoop // of joins inside a loop with a record; nil: nothing to say
}

// Moved says where a variable lives from here on.
type Moved struct {
	Var   Var
	Place Place
}

// Kind is what a fact says the low half of a register is.
type Kind uint8

// Offsets into memory count from the start of the section, into the stack from r10.
const (
	Number Kind = iota
	Context
	Stack
	Rodata
	Data
	Top    // offsets from r10 of the function that the program starts in, for those it calls
	Values // offsets from the start of a map's values
)

func (k Kind) String() string {
	return [...]string{"number", "context", "stack", "rodata", "data", "stack top", "map"}[k]
}

// Fact is a range of a variable: a number, or an offset into memory. Slack, if there, says that the
// number, or offset into the context, is Slack bytes or more below the context's length.
type Fact struct {
	Var      Var
	Kind     Kind
	Map      int // of Values
	Lo       int64
	Hi       int64 // with NoLimit, none
	NoLimit  bool
	Slack    int32
	Times    int // the number times this is Slack or more below, if it is not 0
	HasSlack bool
	Exact    bool // it is not more below
	Align    int  // of a number: it is Lo plus a multiple of 1 << Align, at most 8
}

// InLoop is what the fast form of a loop knows at a join inside it.
type InLoop struct {
	Tested bool // the counter was tested in this turn
	Forms  []Form
}

// Form says that a variable is what Of was when the turn began, plus Add.
type Form struct {
	Var, Of Var
	Add     int32
}

// Region is where an access is expected to go.
type Region uint8

// Elsewhere is granted memory, or anything.
const (
	InStack Region = iota
	InContext
	InMemory // .rodata or .data
	Elsewhere
)

func (r Region) String() string { return [...]string{"stack", "context", "memory", "elsewhere"}[r] }

// Insn is what a plan says about an instruction.
type Insn struct {
	Slot      int
	Place     []Moved // the variable's values live there from this instruction's result on
	Move      []Moved // the variable is moved there before the instruction
	Region    Region
	HasRegion bool
	Loop      *Loop
	Apart     bool // of a jump: what its target wants is moved there off the straight line
	Drop      bool // the result is not computed, and lost
	Defer     bool // nothing is emitted; what reads the result computes it
	DeadHigh  bool // the result's high half is not computed, and lost
}

// Empty tells whether nothing is said.
func (i *Insn) Empty() bool {
	return len(i.Place)+len(i.Move) == 0 && !i.HasRegion && !i.Apart && i.Loop == nil && !i.Drop && !i.Defer && !i.DeadHigh
}

// Loop is the record of a loop that is compiled twice; it stands at the loop's first slot.
type Loop struct {
	Head      int    // the slot where turns begin; the record stands at the first one
	End       int    // its last slot
	Holes     []Hole // ascending: slots in between that are not the loop's
	Test      int    // the jump that decides whether the counter goes on
	Source    bool   // the counter is the source of that jump
	Offset    int32  // there the counter is what it was when the turn began, plus this
	Prepaid   bool   // all turns are paid for before the loop
	Bound     Var    // what the counter is compared with, if not the jump's other operand as it is when the turn begins; else NoVar
	Variables []Step // the counter first
	Groups    []Group
}

// Hole is the slots of a loop's range from From until To, which is no more of them.
type Hole struct {
	From, To int
}

// Step is how a variable moves in each turn: by a constant, or by another variable that stays.
type Step struct {
	Var   Var
	By    int32
	ByVar Var // if not 0xff
}

// NoVar is no variable.
const NoVar Var = 0xff

// Group is a range of addresses that is tested before the loop: A + ((B + C) << Shift) + [Min, Min + Bytes).
type Group struct {
	A      Var
	B, C   Var // may be NoVar, C is where B is
	Shift  int // 0 to 3
	Min    int32
	Bytes  uint32
	Region Region
	Writes bool
	Tested bool // its accesses follow the counter's test in each turn
}

// String is the plan as text, a line for each thing it says.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "window %d, frame of %d words\n", p.Window, p.Frame)
	for v, place := range p.Places {
		if place != Nowhere {
			fmt.Fprintf(&b, "%v in %v", Var(v), place)
			if v < len(p.Highs) && p.Highs[v] != Nowhere {
				fmt.Fprintf(&b, ", high %v", p.Highs[v])
			}
			b.WriteByte('\n')
		}
	}
	for i, w := range p.Words {
		fmt.Fprintf(&b, "%v is r10-%d in %v\n", Word+Var(i), 4*(w.Index+1), w.Place)
	}
	if c := p.Calls; c != nil {
		fmt.Fprintf(&b, "calls: shared %#x, %d words\n", c.Shared, c.Words)
		for i, f := range c.Functions {
			fmt.Fprintf(&b, "function %d returns %#x, saves %#x %v\n", i, f.Returns, f.Registers, f.Words)
		}
	}
	if len(p.Joins) > 0 {
		fmt.Fprintf(&b, "joins %v\n", p.Joins)
	}
	for i := range p.Frames {
		p.Frames[i].print(&b)
	}
	for i := range p.Insns {
		p.Insns[i].print(&b)
	}
	return b.String()
}

func (f *Frame) print(b *strings.Builder) {
	fmt.Fprintf(b, "at %d:", f.Slot)
	if f.Never {
		b.WriteString(" never\n")
		return
	}
	for r, known := range f.Registers {
		if known != Lost {
			fmt.Fprintf(b, " r%d%s", r, [...]string{"", "", "z", "w"}[known])
		}
	}
	for i := range MaxWords {
		if f.Words>>i&1 != 0 {
			fmt.Fprintf(b, " w%d", i)
		}
	}
	for _, m := range f.Moved {
		fmt.Fprintf(b, ", %v in %v", m.Var, m.Place)
	}
	for _, x := range f.Facts {
		fmt.Fprintf(b, ", %v", x)
	}
	if f.Length > 0 {
		fmt.Fprintf(b, ", length >= %d", f.Length)
	}
	if f.Loop != nil {
		fmt.Fprintf(b, ", tested %v", f.Loop.Tested)
		for _, x := range f.Loop.Forms {
			fmt.Fprintf(b, ", %v = %v%+d", x.Var, x.Of, x.Add)
		}
	}
	b.WriteByte('\n')
}

func (x Fact) String() string {
	s := fmt.Sprintf("%v %v", x.Var, x.Kind)
	if x.Kind == Values {
		s += fmt.Sprintf(" %d", x.Map)
	}
	switch {
	case !x.NoLimit:
		s += fmt.Sprintf(" %d..%d", x.Lo, x.Hi)
	case x.Lo != 0:
		s += fmt.Sprintf(" %d..", x.Lo)
	}
	if x.HasSlack {
		s += fmt.Sprintf(" slack %d", x.Slack)
		if x.Times > 1 {
			s += fmt.Sprintf(" times %d", x.Times)
		}
	}
	if x.Exact {
		s += " exactly"
	}
	if x.Align > 0 {
		s += fmt.Sprintf(" by %d", 1<<x.Align)
	}
	return s
}

func (i *Insn) print(b *strings.Builder) {
	fmt.Fprintf(b, "%d:", i.Slot)
	for _, m := range i.Move {
		fmt.Fprintf(b, " move %v to %v", m.Var, m.Place)
	}
	for _, m := range i.Place {
		fmt.Fprintf(b, " %v to %v", m.Var, m.Place)
	}
	if i.HasRegion {
		fmt.Fprintf(b, " in %v", i.Region)
	}
	if i.Apart {
		b.WriteString(" moves apart")
	}
	if i.Loop != nil {
		i.Loop.print(b)
	}
	for _, w := range []struct {
		set  bool
		text string
	}{{i.Drop, " drop"}, {i.Defer, " defer"}, {i.DeadHigh, " high dead"}} {
		if w.set {
			b.WriteString(w.text)
		}
	}
	b.WriteByte('\n')
}

func (l *Loop) print(b *strings.Builder) {
	fmt.Fprintf(b, " loop to %d, turns begin at %d, test at %d (source %v, offset %d), prepaid %v", l.End, l.Head, l.Test, l.Source, l.Offset, l.Prepaid)
	for _, h := range l.Holes {
		fmt.Fprintf(b, ", not %d..%d", h.From, h.To-1)
	}
	for _, s := range l.Variables {
		if s.ByVar != NoVar {
			fmt.Fprintf(b, ", %v += %v", s.Var, s.ByVar)
		} else {
			fmt.Fprintf(b, ", %v += %d", s.Var, s.By)
		}
	}
	for _, g := range l.Groups {
		fmt.Fprintf(b, ", %v", g.A)
		if g.C != NoVar {
			fmt.Fprintf(b, " + ((%v + %v) << %d)", g.B, g.C, g.Shift)
		} else if g.B != NoVar {
			fmt.Fprintf(b, " + (%v << %d)", g.B, g.Shift)
		}
		fmt.Fprintf(b, " + [%d, %d) in %v, writes %v, tested %v", g.Min, int64(g.Min)+int64(g.Bytes), g.Region, g.Writes, g.Tested)
	}
}
