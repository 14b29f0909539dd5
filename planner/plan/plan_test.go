// SPDX-License-Identifier: GPL-2.0-or-later

package plan

import (
	"bytes"
	"reflect"
	"testing"
)

// loop is: r0 = 0; r2 += r1; head: r3 = *(u8 *)(r1 + 0); r0 += r3; r1 += 1; if r1 != r2 goto head; exit.
var loop = []byte{
	0xb4, 0x00, 0, 0, 0, 0, 0, 0,
	0x0f, 0x12, 0, 0, 0, 0, 0, 0,
	0x71, 0x13, 0, 0, 0, 0, 0, 0,
	0x0f, 0x30, 0, 0, 0, 0, 0, 0,
	0x07, 0x01, 0, 0, 1, 0, 0, 0,
	0x5d, 0x21, 0xfc, 0xff, 0, 0, 0, 0,
	0x95, 0, 0, 0, 0, 0, 0, 0,
}

func example() *Plan {
	p := &Plan{Window: 8, Frame: 21, Joins: []int{6}}
	for v := range p.Places {
		p.Places[v] = Place(v % 12)
	}
	p.Places[5], p.Places[Memory] = Nowhere, FrameWord+20
	for r := range p.Highs {
		p.Highs[r] = FrameWord + Place(r)
	}
	p.Highs[5] = Nowhere
	p.Words = []FrameVar{{0, 3}, {2, FrameWord + 11}}
	p.Frames = []Frame{
		{Slot: 0, Registers: [10]Known{1: Zero, 2: Zero}, Facts: []Fact{{Var: 1, Kind: Context}, {Var: 2, NoLimit: true, HasSlack: true, Exact: true}}},
		{Slot: 2, Registers: [10]Known{Both, Zero, Low}, Words: 2, Moved: []Moved{{Word + 1, 5}}, Length: 300,
			Facts: []Fact{{Var: 1, Kind: Data, Lo: -8, Hi: 70000, Slack: -3, HasSlack: true}, {Var: 2, Hi: 40, Slack: 8, Times: 4, HasSlack: true, Align: 3}},
			Loop:  &InLoop{Tested: true, Forms: []Form{{3, 1, -1}}}},
		{Slot: 6, Registers: [10]Known{Both}},
	}
	p.Insns = []Insn{
		{Slot: 0, Defer: true},
		{Slot: 2, Loop: &Loop{Head: 3, End: 5, Holes: []Hole{{4, 5}}, Test: 5, Source: true, Offset: 1, Prepaid: true, Bound: 7,
			Variables: []Step{{1, 1, NoVar}, {2, 0, 7}},
			Groups:    []Group{{1, NoVar, NoVar, 0, 0, 1, InContext, false, true}, {1, 2, 5, 3, -4, 400, Elsewhere, true, false}}}},
		{Slot: 3, Place: []Moved{{0, 4}}, Move: []Moved{{High, FrameWord + 3}}, Region: InMemory, HasRegion: true,
			Apart: true, Drop: true, DeadHigh: true},
	}
	return p
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	p := example()
	data, err := p.Encode(loop, Functions(loop, nil))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(data, loop, Functions(loop, nil), 0)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p, again) {
		t.Errorf("wrote\n%v\nread\n%v", p, again)
	}
	if p.String() != again.String() {
		t.Errorf("the texts differ:\n%v\n%v", p, again)
	}
}

// What is said of values of maps, where a program has any, is read as it was written, and what names a map too many is refused.
func TestClaimsOfMaps(t *testing.T) {
	p := example()
	p.Maps = 3
	if len(p.Frames) == 0 {
		t.Fatal("the example has no frame")
	}
	p.Frames[0].Facts = append(p.Frames[0].Facts, Fact{Var: 3, Kind: Values, Map: 2, Lo: 8, Hi: 16}, Fact{Var: 4, Kind: Data, Hi: 4}, Fact{Var: 5, Kind: Values, NoLimit: true})
	data, err := p.Encode(loop, Functions(loop, nil))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(data, loop, Functions(loop, nil), 3)
	if err != nil || !reflect.DeepEqual(p, again) {
		t.Errorf("wrote\n%v\nread\n%v, %v", p, again, err)
	}
	if _, err := Decode(data, loop, Functions(loop, nil), 2); err == nil {
		t.Error("of two maps, it is about the third")
	}
}

func TestPlansOfOtherProgramsAreRefused(t *testing.T) {
	p := example()
	p.Frames = p.Frames[1:]
	if _, err := p.Encode(loop, Functions(loop, nil)); err == nil {
		t.Error("a frame is missing, and nobody says so")
	}
	p = example()
	p.Calls = &Calls{}
	if _, err := p.Encode(loop, Functions(loop, nil)); err == nil {
		t.Error("there are no calls, and nobody says so")
	}
	p = example()
	p.Insns = append(p.Insns, Insn{Slot: 3})
	if _, err := p.Encode(loop, Functions(loop, nil)); err == nil {
		t.Error("an instruction is described twice, and nobody says so")
	}
}

func TestDamagedPlansAreRefusedOrOthers(t *testing.T) {
	data, err := example().Encode(loop, Functions(loop, nil))
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := Decode(data[:n], loop, Functions(loop, nil), 0); err == nil {
			t.Errorf("%d of %d bytes are taken for all", n, len(data))
		}
	}
	for bit := range 8 * len(data) {
		damaged := bytes.Clone(data)
		damaged[bit/8] ^= 1 << (bit % 8)
		if p, err := Decode(damaged, loop, Functions(loop, nil), 0); err == nil && reflect.DeepEqual(p, example()) {
			t.Errorf("bit %d makes no difference", bit)
		}
	}
}
