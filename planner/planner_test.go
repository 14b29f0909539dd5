// SPDX-License-Identifier: GPL-2.0-or-later

package planner_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/testenv"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/internal/asm"
	"github.com/ubench-dev/ubench/planner/plan"
)

// programs are all there are.
func programs(t *testing.T) (list []*image.Program) {
	t.Helper()
	for _, b := range benchmarks.All() {
		p, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	for _, e := range examples.All() {
		p, err := image.LoadObject(e.Name, e.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// A plan is the same each time, and what is written is read again.
func TestPlansAreWritten(t *testing.T) {
	for i, p := range programs(t) {
		if !testenv.Share(i, 2) {
			continue
		}
		functions := plan.Functions(p.Text, nil)
		var first []byte
		for n := range 2 {
			if n > 0 && len(p.Text)/8 > 50 && !testenv.Whole() {
				break
			}
			x, err := planner.Of(p)
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				break
			}
			data := x.Bytes
			if first != nil && !bytes.Equal(first, data) {
				t.Errorf("%s: two plans differ", p.Name)
			}
			first = data
			again, err := plan.Decode(data, p.Text, functions, len(p.Maps))
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
			} else if again.String() != x.Plan.String() {
				t.Errorf("%s: wrote\n%s\nread\n%s", p.Name, x.Plan, again)
			}
		}
	}
}

// FuzzOf makes plans of any program: it has one, or an error says why not, and what it has is followed and read again.
func FuzzOf(f *testing.F) {
	for n := range 24 {
		f.Add(progen.Seed(3, n), n%4 > 0, n%2 > 0)
	}
	f.Fuzz(func(t *testing.T, seed []byte, calls, extended bool) {
		plannable(t, progen.Generate(seed, progen.Features{Calls: calls, Extended: extended, Counted: true}))
	})
}

// TestOfGenerated makes plans of generated programs. UBENCH_PLANNER says of how many.
func TestOfGenerated(t *testing.T) {
	programs := testenv.Many(t, "UBENCH_PLANNER", 25, 150)
	none := 0
	for n := range programs {
		if !plannable(t, progen.Numbered(11, n)) {
			none++
		}
	}
	t.Logf("%d programs, %d without a plan", programs, none)
	if none > programs/10 {
		t.Errorf("%d of %d have no plan", none, programs)
	}
}

// plannable tells whether a program has a plan.
func plannable(t *testing.T, p progen.Program) bool {
	linked, err := p.Linked()
	if err != nil {
		return false
	}
	x, err := planner.Of(linked)
	if err != nil {
		return false
	}
	again, err := plan.Decode(x.Bytes, p.Text, plan.Functions(p.Text, nil), len(p.Maps))
	if err != nil || again.String() != x.Plan.String() || !x.Verdict.Followed {
		t.Errorf("%v, %s\ntext %x", err, x.Verdict.Reason, p.Text)
	}
	return true
}

// Each of these kinds of programs of several functions had no plan.
func TestPlansOfFunctions(t *testing.T) {
	for _, c := range []struct{ name, source string }{
		{"a called function has words of its own in its frame, none that others reach", `
			r2 = r1
			call sum
			exit
			sum:
			*(u64 *)(r10 -8) = r2
			*(u32 *)(r10 -12) = r1
			r0 = *(u64 *)(r10 -8)
			r1 = *(u32 *)(r10 -12)
			r0 += r1
			exit`},
		{"functions that a pointer may name take other arguments", `
			r3 = r2
			r2 = r1
			r1 = function add ll
			call each
			exit
			each:
			w6 = w3
			r7 = r2
			r8 = r1
			w0 = 0
			if w6 == 0 goto end
			more:
			r2 = *(u8 *)(r7 +0)
			w1 = w0
			callx r8
			r7 += 1
			w6 += -1
			if w6 != 0 goto more
			end:
			exit
			add:
			w0 = w2
			w0 += w1
			exit`},
		{"the program returns 64 bits, what it calls 32", `
			r6 = r2
			w1 = w2
			w2 = 3
			call times
			r0 *= r6
			r0 <<= 7
			exit
			times:
			r0 = (s32)r1
			r2 = (s32)r2
			r0 *= r2
			r0 >>= 16
			exit`},
	} {
		p, err := asm.Program(c.source)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if _, err := planner.Of(p); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A high half is copied to the word of the code's frame it is in already, beside its low half's, and both are read again: siphash24
// as clang-19 makes it with -Os -mcpu=v4. The compiler said that the copy was in ip.
func TestCopyStaysInItsWord(t *testing.T) {
	data, err := os.ReadFile("testdata/siphash24-os.o")
	if err != nil {
		t.Fatal(err)
	}
	p, err := image.LoadObject("siphash24", data, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := planner.Of(p); err != nil {
		t.Error(err)
	}
}

// Filters multiply numbers with a sign by constants, often one number by several: nothing is computed of the sign, and no registers are saved for it.
func TestSignsAreLeftToProducts(t *testing.T) {
	p, err := asm.Program(`
		r3 = *(u32 *)(r1 +0)
		r3 <<= 32
		r3 s>>= 32
		r2 = r3
		r2 *= 12000
		r3 *= -700
		r2 += r3
		r2 >>= 14
		r0 = r2
		exit`)
	if err != nil {
		t.Fatal(err)
	}
	x, err := planner.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	products := 0
	for at := 0; at < len(x.Verdict.Code); at += 2 {
		switch half := binary.LittleEndian.Uint16(x.Verdict.Code[at:]); {
		case half>>4 == 0xfb8: // smull
			products++
		case half == 0xb40f: // push {r0-r3}
			t.Error("registers are saved")
		}
	}
	if products != 2 {
		t.Errorf("%d signed products of 64 bits, not 2, in % x", products, x.Verdict.Code)
	}
}

// A program that checks nothing when it runs keeps neither start nor limit of the context, one that pays for nothing no budget.
func TestNothingIsKeptForNothing(t *testing.T) {
	p, err := asm.Program("r0 = 0\nif r2 < 8 goto end\nr0 = *(u32 *)(r1 +4)\nend:\nexit")
	if err != nil {
		t.Fatal(err)
	}
	x, err := planner.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []plan.Var{plan.R(10), plan.Budget, plan.Base, plan.Limit} {
		if at := x.Plan.Places[v]; at != plan.Nowhere {
			t.Errorf("%v is in %v", v, at)
		}
	}
}

// BenchmarkOf makes plans of all benchmarks of benchmarks/.
func BenchmarkOf(b *testing.B) {
	for b.Loop() {
		for _, x := range benchmarks.All() {
			p, err := image.LoadObject(x.Name, x.Object, x.Name)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := planner.Of(p); err != nil {
				b.Fatal(x.Name, err)
			}
		}
	}
}
