// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package planner_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/hostile"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/redzone"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/plan"
)

// lie is a program, a plan of it that the compiler follows, and a change that makes it one that it does not, or, of what
// can do no harm, does.
type lie struct {
	name, source string
	context      int // bytes, 1 each
	budget       uint32
	truth        func(p *plan.Plan)
	lie          func(p *plan.Plan)
	harmless     bool
}

func frame(p *plan.Plan, slot int) *plan.Frame {
	i, ok := slices.BinarySearchFunc(p.Frames, slot, func(f plan.Frame, slot int) int { return f.Slot - slot })
	if !ok {
		p.Joins = append(p.Joins, slot)
		p.Frames = slices.Insert(p.Frames, i, plan.Frame{Slot: slot})
	}
	return &p.Frames[i]
}

// say says something more about an instruction.
func say(p *plan.Plan, slot int) *plan.Insn {
	i, ok := slices.BinarySearchFunc(p.Insns, slot, func(i plan.Insn, slot int) int { return i.Slot - slot })
	if !ok {
		p.Insns = slices.Insert(p.Insns, i, plan.Insn{Slot: slot})
	}
	return &p.Insns[i]
}

// lies are plans that once made a program do something else, and one for each kind of claim. What they were changed from
// is followed, so that it is the lie that the compiler does not believe.
var lies = []lie{
	{
		name: "the slow form of a loop whose record is where no frame is",
		source: `w0 = 0
			w3 = 0
			r0 += 13
			top:
			r0 += 1
			r3 += 1
			if r3 < r2 goto top
			exit`,
		context: 1,
		truth: func(p *plan.Plan) {
			f := frame(p, 3)
			f.Registers = [10]plan.Known{0: plan.Both, 2: plan.Zero, 3: plan.Zero}
			f.Moved = []plan.Moved{{Var: plan.R(0), Place: 1}}
			f.Facts = []plan.Fact{{Var: plan.R(3), Hi: 1<<32 - 2}}
			frame(p, 6).Registers = [10]plan.Known{0: plan.Both}
		},
		lie: func(p *plan.Plan) {
			say(p, 2).Loop = &plan.Loop{Head: 2, End: 5, Test: 5, Offset: 1, Bound: plan.NoVar, Variables: []plan.Step{{Var: plan.R(3), By: 1, ByVar: plan.NoVar}}}
		},
		harmless: true,
	},
	{
		name: "a function that saves where it returns",
		source: `call f
			exit
			f:
			r0 = -1
			exit`,
		lie: func(p *plan.Plan) { p.Calls.Functions[1].Words = []int{0} }, // the high half of r0
	},
}

// verdict runs a program by a plan, which must make no difference, and tells whether the compiler follows it.
func verdict(t *testing.T, m *redzone.Machine, p progen.Program, x *plan.Plan) bool {
	t.Helper()
	data, err := x.Encode(p.Text, plan.Functions(p.Text, nil))
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Compare(p, redzone.Options{OnePass: true, Plan: data})
	if err != nil {
		t.Fatal(err)
	}
	if r.Difference != "" || r.Refused {
		t.Errorf("%s (%v)\n%s", r.Difference, r.Fault, x)
	}
	return m.Followed()
}

func TestLiesAreRefused(t *testing.T) {
	m, err := redzone.New(unicorn.CortexM4)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, l := range lies {
		t.Run(l.name, func(t *testing.T) {
			program, err := asm.Program(l.source)
			if err != nil {
				t.Fatal(err)
			}
			p := progen.Program{Text: program.Text, Context: bytes.Repeat([]byte{1}, l.context), Budget: cmp.Or(l.budget, 1000)}
			x := hostile.Plain(p.Text, plan.Functions(p.Text, nil))
			if l.truth != nil {
				l.truth(x)
			}
			if !verdict(t, m, p, x) {
				t.Errorf("the truth is not believed: %s\n%s", m.Verdict(), x)
			}
			if l.lie == nil {
				return
			}
			if l.lie(x); verdict(t, m, p, x) != l.harmless {
				t.Errorf("%s\n%s", m.Verdict(), x)
			}
		})
	}
}
