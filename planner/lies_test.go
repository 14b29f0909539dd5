// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package planner_test

import (
	"bytes"
	"fmt"
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
	context      int    // bytes, 1 each
	least        uint32 // of them that the program says it takes
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
		name: "where the result of a loop's first instruction lives, if turns begin elsewhere", source: amid,
		truth: func(p *plan.Plan) {
			p.Places[5] = 4
			frame(p, 0).Registers[5] = plan.Lost
			elsewhere := []plan.Moved{{Var: plan.R(5), Place: 6}}
			say(p, 3).Place = elsewhere
			*frame(p, 5) = plan.Frame{Slot: 5, Registers: [10]plan.Known{0: plan.Zero, 3: plan.Zero, 4: plan.Zero}, Loop: &plan.InLoop{Tested: true,
				Forms: []plan.Form{{Var: plan.R(3), Of: plan.R(3), Add: 1}}}}
			*frame(p, 6) = plan.Frame{Slot: 6, Registers: [10]plan.Known{0: plan.Zero, 3: plan.Zero, 4: plan.Zero, 5: plan.Zero}, Moved: elsewhere}
			frame(p, 9).Registers = [10]plan.Known{0: plan.Zero, 4: plan.Zero}
			say(p, 5).Place = elsewhere
			say(p, 5).Loop = &plan.Loop{Head: 6, End: 8, Test: 8, Offset: 1, Prepaid: true, Bound: plan.NoVar,
				Variables: []plan.Step{{Var: plan.R(3), By: 1, ByVar: plan.NoVar}}}
		},
		lie: func(p *plan.Plan) { say(p, 5).Place = nil }, // it would be written to where r4 is
	},
	{
		name: "where a pointer is in a turn whose addresses were tested as it began", source: turn, context: 64,
		truth: turns(),
		lie:   func(p *plan.Plan) { frame(p, 5).Loop.Forms[0].Add = 0 },
	},
	{
		name: "turns are paid for at once where there is no counter", source: turn, context: 64,
		truth: turns(), harmless: true,
		lie: func(p *plan.Plan) { say(p, 1).Loop.Prepaid = true },
	},
	{
		name: "a way with moves apart to a loop's first slot comes to the test", source: enteredApart, context: 8,
		truth: func(p *plan.Plan) {
			*frame(p, 4) = plan.Frame{Slot: 4, Registers: [10]plan.Known{0: plan.Both, 1: plan.Both, 3: plan.Zero}, Moved: []plan.Moved{{Var: plan.R(3), Place: 6}},
				Facts: []plan.Fact{{Var: plan.R(1), Kind: plan.Context}, {Var: plan.R(3), Hi: 63}}}
			frame(p, 0).Facts = []plan.Fact{{Var: plan.R(1), Kind: plan.Context}}
			frame(p, 10).Registers = [10]plan.Known{0: plan.Both}
			g := group(plan.R(1), plan.R(3))
			g.Bytes = 1
			say(p, 4).Loop = &plan.Loop{Head: 4, End: 9, Test: 9, Offset: 1, Bound: plan.NoVar, Groups: []plan.Group{g},
				Variables: []plan.Step{{Var: plan.R(3), By: 1, ByVar: plan.NoVar}}}
		},
		lie: func(p *plan.Plan) { say(p, 2).Apart = true }, harmless: true,
	},
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
		name:    "what a comparison says of a high half, on the other way",
		source:  "r3 = *(u64 *)(r1 +0)\nif r3 <= r2 goto below\nr0 = r3\nr0 >>= 32\nexit\nbelow:\nr0 = r3\nexit",
		context: 8, least: 8,
		truth: func(p *plan.Plan) {
			frame(p, 2).Registers = [10]plan.Known{2: plan.Zero, 3: plan.Both}
			frame(p, 5).Registers = [10]plan.Known{3: plan.Zero}
		},
		lie: func(p *plan.Plan) { frame(p, 2).Registers[3] = plan.Zero },
	},
	{
		name: "a copy that stays where its source changes", source: "r3 = r2\nr2 += 1\nr0 = r3\nexit", context: 8,
		lie: func(p *plan.Plan) {
			say(p, 0).Place = []plan.Moved{{Var: plan.R(3), Place: p.Places[plan.R(2)]}}
		},
	},
	{
		name: "the start of memory where a register is", source: "r0 = r2\nexit", context: 8,
		lie: func(p *plan.Plan) { p.Places[plan.Memory] = p.Places[plan.R(2)] },
	},
	{
		name: "a result that has no place: its high half", source: "call f\nr0 = -1\nexit\nf:\nr0 = -1\nexit",
		lie: func(p *plan.Plan) {
			p.Highs[0] = plan.Nowhere
			for i := range p.Frames {
				p.Frames[i].Registers[0] = plan.Zero
			}
		},
	},
	{
		name: "a result that has no place", source: "call f\nr0 = -1\nexit\nf:\nr0 = -1\nexit",
		truth: func(p *plan.Plan) { say(p, 1).Defer, say(p, 3).Defer = true, true },
		lie: func(p *plan.Plan) {
			p.Places[plan.R(0)], p.Highs[0] = plan.Nowhere, plan.Nowhere
			for i := range p.Frames {
				p.Frames[i].Registers[0] = plan.Lost
			}
		},
	},
	{ // the one function returns both, and loses the first; the other one the first alone, so that this is what the caller takes
		name: "two values that are returned in one place",
		source: `r5 = function g ll
			r5 = function f ll
			callx r5
			r0 = r3
			exit
			f:
			r3 = 5
			r4 = 7
			r0 = 1
			exit
			g:
			r3 = 6
			r0 = 1
			exit`,
		truth: func(p *plan.Plan) {
			for i := range p.Frames {
				p.Frames[i].Registers = [10]plan.Known{}
			}
			for i := range p.Calls.Functions {
				p.Calls.Functions[i].Returns = 1 | 1<<6 | 1<<3 | 1<<9 // r0 and r3
			}
			say(p, 7).Defer, say(p, 8).Defer = true, true
			p.Calls.Functions[1].Returns |= 1 << 4
		},
		lie: func(p *plan.Plan) { p.Places[4] = p.Places[3] },
	},
	{ // the one takes the context, the other a number, which is brought there behind it; the campaign between red zones found it
		name: "what two functions take, one of which is called, in one place", context: 8, least: 8,
		source: `r3 = *(u32 *)(r1 +4)
			r4 = function g ll
			r5 = function f ll
			callx r5
			exit
			f:
			r0 = *(u8 *)(r1 +0)
			exit
			g:
			r0 = r3
			exit`,
		truth: func(p *plan.Plan) {
			say(p, 0).Place = []plan.Moved{{Var: plan.R(3), Place: p.Places[0]}}
			for _, slot := range []int{0, 7} {
				*frame(p, slot) = plan.Frame{Slot: slot, Registers: [10]plan.Known{1: plan.Low}, Facts: []plan.Fact{{Var: plan.R(1), Kind: plan.Context}}}
			}
			frame(p, 9).Registers = [10]plan.Known{3: plan.Zero}
			for i := range p.Calls.Functions {
				p.Calls.Functions[i].Returns = 1 | 1<<6 // r0
			}
		},
		lie: func(p *plan.Plan) { p.Places[3] = p.Places[1] },
	},
	{
		name: "an extension with sign has a high half", source: extension, context: 4, least: 4,
		truth: func(p *plan.Plan) { frame(p, 4).Registers = [10]plan.Known{0: plan.Both} },
		lie:   func(p *plan.Plan) { frame(p, 4).Registers[0] = plan.Zero },
	},
	{
		name: "an extension whose high half is read", source: extension, context: 4, least: 4,
		lie: func(p *plan.Plan) { say(p, 2).DeadHigh = true },
	},
	{
		name: "an extension whose first shift is left out", source: extension, context: 4, least: 4,
		lie: func(p *plan.Plan) { say(p, 1).Drop = true },
	},
	{
		name: "where an index goes", source: index, context: 4, least: 1,
		truth: func(p *plan.Plan) { deferred(p); frame(p, 0).Facts = []plan.Fact{{Var: plan.R(1), Kind: plan.Context}} },
		lie:   func(p *plan.Plan) { s := say(p, 3); s.HasRegion, s.Region = true, plan.InStack }, harmless: true,
	},
	{
		name: "where what is indexed begins", source: index, context: 4, least: 1,
		truth: deferred,
		lie: func(p *plan.Plan) {
			frame(p, 0).Facts = []plan.Fact{{Var: plan.R(1), Kind: plan.Context, Lo: 1, Hi: 1}}
		},
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
	{
		name: "halves that are loaded to where the address is", source: "r1 = *(u64 *)(r1 +0)\nr0 = 0\nexit", context: 8,
		lie: func(p *plan.Plan) { say(p, 0).Place = []plan.Moved{{Var: plan.High + 1, Place: 1}} },
	},
	{
		name: "a high half that is moved to where the low one is", source: "r2 = *(u64 *)(r1 +0)\nr0 = r2\nexit", context: 8,
		lie: func(p *plan.Plan) { say(p, 1).Place = []plan.Moved{{Var: plan.High, Place: 2}} },
	},
	{
		name: "a high half that stays in its word", source: "r2 = *(u64 *)(r1 +0)\nr3 = r2\nr0 = r3\nexit", context: 8,
		truth: func(p *plan.Plan) { say(p, 1).Place = []plan.Moved{{Var: plan.High + 3, Place: p.Highs[2]}} },
	},
	{
		name:   "a product whose halves are in one place",
		source: "r2 = *(u64 *)(r1 +0)\nr3 = *(u64 *)(r1 +0)\nr3 *= r2\nr3 >>= 32\nr0 = r3\nexit", context: 8,
		lie: func(p *plan.Plan) { say(p, 2).Place = []plan.Moved{{Var: plan.High + 3, Place: 3}} }, harmless: true,
	},
	{
		name: "what was known before a constant",
		source: `r3 = r1
			r3 = 0x20000000 ll
			goto next
			next:
			r0 = *(u8 *)(r3 +0)
			exit`,
		context: 4, least: 4,
		truth: func(p *plan.Plan) {
			say(p, 1).Defer = true
			frame(p, 0).Facts = []plan.Fact{{Var: plan.R(1), Kind: plan.Context}}
			frame(p, 4).Registers = [10]plan.Known{3: plan.Zero}
		},
		lie: func(p *plan.Plan) { frame(p, 4).Facts = []plan.Fact{{Var: plan.R(3), Kind: plan.Context}} },
	},
	{ // issue 14: the loop's test vouched for r10 as the compiler keeps it, not for r10
		name: "an escape by a group over r10", source: escape, context: 64,
		truth: escapes(),
		lie:   func(p *plan.Plan) { say(p, 5).Loop.Groups = []plan.Group{group(plan.R(4), plan.R(10))} },
	},
	{
		name: "an escape by a group over what has r10 in it", source: escape, context: 64,
		truth: escapes(),
		lie:   func(p *plan.Plan) { say(p, 5).Loop.Groups = []plan.Group{group(plan.R(4), plan.NoVar)} }, harmless: true,
	},
	{
		name: "an escape by a pointer that comes from nowhere", source: escape, context: 64,
		truth: escapes(),
		lie: func(p *plan.Plan) {
			f := frame(p, 5)
			f.Facts = append(f.Facts, plan.Fact{Var: plan.R(4), Kind: plan.Context, Hi: 8, HasSlack: true, Slack: 40})
		},
	},
	{ // what a called function does with its r10 was not looked at
		name: "a word of the frame that a called function reaches is a variable", source: callersWord,
		lie: func(p *plan.Plan) { p.Words = []plan.FrameVar{{Index: 1, Place: plan.FrameWord}} },
	},
	{
		name: "a zero half", source: "r0 = -1\ngoto next\nnext:\nexit",
		truth: func(p *plan.Plan) { frame(p, 2).Registers = [10]plan.Known{0: plan.Both} },
		lie:   func(p *plan.Plan) { frame(p, 2).Registers[0] = plan.Zero },
	},
	{
		name: "a number's bounds", source: "r0 = *(u8 *)(r1 +0)\ngoto next\nnext:\nexit", context: 1,
		truth: func(p *plan.Plan) {
			*frame(p, 2) = plan.Frame{Slot: 2, Registers: [10]plan.Known{0: plan.Zero}, Facts: []plan.Fact{{Var: plan.R(0), Hi: 255}}}
		},
		lie: func(p *plan.Plan) { frame(p, 2).Facts[0].Hi = 254 },
	},
	{
		name: "a distance to the end", source: "r0 = r2\ngoto next\nnext:\nexit", context: 9,
		truth: func(p *plan.Plan) {
			frame(p, 0).Facts = []plan.Fact{{Var: plan.R(2), NoLimit: true, HasSlack: true, Exact: true}}
			*frame(p, 2) = plan.Frame{Slot: 2, Registers: [10]plan.Known{0: plan.Zero},
				Facts: []plan.Fact{{Var: plan.R(0), NoLimit: true, HasSlack: true}}}
		},
		lie: func(p *plan.Plan) { frame(p, 2).Facts[0].Slack = 1 },
	},
	{
		name: "what a comparison says of a sum, of what was added to", context: 9, least: 1,
		source: "r0 = *(u8 *)(r1 +0)\nr3 = r0\nr3 += 4\nif r3 > r2 goto out\ngoto next\nnext:\nexit\nout:\nexit",
		truth:  below(5, 4),
		lie:    func(p *plan.Plan) { frame(p, 5).Facts[0].Slack = 5 },
	},
	{
		name: "what a comparison says of a sum that may have left 32 bits", context: 9, least: 4,
		source: "r0 = *(u32 *)(r1 +0)\nw3 = w0\nw3 += 4\nif w3 > w2 goto out\ngoto next\nnext:\nexit\nout:\nexit",
		truth: func(p *plan.Plan) {
			below(5, 4)(p)
			frame(p, 5).Facts = nil
		},
		lie: below(5, 4),
	},
	{
		name: "what a comparison says of the distance from the end", context: 9, least: 1,
		source: "r0 = *(u8 *)(r1 +0)\nr3 = r2\nif r0 > r2 goto out\nr3 -= r0\nif r3 < 5 goto out\ngoto next\nnext:\nexit\nout:\nexit",
		truth:  below(6, 5),
		lie:    func(p *plan.Plan) { frame(p, 6).Facts[0].Slack = 6 },
	},
	{
		name: "what a comparison says of the distance from the end of what may lie behind it", context: 9, least: 1,
		source: "r0 = *(u8 *)(r1 +0)\nr3 = r2\nr3 -= r0\nif r3 < 5 goto out\ngoto next\nnext:\nexit\nout:\nexit",
		truth: func(p *plan.Plan) {
			below(5, 5)(p)
			frame(p, 5).Facts = nil
		},
		lie: below(5, 5),
	},
	{
		name: "the context's length", source: "r0 = 0\nif r2 < 4 goto next\ngoto more\nmore:\nr0 = *(u32 *)(r1 +0)\nnext:\nexit", context: 4,
		truth: func(p *plan.Plan) {
			frame(p, 0).Facts = []plan.Fact{{Var: plan.R(2), NoLimit: true, HasSlack: true, Exact: true}}
			*frame(p, 3) = plan.Frame{Slot: 3, Registers: [10]plan.Known{1: plan.Zero}, Length: 4}
			frame(p, 4).Registers = [10]plan.Known{0: plan.Zero}
		},
		lie: func(p *plan.Plan) { frame(p, 3).Length = 5 },
	},
	{
		name: "there is no budget where a turn is paid for", source: "w0 = 3\ntop:\nw0 += -1\nif w0 != 0 goto top\nexit",
		lie: func(p *plan.Plan) { p.Places[plan.Budget] = plan.Nowhere },
	},
	{
		name: "nothing is paid for, and there is no budget", source: "w0 = 3\nexit",
		lie: func(p *plan.Plan) { p.Places[plan.Budget] = plan.Nowhere }, harmless: true,
	},
	{
		name: "the context's start is nowhere, and an access is compared with it", source: index, context: 8,
		lie: func(p *plan.Plan) { p.Places[plan.Base] = plan.Nowhere },
	},
	{
		name: "the limit is nowhere, and an access is compared with it", source: index, context: 8,
		lie: func(p *plan.Plan) { p.Places[plan.Limit] = plan.Nowhere },
	},
	{
		name: "r10 is nowhere, and is read", source: "r0 = r10\nr0 &= 1\nexit",
		lie: func(p *plan.Plan) { p.Places[plan.R(10)] = plan.Nowhere },
	},
	{
		name: "a result that is read", source: "r0 = 7\nr0 += 1\nexit",
		lie: func(p *plan.Plan) { say(p, 0).Drop = true },
	},
	{
		name: "a high half that is read", source: "r0 = -1\nexit",
		lie: func(p *plan.Plan) { say(p, 0).DeadHigh = true },
	},
	{
		name: "a function that changes what its caller keeps", source: "r6 = 1\ncall f\nr0 = r6\nexit\nf:\nr6 = 2\nexit",
		lie: func(p *plan.Plan) { p.Calls.Functions[1].Registers = 0 },
	},
	{
		name: "by how much a counter moves", source: escape, context: 64,
		truth: escapes(), lie: func(p *plan.Plan) { say(p, 5).Loop.Variables[0].By = 2 },
	},
	{
		name: "where a counter is when it is tested", source: escape, context: 64,
		truth: escapes(), lie: func(p *plan.Plan) { say(p, 5).Loop.Offset = 0 },
	},
	{
		name: "a counter that the loop does not have", source: escape, context: 64,
		truth: escapes(), lie: func(p *plan.Plan) { say(p, 5).Loop.Variables[0].Var = plan.R(0) },
	},
}

// amid is a loop that is entered behind its first instruction, beside which r4 is needed.
const amid = `
	w0 = 0
	w4 = 7
	w3 = 0
	w5 = 1
	goto mid
	top:
	w5 = 9
	mid:
	w0 += w5
	w3 += 1
	if w3 < 4 goto top
	w0 += w4
	exit`

// extension extends a word with its sign, by two shifts.
const extension = "r0 = *(u32 *)(r1 +0)\nr0 <<= 32\nr0 s>>= 32\ngoto next\nnext:\nexit"

// callersWord reads its caller's frame, 512 bytes above its own.
const callersWord = `
	*(u32 *)(r10 -8) = 7
	call f
	exit
	f:
	r3 = r10
	r0 = *(u32 *)(r3 +504)
	exit`

// index reads the context by an index, which is compared with its length.
const index = "r3 = *(u8 *)(r1 +0)\nr4 = r1\nr4 += r3\nr0 = *(u8 *)(r4 +2)\nexit"

// enteredApart jumps to the first slot of a loop, whose first access is then outside a context of 8 bytes.
const enteredApart = `w0 = 0
	w3 = 60
	if r2 == 8 goto top
	w3 = 0
	top:
	r5 = r1
	r5 += r3
	r5 = *(u8 *)(r5 +0)
	r0 += r5
	r3 += 1
	if r3 < 64 goto top
	exit`

func deferred(p *plan.Plan) { say(p, 1).Defer, say(p, 2).Defer = true, true }

// escape is a program that once read behind its context: r4 is r1 + 512 - r10.
const escape = `
	r4 = r1
	r4 -= r10
	r4 += 512
	r3 = 0
	r0 = 0
	top:
	r5 = r4
	r5 += r10
	r6 = *(u32 *)(r5 +0)
	r0 += r6
	r3 += 1
	if r3 < 4 goto top
	exit`

// escapes is what is true of it.
func escapes() func(p *plan.Plan) {
	return func(p *plan.Plan) {
		frame(p, 0).Facts = []plan.Fact{{Var: plan.R(1), Kind: plan.Context}}
		*frame(p, 5) = plan.Frame{Slot: 5, Registers: [10]plan.Known{0: plan.Both, 3: plan.Zero, 4: plan.Both}, Facts: []plan.Fact{{Var: plan.R(3), Hi: 3}}}
		frame(p, 11).Registers = [10]plan.Known{0: plan.Both}
		say(p, 5).Loop = &plan.Loop{Head: 5, End: 10, Test: 10, Offset: 1, Prepaid: true, Bound: plan.NoVar,
			Variables: []plan.Step{{Var: plan.R(3), By: 1, ByVar: plan.NoVar}}}
	}
}

// below says where r2 is the length of the context that r0 is so far below it, at a slot with which the program ends, as at the next.
func below(slot int, slack int32) func(p *plan.Plan) {
	return func(p *plan.Plan) {
		frame(p, 0).Facts = []plan.Fact{{Var: plan.R(2), NoLimit: true, HasSlack: true, Exact: true}}
		*frame(p, slot) = plan.Frame{Slot: slot, Registers: [10]plan.Known{0: plan.Zero}, Facts: []plan.Fact{{Var: plan.R(0), NoLimit: true, HasSlack: true, Slack: slack}}}
		frame(p, slot+1).Registers = [10]plan.Known{0: plan.Zero}
	}
}

// turn is a loop without a counter, in which a pointer moves.
const turn = `w0 = 0
	top:
	r3 = *(u8 *)(r1 +0)
	r1 += 8
	if r3 == 0 goto mid
	r0 += r3
	mid:
	r4 = *(u8 *)(r1 +0)
	r0 += r4
	if r4 != 0 goto top
	exit`

// turns tests both of its addresses as each turn begins.
func turns() func(p *plan.Plan) {
	return func(p *plan.Plan) {
		frame(p, 5).Loop = &plan.InLoop{Forms: []plan.Form{{Var: plan.R(1), Of: plan.R(1), Add: 8}}}
		frame(p, 8).Registers = [10]plan.Known{0: plan.Both}
		g := group(plan.R(1), plan.NoVar)
		g.Bytes = 9
		say(p, 1).Loop = &plan.Loop{Head: 1, End: 7, Test: 1, Bound: plan.NoVar, Groups: []plan.Group{g}}
	}
}

func group(a, b plan.Var) plan.Group {
	return plan.Group{A: a, B: b, C: plan.NoVar, Bytes: 4, Region: plan.InContext}
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
			p := progen.Program{Text: program.Text, Context: bytes.Repeat([]byte{1}, l.context), CtxMin: l.least, Budget: 1000}
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

// TestNumbersAreReadAlike has a claim that holds of one number only, for numbers of every length.
func TestNumbersAreReadAlike(t *testing.T) {
	m, err := redzone.New(unicorn.CortexM4)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	numbers := []uint32{0, 1, 2, 5, 6, 0xffffffff, 0xfffffffe}
	for digits := 3; digits < 32; digits++ {
		numbers = append(numbers, 1<<digits-3, 1<<digits-2, 1<<digits-1)
	}
	for _, n := range numbers {
		program, err := asm.Program(fmt.Sprintf("w1 = %d\nif w1 == 7 goto end\nend:\nr0 = 0\nexit", int32(n)))
		if err != nil {
			t.Fatal(err)
		}
		p := progen.Program{Text: program.Text, Context: []byte{1}, Budget: 10}
		claims := func(hi uint32) bool {
			x := hostile.Plain(p.Text, plan.Functions(p.Text, nil))
			*frame(x, 2) = plan.Frame{Slot: 2, Registers: [10]plan.Known{1: plan.Zero}, Facts: []plan.Fact{{Var: 1, Hi: int64(hi)}}}
			return verdict(t, m, p, x)
		}
		if !claims(n) {
			t.Errorf("%d is not believed to be at most %[1]d: %s", n, m.Verdict())
		}
		if n > 0 && claims(n-1) {
			t.Errorf("%d is believed to be at most %d", n, n-1)
		}
	}
}
