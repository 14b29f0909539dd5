// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"os/exec"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/internal/hostile"
	"github.com/ubench-dev/ubench/internal/testenv"
	"github.com/ubench-dev/ubench/planner/plan"
)

type slot struct {
	op, dst, src byte
	off          int16
	imm          int32
}

func registers(op byte, off int16) []slot {
	return []slot{{op, 3, 4, off, 0}, {op, 4, 3, off, 0}, {op, 3, 2, off, 0}, {op, 2, 3, off, 0}}
}

// small are the instructions of small programs: of r1 (the context), r2 (its length), r3 (any byte) and r4 (any number).
// Jumps are forward; in loops the last one leads back.
func small() (list []slot) {
	list = []slot{
		{0xb7, 3, 0, 0, 0}, {0xb7, 3, 0, 0, 7}, {0xb4, 4, 0, 0, -1}, {0xbf, 3, 1, 0, 0}, {0xbf, 3, 2, 0, 0}, {0xbf, 4, 3, 0, 0},
		{0xbc, 3, 4, 0, 0}, {0xbf, 4, 10, 0, 0}, {0xbf, 3, 4, 8, 0},
		{0x07, 3, 0, 0, 1}, {0x07, 3, 0, 0, -1}, {0x04, 3, 0, 0, -1}, {0x07, 4, 0, 0, 3}, {0x04, 4, 0, 0, 1}, {0x17, 3, 0, 0, 2},
		{0x07, 2, 0, 0, -1}, {0x14, 2, 0, 0, 4}, {0x07, 1, 0, 0, 2}, {0x0f, 3, 1, 0, 0}, {0x0f, 1, 3, 0, 0}, {0x1f, 3, 1, 0, 0},
		{0x57, 3, 0, 0, 3}, {0x57, 4, 0, 0, 6}, {0x54, 4, 0, 0, -8}, {0x47, 3, 0, 0, 1}, {0xa7, 3, 0, 0, 2}, {0x87, 3, 0, 0, 0},
		{0x77, 3, 0, 0, 1}, {0x77, 4, 0, 0, 30}, {0x74, 4, 0, 0, 1}, {0xc4, 4, 0, 0, 1}, {0xc7, 2, 0, 0, 1}, {0x77, 2, 0, 0, 2},
		{0x67, 3, 0, 0, 2}, {0x64, 4, 0, 0, 1}, {0x64, 3, 0, 0, 31}, {0x27, 3, 0, 0, 3}, {0x24, 4, 0, 0, 5}, {0x2f, 3, 4, 0, 0},
		{0x37, 3, 0, 0, 3}, {0x37, 2, 0, 0, 3}, {0x97, 4, 0, 0, 5}, {0x97, 3, 0, 0, 2}, {0x3f, 4, 3, 0, 0}, {0x9f, 4, 3, 0, 0},
		{0xdc, 4, 0, 0, 16}, {0x71, 3, 1, 1, 0}, {0x71, 4, 3, 0, 0}, {0x61, 3, 1, 4, 0}, {0x71, 3, 4, -1, 0},
		{0x15, 3, 0, 1, 0}, {0x55, 3, 0, 1, 1}, {0xa5, 3, 0, 1, 2}, {0x25, 4, 0, 1, 6}, {0x65, 4, 0, 1, -1}, {0xc6, 4, 0, 1, 2},
		{0xa5, 2, 0, 1, 7}, {0x35, 2, 0, 1, 6}, {0x55, 2, 0, 1, 5}, {0x16, 3, 0, 1, 255}, {0x05, 0, 0, 1, 0},
		{0x1d, 1, 3, 1, 0}, {0xad, 1, 3, 1, 0}, {0x5d, 3, 1, 1, 0}, {0xbe, 3, 1, 1, 0},
	}
	for _, op := range []byte{0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x9c, 0xac, 0xcc, 0x7f} { // with an address
		list = append(list, slot{op, 3, 1, 0, 0})
	}
	for _, op := range []byte{0x6c, 0x7c, 0x7f} {
		list = append(list, registers(op, 0)[:1]...)
	}
	for _, op := range []byte{0x0f, 0x0c, 0x1f, 0x1c} {
		list = append(list, registers(op, 0)...)
	}
	for _, op := range []byte{0x1d, 0x5d, 0x2d, 0x3d, 0xad, 0xbd, 0x6d, 0xdd, 0x1e, 0x5e, 0xae, 0x3e, 0xce, 0x7e} {
		list = append(list, registers(op, 1)...)
	}
	return list
}

func assemble(slots ...slot) (text []byte) {
	for _, s := range slots {
		text = append(text, s.op, s.dst|s.src<<4)
		text = binary.LittleEndian.AppendUint16(text, uint16(s.off))
		text = binary.LittleEndian.AppendUint32(text, uint32(s.imm))
	}
	return text
}

// smallFacts are what plans of small programs may say of a register.
var smallFacts = []plan.Fact{
	{NoLimit: true, Kind: 99}, // nothing
	{Hi: 255}, {Hi: 3}, {Hi: 0}, {Lo: 7, Hi: 7}, {Lo: 1, NoLimit: true},
	{NoLimit: true, HasSlack: true}, {NoLimit: true, HasSlack: true, Slack: 1}, {Lo: 1, NoLimit: true, HasSlack: true, Slack: 4},
	{NoLimit: true, HasSlack: true, Exact: true}, {NoLimit: true, HasSlack: true, Times: 2}, {Hi: 254, Align: 1},
	{Kind: plan.Context}, {Kind: plan.Context, Lo: 1, Hi: 3}, {Kind: plan.Context, NoLimit: true, HasSlack: true, Slack: 1},
}

// smallPlans are all plans of a program that say one of the facts of each of r3 and r4 wherever paths meet inside.
func smallPlans(text []byte, inside map[int]bool) (plans [][]byte) {
	facts := smallFacts
	if len(inside) == 0 {
		facts = facts[:1]
	}
	for i, a := range facts {
		for k, b := range facts {
			for high := range 2 {
				p := hostile.Plain(text, []int{0})
				for n := range p.Frames {
					f := &p.Frames[n]
					if f.Slot == 0 {
						f.Facts = []plan.Fact{{Var: plan.R(1), Kind: plan.Context}, {Var: plan.R(2), NoLimit: true, HasSlack: true, Exact: true}}
						continue
					}
					f.Registers = [10]plan.Known{0: plan.Both}
					if !inside[f.Slot] {
						continue
					}
					f.Length = []uint32{0, 5, 0, 6}[(i+k)%4]
					for r, x := range map[int]plan.Fact{3: a, 4: b} {
						if x.Kind != 99 {
							x.Var = plan.R(r)
							f.Facts = append(f.Facts, x)
						}
						f.Registers[r] = []plan.Known{plan.Zero, plan.Both}[high]
					}
					f.Registers[1], f.Registers[2] = f.Registers[3], f.Registers[4]
				}
				if data, err := p.Encode(text, []int{0}); err == nil {
					plans = append(plans, data)
				}
			}
		}
	}
	return plans
}

// jumps tells whether an instruction of small programs is a jump.
func (s slot) jumps() bool { return s.off == 1 && s.op&6 == 4 }

// smallPrograms writes programs of so many instructions, one of `every`, each with all its plans. The last instruction of a
// loop jumps to the first one; what ends otherwise is left out.
func smallPrograms(w *bufio.Writer, length, every, first int, loop bool) (programs int) {
	list := small()
	total := 1
	for range length {
		total *= len(list)
	}
	u32 := func(v int) { _ = binary.Write(w, binary.LittleEndian, uint32(v)) }
	for number := first % every; number < total; number += every {
		slots := []slot{{0x71, 3, 1, 0, 0}, {0x61, 4, 1, 1, 0}, {0xa5, 2, 0, int16(length + 1), 5}}
		inside := map[int]bool{}
		for i, n := 0, number; i < length; i, n = i+1, n/len(list) {
			s := list[n%len(list)]
			back := loop && i == length-1 && s.jumps()
			if back {
				s.off = -int16(length)
			}
			slots = append(slots, s)
			if s.off != 0 && (back || s.jumps()) {
				to := len(slots) + int(s.off)
				inside[to] = to < length+4
			}
		}
		if loop && !inside[3] {
			continue
		}
		slots = append(slots, slot{0xb7, 0, 0, 0, 0}, slot{0x95, 0, 0, 0, 0})
		for at, in := range inside {
			if !in {
				delete(inside, at)
			}
		}
		text := assemble(slots...)
		plans := smallPlans(text, inside)
		u32(len(slots))
		_, _ = w.Write(text)
		u32(len(plans))
		for _, data := range plans {
			u32(len(data))
			_, _ = w.Write(data)
		}
		programs++
	}
	return programs
}

// lookThrough runs testdata/small.c over programs.
func lookThrough(t *testing.T, path string, length, every, first int, loop bool) (programs int, said string, ok bool) {
	cmd := exec.Command(path)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(in)
	programs = smallPrograms(w, length, every, first, loop)
	_ = w.Flush()
	_ = in.Close()
	err = cmd.Wait()
	return programs, strings.TrimSpace(out.String()), err == nil
}

// TestSmallMachine looks through small programs with all their plans: what the compiler knows of registers, of the length,
// and which loads it finds proved, is so on all runs. UBENCH_SMALL is the number of instructions of which all programs are
// looked through; one in UBENCH_SMALL_EVERY, 0 the first, UBENCH_SMALL_FIRST, of those with one more. Loops whose body is one instruction
// and a jump back, one in UBENCH_SMALL_LOOPS, are looked through for so many steps.
func TestSmallMachine(t *testing.T) {
	path, err := shared.Build("small", nil, []string{"testdata/small.c"}, "-Wl,--wrap=op_plan_insn")
	if err != nil {
		t.Fatal(err)
	}
	length, every := testenv.Number(t, "UBENCH_SMALL", 1), testenv.Number(t, "UBENCH_SMALL_EVERY", 397)
	for n := 1; n <= length+1; n++ {
		step, first := 1, 0
		if n > length {
			step, first = every, testenv.Number(t, "UBENCH_SMALL_FIRST", 0)
		}
		programs, said, ok := lookThrough(t, path, n, step, first, false)
		if !ok {
			t.Errorf("%d instructions: %s", n, said)
		}
		t.Logf("%d instructions: %d programs, %s", n, programs, said)
	}
	for n := 1; n <= length+1; n++ {
		every := []int{1, testenv.Number(t, "UBENCH_SMALL_LOOPS", 199), 50 * every}[min(n-1, 2)]
		programs, said, ok := lookThrough(t, path, n, every, 0, true)
		if !ok {
			t.Errorf("loops of %d instructions: %s", n, said)
		}
		t.Logf("loops of %d instructions: %d programs, %s", n, programs, said)
	}
	for _, rule := range foundBy(bySmall) {
		path, err := shared.Build("less", []hostile.Change{rule.Change}, []string{"testdata/small.c"}, "-Wl,--wrap=op_plan_insn")
		if err != nil {
			t.Fatal(err)
		}
		if _, said, ok := lookThrough(t, path, 1, 1, 0, false); ok {
			t.Errorf("not found: %s: %s", rule.name, said)
		}
	}
}
