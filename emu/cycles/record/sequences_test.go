// SPDX-License-Identifier: GPL-2.0-or-later

package record

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand"
	"os"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/thumb"
)

var update = flag.Bool("update", false, "write the prototype's times to testdata; needs "+prototypeVariable)

const (
	sequenceCount  = 4000
	sequenceLength = 60
	sequenceFile   = "testdata/sequences.txt"
)

// frequent are encodings random halfwords seldom are: neighbours that rules are about.
var frequent = []struct{ h1, h2 uint32 }{
	{0xbf00, 0}, {0xf3af, 0x8000}, {0xd0fe, 0}, {0x6808, 0}, {0x6010, 0}, {0xbf08, 0}, {0x1840, 0}, {0x4770, 0}, {0x4348, 0},
	{0xf8d1, 0x0000}, {0xf841, 0x2023}, {0xfba2, 0x3104}, {0xfb90, 0xf1f2}, {0xe9d1, 0x0200}, {0xe9c1, 0x0200}, {0xb510, 0},
	{0xbd10, 0}, {0xf3bf, 0x8f6f}, {0x4b01, 0}, {0xfb01, 0x4203}, {0xf77f, 0xac16}, {0xf8df, 0x1004}, {0xe8d0, 0xf001},
}

// sequence makes the steps of a program that cannot run, but could be timed.
func sequence(number int) (*cycles.Model, []Step) {
	rnd := rand.New(rand.NewSource(int64(number)))
	m := model([]unicorn.Core{unicorn.CortexM4, unicorn.CortexM3}[number%2], first)
	pc := []uint32{0x20000000, 0x08000000, 0x08000000}[number%3] + uint32(rnd.Intn(8))*2
	var steps []Step
	conditional := 0 // instructions left in an IT block
	for range sequenceLength {
		s := Step{Insn: randomInsn(rnd, m, pc)}
		op := m.Prepare(s.Insn)
		if op.NeedsOperands() {
			s.N, s.M = rnd.Uint32()>>rnd.Intn(32), rnd.Uint32()>>rnd.Intn(32)
		}
		if s.Insn.Access != 0 {
			s.Memory = []uint32{0x08000100, 0x20000100, 0xe0001004, 0x40000100, 0x20000100, 0x20000100}[rnd.Intn(6)]
			if rnd.Intn(6) == 0 {
				s.Memory += uint32(rnd.Intn(4))
			}
		}
		class := s.Insn.Class
		branches := class == thumb.BranchCond || class == thumb.CompareBranch
		s.Skipped = conditional > 0 && class != thumb.IfThen && !branches && rnd.Intn(2) == 0
		conditional--
		if class == thumb.IfThen {
			conditional = 2
		}
		s.Next = pc + uint32(s.Insn.Size)
		if s.Insn.Written&thumb.Reg(thumb.PC) != 0 && !s.Skipped && (!branches || rnd.Intn(2) == 0) {
			target := []uint32{0x20000200, 0x08000200, 0x08000200}[rnd.Intn(3)] + uint32(rnd.Intn(64))*2
			if target == s.Next {
				target += 2
			}
			s.Next = target
		}
		steps = append(steps, s)
		pc = s.Next
	}
	return m, steps
}

// randomInsn is an instruction that both models know and the architecture does not leave unpredictable.
func randomInsn(rnd *rand.Rand, m *cycles.Model, pc uint32) thumb.Insn {
	for {
		h1, h2 := uint32(rnd.Intn(1<<16)), uint32(rnd.Intn(1<<16))
		if rnd.Intn(4) == 0 {
			f := frequent[rnd.Intn(len(frequent))]
			h1, h2 = f.h1, f.h2
		}
		code := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, uint16(h1)), uint16(h2))
		in, err := thumb.Decode(code, pc)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		usesPC := (in.Written|in.Read|in.Address)&thumb.Reg(thumb.PC) != 0
		switch in.Class {
		case thumb.Undefined, thumb.Coprocessor, thumb.SupervisorCall, thumb.Breakpoint, thumb.Wait, thumb.Exclusive:
			continue
		case thumb.Branch, thumb.BranchCond, thumb.Call, thumb.TableBranch, thumb.LoadLiteral:
		case thumb.System:
			if strings.Contains(in.String(), ".inst") {
				continue
			}
		case thumb.ALU:
			if usesPC && in.Written&thumb.Reg(thumb.PC) != 0 {
				continue
			}
			fallthrough
		default:
			if usesPC && in.Size == 4 {
				continue
			}
		}
		if h1 == 0x46c0 { // mov r8, r8: the prototype takes it for a NOP, as old assemblers meant it
			continue
		}
		return in
	}
}

// times tells the sequence's times apart from others.
func times(number int, t []int64) string {
	var all []byte
	for _, v := range t {
		all = binary.LittleEndian.AppendUint32(all, uint32(v-t[0]))
	}
	return fmt.Sprintf("%d %d %08x", number, t[len(t)-1]-t[0], crc32.ChecksumIEEE(all))
}

// TestSequences compares the times of random sequences, over both cores, code and data in flash and SRAM, IT blocks, with
// the prototype's, which testdata keeps.
func TestSequences(t *testing.T) {
	if *update {
		writeSequences(t)
	}
	data, err := os.ReadFile(sequenceFile)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(want) != sequenceCount {
		t.Fatalf("%s has %d lines, want %d", sequenceFile, len(want), sequenceCount)
	}
	differ := 0
	for i := range want {
		m, steps := sequence(i)
		got, _ := modelTimes(m, steps)
		if line := times(i, got); line != want[i] {
			if differ++; differ <= 5 {
				t.Errorf("got %s, prototype %s", line, want[i])
			}
		}
	}
	if differ > 0 {
		t.Errorf("%d of %d sequences differ", differ, sequenceCount)
	}
}

func writeSequences(t *testing.T) {
	program := prototype(t)
	var in, out bytes.Buffer
	for i := range sequenceCount {
		m, steps := sequence(i)
		in.WriteString(restart(m))
		for k := range steps {
			in.WriteString(steps[k].line(m))
		}
	}
	all := runPrototype(t, program, &in)
	for i := range sequenceCount {
		fmt.Fprintln(&out, times(i, all[i*sequenceLength:(i+1)*sequenceLength]))
	}
	if err := os.WriteFile(sequenceFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
