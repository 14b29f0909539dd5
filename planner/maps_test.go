// SPDX-License-Identifier: GPL-2.0-or-later

package planner_test

import (
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/maps"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/plan"
)

// Two arrays of 4 × 8 bytes, a hash map, a ring buffer; the handle of each is 8 above the one before.
var someMaps = []maps.Def{
	{Name: "a", Type: abi.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 4},
	{Name: "b", Type: abi.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 4},
	{Name: "h", Type: abi.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 4},
	{Name: "ring", Type: abi.MapRingbuf, MaxEntries: 64},
	{Name: "read", Type: abi.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 4, Flags: maps.ReadOnly},
	{Name: "odd", Type: abi.MapArray, KeySize: 4, ValueSize: 12, MaxEntries: 4},
}

const (
	inA    = "r1 = 0xf8000000 ll\n"
	inH    = "r1 = 0xf8000010 ll\n"
	inRing = "r1 = 0xf8000018 ll\n"
	inRead = "r1 = 0xf8000020 ll\n"
	inOdd  = "r1 = 0xf8000028 ll\n"
	key    = "r2 = r10\nr2 += -4\n"
	lookup = key + inA + "call #224\n"
)

// notes are what becomes of the accesses behind the last call, in order.
func notes(t *testing.T, v judge.Verdict, text []byte) (all []judge.Note) {
	t.Helper()
	for slot := range v.Notes {
		base := text[8*slot+1] & 15
		if text[8*slot]&7 == 1 { // a load
			base = text[8*slot+1] >> 4
		}
		if base != 10 && v.Notes[slot] != judge.Nothing {
			all = append(all, v.Notes[slot]&15)
		}
	}
	return all
}

// What the compiler makes of accesses to what lookups return: proved, or checked.
func TestPointersIntoMaps(t *testing.T) {
	const use = "r3 = *(u64 *)(r0 +0)\nend:\nr0 = 0\nexit"
	for _, c := range []struct {
		name, source string
		want         []judge.Note
	}{
		{"a constant index needs no comparison", "*(u32 *)(r10 -4) = 3\n" + lookup + use, []judge.Note{judge.Proved}},
		{"one that is none", "*(u32 *)(r10 -4) = 4\n" + lookup + use, []judge.Note{judge.Checked}},
		{"an index that is bounded", "r3 = *(u8 *)(r1 +0)\nr3 &= 3\n*(u32 *)(r10 -4) = r3\n" + lookup + use, []judge.Note{judge.Checked, judge.Proved}},
		{"one that is not, compared", "*(u32 *)(r10 -4) = r2\n" + lookup + "if r0 == 0 goto end\n" + use, []judge.Note{judge.Proved}},
		{"one that is not, not compared", "*(u32 *)(r10 -4) = r2\n" + lookup + use, []judge.Note{judge.Checked}},
		{"compared in a copy", "*(u32 *)(r10 -4) = r2\n" + lookup + "r6 = r0\nif r6 == 0 goto end\n" + use, []judge.Note{judge.Proved}},
		{"compared on the other way", "*(u32 *)(r10 -4) = r2\n" + lookup + "if r0 != 0 goto end\n" + use, []judge.Note{judge.Checked}},
		{"behind the value", "*(u32 *)(r10 -4) = 3\n" + lookup + "r3 = *(u64 *)(r0 +1000)\nr0 = 0\nexit", []judge.Note{judge.Checked}},
		{"half behind it", "*(u32 *)(r10 -4) = 3\n" + lookup + "r3 = *(u64 *)(r0 +4)\nr0 = 0\nexit", []judge.Note{judge.Checked}},
		{"in front of it", "*(u32 *)(r10 -4) = 0\n" + lookup + "r3 = *(u64 *)(r0 -1)\nr0 = 0\nexit", []judge.Note{judge.Checked}},
		{"another value of the map", "*(u32 *)(r10 -4) = 0\n" + lookup + "r3 = *(u64 *)(r0 +24)\nr0 = 0\nexit", []judge.Note{judge.Proved}},
		{"a key that was stored over", "*(u32 *)(r10 -4) = 3\n*(u16 *)(r10 -2) = 1\n" + lookup + use, []judge.Note{judge.Checked}},
		{"a key that a pointer may have been stored to", "*(u32 *)(r10 -4) = 3\nr3 = r10\nr3 += r2\n*(u8 *)(r3 -4) = 9\n" + lookup + use, []judge.Note{judge.Checked, judge.Checked}},
		{"a key that a helper may have changed", "*(u32 *)(r10 -4) = 3\nr6 = 0\ncall #82\n" + lookup + use, []judge.Note{judge.Checked}},
		{"a key that another lookup left", "*(u32 *)(r10 -4) = 3\n" + lookup + lookup + use, []judge.Note{judge.Proved}},
		{"a key of one way only", "*(u32 *)(r10 -4) = 3\nif r2 > 40 goto join\n*(u32 *)(r10 -4) = 7\njoin:\n" + lookup + use, []judge.Note{judge.Checked}},
		{"a hash map, compared", "*(u32 *)(r10 -4) = 3\n" + key + inH + "call #224\nif r0 == 0 goto end\n" + use, []judge.Note{judge.Proved}},
		{"a hash map, not compared", "*(u32 *)(r10 -4) = 3\n" + key + inH + "call #224\n" + use, []judge.Note{judge.Checked}},
		{"a record, compared", "r2 = 8\nr3 = 0\n" + inRing + "call #243\nif r0 == 0 goto end\nr6 = r0\n*(u64 *)(r6 +0) = 1\nr1 = r6\nr2 = 0\ncall #244\nend:\nr0 = 0\nexit", []judge.Note{judge.Proved}},
		{"behind a record", "r2 = 8\nr3 = 0\n" + inRing + "call #243\nif r0 == 0 goto end\nr6 = r0\n*(u64 *)(r6 +8) = 1\nr1 = r6\nr2 = 0\ncall #244\nend:\nr0 = 0\nexit", []judge.Note{judge.Checked}},
		{"a map that is only read", "*(u32 *)(r10 -4) = 3\n" + key + inRead + "call #224\n*(u64 *)(r0 +0) = 1\n" + use, []judge.Note{judge.Checked, judge.Proved}},
		{"values of 12 bytes", "*(u32 *)(r10 -4) = r2\n" + key + inOdd + "call #224\nif r0 == 0 goto end\nr3 = *(u32 *)(r0 +8)\nend:\nr0 = 0\nexit", []judge.Note{judge.Proved}},
		{"a handle that is none", "*(u32 *)(r10 -4) = 3\n" + key + "r1 = 0xf8000004 ll\ncall #224\n" + use, []judge.Note{judge.Checked}},
		{"a map too many", "*(u32 *)(r10 -4) = 3\n" + key + "r1 = 0xf8000030 ll\ncall #224\n" + use, []judge.Note{judge.Checked}},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatal(c.name, err)
		}
		p.Maps = someMaps
		x, err := planner.Of(p)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := notes(t, x.Verdict, p.Text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Claims about pointers into maps that the compiler cannot see to hold: the plan is refused.
func TestLiesAboutMaps(t *testing.T) {
	const source = `*(u32 *)(r10 -4) = 2
		r6 = r2
		` + lookup + `
		if r6 > 40 goto join
		r6 = 7
		join:
		r3 = *(u64 *)(r0 +0)
		r0 = r3
		exit`
	p, err := asm.Program(source)
	if err != nil {
		t.Fatal(err)
	}
	p.Maps = someMaps
	x, err := planner.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for i, f := range x.Plan.Frames {
		for k, fact := range f.Facts {
			if fact.Kind == plan.Values {
				at = i
				f.Facts[0], f.Facts[k] = f.Facts[k], f.Facts[0]
			}
		}
	}
	if at < 0 {
		t.Fatalf("the plan claims nothing of the map:\n%v", x.Plan)
	}
	j, err := judge.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	honest := x.Plan.Frames[at].Facts[0]
	for _, c := range []struct {
		name     string
		change   func(f *plan.Fact)
		followed bool
	}{
		{"the truth", func(*plan.Fact) {}, true},
		{"less than the truth", func(f *plan.Fact) { f.Lo, f.Hi = 8, 24 }, true},
		{"another map", func(f *plan.Fact) { f.Map = 1 }, false},
		{"a map that there is not", func(f *plan.Fact) { f.Map = 9 }, false},
		{"the entry in front", func(f *plan.Fact) { f.Lo, f.Hi = 8, 8 }, false},
		{"the entry behind", func(f *plan.Fact) { f.Lo, f.Hi = 24, 24 }, false},
		{"variables, not a map", func(f *plan.Fact) { f.Kind = plan.Data }, false},
		{"the context, not a map", func(f *plan.Fact) { f.Kind = plan.Context }, false},
	} {
		f := honest
		c.change(&f)
		x.Plan.Frames[at].Facts[0] = f
		data, err := x.Plan.Encode(p.Text, plan.Functions(p.Text, nil))
		if err != nil {
			t.Fatal(err)
		}
		v, err := j.Try(data, false)
		if err != nil {
			t.Fatal(err)
		}
		if v.Followed != c.followed {
			t.Errorf("%s: followed is %v: %s at %d", c.name, v.Followed, v.Reason, v.Slot)
		}
	}
}
