// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/bounds"
)

// metered is a target that models cycles.
func metered(t *testing.T) emu.Target {
	t.Helper()
	target, err := unicorn.Open(t.Context(), unicorn.Options{Model: func(core unicorn.Core) (unicorn.Model, error) {
		return meter.New(core, cycles.Options{})
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	return target
}

// Bounds of instructions and cycles hold for every benchmark that has them, at every size. Where loops are counted and do
// the same in each turn, the bound of the forms that ran is not more than twice what is executed.
func TestBoundsHold(t *testing.T) {
	target := metered(t)
	counted := map[string]bool{"fletcher16": true, "crc32table": true, "crc32": true, "slip": true, "pid": true, "bignum": true, "isort": true}
	// Where what is done in a turn depends on values, the input for which most is.
	worst := map[string]func(context []byte){"isort": descend}
	bounded := 0
	for _, b := range benchmarks.All() {
		program, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		known, err := planner.Look(program)
		if err != nil {
			t.Fatal(err)
		}
		v := verificationOf(known, conditions{})
		if v.Instructions.Why != "" {
			if counted[b.Name] {
				t.Errorf("%s has no bound: %s", b.Name, v.Instructions.Why)
			}
			continue
		}
		bounded++
		data, err := known.WithPlan().Encode(abi.Packed)
		if err != nil {
			t.Fatal(err)
		}
		short, _ := boundsOf(known, conditions{}, spent.smaller)
		sizes := b.DefaultSizes
		if !b.Sized {
			sizes = []int{0}
		}
		if len(sizes) > 2 {
			sizes = []int{sizes[0], sizes[len(sizes)/2]}
		}
		for _, size := range sizes {
			job := emu.Job{Engine: "jit-plan", Format: abi.Packed, Image: data, Helpers: program.Helpers, Context: b.Input(size), Trace: b.Trace}
			if change := worst[b.Name]; change != nil {
				change(job.Context)
			}
			s, err := target.Run(t.Context(), job)
			if err != nil || s.Fault.Status != abi.OK {
				t.Fatalf("%s: %v, %v", b.Name, err, s.Fault)
			}
			for _, what := range []struct {
				name string
				took uint64
				most []float64
			}{{"instructions", s.Execute.Instructions, v.Instructions.Coefficients}, {"cycles", s.Execute.Cycles, v.Cycles.Coefficients}} {
				most := at(what.most, len(job.Context))
				if len(b.Helpers) == 0 && float64(what.took) > most {
					t.Errorf("%s, %d: %d %s, at most %.0f were possible", b.Name, size, what.took, what.name, most)
				}
				if size == sizes[len(sizes)-1] {
					t.Logf("%s, %d: %d %s of at most %.0f", b.Name, size, what.took, what.name, most)
				}
				if ran := at(short.Coefficients, len(job.Context)); counted[b.Name] && what.name == "instructions" &&
					size == sizes[len(sizes)-1] && ran > 2*float64(what.took) {
					t.Errorf("%s, %d: %d instructions, and the bound of what ran is %.0f", b.Name, size, what.took, ran)
				}
			}
		}
	}
	if bounded < 8 {
		t.Errorf("only %d benchmarks have a bound", bounded)
	}
}

// What a check that looks at all regions takes is in the bound, with no region granted and with as many as there can be: the program
// reads one address after the other through pointers that come from memory, each in another region than the one before.
func TestBoundsHoldOfChecks(t *testing.T) {
	target := metered(t)
	const turns = 500
	// r8 = context; r6 = turns; do { r2 = context[0]; r0 = *(u8 *)r2; r2 = context[8]; r0 = *(u8 *)r2 } while (--r6)
	text, err := hex.DecodeString("bf18000000000000" + "b7060000f4010000" +
		"7982000000000000" + "7120000000000000" + "7982080000000000" + "7120000000000000" +
		"07060000ffffffff" + "5506faff00000000" + "9500000000000000")
	if err != nil {
		t.Fatal(err)
	}
	program, err := image.FromText("two", text)
	if err != nil {
		t.Fatal(err)
	}
	for _, granted := range []int{0, grantedMost} {
		v, err := verifyProgram(program, conditions{granted: granted})
		if err != nil || v.Instructions.Why != "" {
			t.Fatalf("no bound: %v, %s", err, v.Instructions.Why)
		}
		job, err := programJob(emu.Job{Engine: "jit-plan"}, program)
		if err != nil {
			t.Fatal(err)
		}
		job.Context, job.Budget = make([]byte, 24), 0
		for range granted {
			job.Granted = append(job.Granted, emu.Region{Bytes: make([]byte, 8)})
		}
		exit := []byte{0x95, 0, 0, 0, 0, 0, 0, 0}
		where, err := target.Run(t.Context(), emu.Job{Engine: "jit-plan", Format: abi.TextOnly, Image: exit, Context: job.Context, Granted: job.Granted})
		if err != nil {
			t.Fatal(err)
		}
		// The two regions that are looked at last, or the context twice.
		first, second := where.ContextAddr+16, where.ContextAddr+16
		if granted > 0 {
			second = where.ContextAddr + 24 + 8*uint32(granted-1)
			first = second - 8
		}
		binary.LittleEndian.PutUint32(job.Context, first)
		binary.LittleEndian.PutUint32(job.Context[8:], second)
		s, err := target.Run(t.Context(), job)
		if err != nil || s.Fault.Status != abi.OK {
			t.Fatalf("%d granted: %v, %v", granted, err, s.Fault)
		}
		for _, what := range []struct {
			name string
			took uint64
			most []float64
		}{{"instructions", s.Execute.Instructions, v.Instructions.Coefficients}, {"cycles", s.Execute.Cycles, v.Cycles.Coefficients}} {
			most := at(what.most, len(job.Context))
			t.Logf("%d granted: %d %s of at most %.0f", granted, what.took, what.name, most)
			if float64(what.took) > most {
				t.Errorf("%d granted: %d %s, at most %.0f were possible", granted, what.took, what.name, most)
			}
			if granted > 0 && what.name == "instructions" && what.took < turns*400 {
				t.Errorf("%d granted: only %d instructions: the regions are not looked at", granted, what.took)
			}
		}
	}
}

// What is cleared of a stack before a run is in the bound: of eight functions, each of which calls the next one, all frames.
func TestBoundsHoldOfStacks(t *testing.T) {
	target := metered(t)
	for depth := range abi.FramesMax {
		var text []byte
		for n := range depth + 1 {
			part := "7b1af8ff00000000" + "b700000000000000" + "9500000000000000" // *(u64 *)(r10 - 8) = r1; r0 = 0; exit
			if n < depth {
				part = "7b1af8ff00000000" + "8510000001000000" + "9500000000000000" // and a call of what lies behind
			}
			b, err := hex.DecodeString(part)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, b...)
		}
		program, err := image.FromText("deep", text)
		if err != nil {
			t.Fatal(err)
		}
		v, err := verifyProgram(program, conditions{})
		if err != nil || v.Instructions.Why != "" {
			t.Fatalf("%d deep: no bound: %v, %s", depth, err, v.Instructions.Why)
		}
		job, err := programJob(emu.Job{Engine: "jit-plan"}, program)
		if err != nil {
			t.Fatal(err)
		}
		s, err := target.Run(t.Context(), job)
		if err != nil || s.Fault.Status != abi.OK {
			t.Fatalf("%d deep: %v, %v", depth, err, s.Fault)
		}
		most, dear := at(v.Instructions.Coefficients, 0), at(v.Cycles.Coefficients, 0)
		t.Logf("%d deep: %d instructions of at most %.0f, %d cycles of at most %.0f", depth, s.Execute.Instructions, most, s.Execute.Cycles, dear)
		if float64(s.Execute.Instructions) > most || float64(s.Execute.Cycles) > dear {
			t.Errorf("%d deep: more than is possible", depth)
		}
	}
}

// descend makes the numbers of isort's context descend.
func descend(context []byte) {
	for i := range len(context)/4 - 1 {
		binary.LittleEndian.PutUint32(context[4+4*i:], uint32(len(context)-i))
	}
}

// at is a polynomial's value.
func at(coefficients []float64, length int) (v float64) {
	return bounds.Poly(coefficients).At(float64(length))
}

// What is said of accesses and loops, by lines of C where they are known.
func TestVerify(t *testing.T) {
	text := output(t, "verify", "fletcher16")
	for _, want := range []string{"fletcher16.c:15  r3 = *(u32 *)(r1 +0): proved", "turns", "instructions  ", "*len"} {
		if !strings.Contains(text, want) {
			t.Errorf("verify lacks %q:\n%s", want, text)
		}
	}
	var v verification
	if err := json.Unmarshal([]byte(output(t, "verify", "strmem", "--json")), &v); err != nil {
		t.Fatal(err)
	}
	if v.Program != "strmem" || len(v.Accesses) == 0 || len(v.Loops) != 3 {
		t.Errorf("%+v", v)
	}
}

// Phases are printed, each by its name.
func TestPhases(t *testing.T) {
	text := output(t, "disasm", "strmem", "--phases")
	for _, want := range []string{"\nblocks\n", "\nloops\n", "\nranges\n", "\ncounters and addresses\n", "\nliveness\n", "\nplaces\n", "\nplan\n", "ctx+"} {
		if !strings.Contains(text, want) {
			t.Errorf("--phases lacks %q:\n%s", want, text)
		}
	}
}

// Reasons name the index as it is written.
func TestSubscript(t *testing.T) {
	for source, want := range map[string]string{
		"sum += in->data[i + 1];": "`i + 1`",
		"x = table[a[k]];":        "`a[k]`",
		"first = p[0];":           "the offset",
		"y = p[0] | p[n] << 8;":   "`n`",
		"return *p;":              "the offset",
	} {
		if got := subscript(source); got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}
