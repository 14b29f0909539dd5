// SPDX-License-Identifier: GPL-2.0-or-later

package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/thumb"
)

// prototypeVariable names a folder with the prototype of the model: sim.h and t2dec.h.
const prototypeVariable = "UBENCH_CYCLE_PROTOTYPE"

// prototype builds the program that runs it.
func prototype(t *testing.T) string {
	t.Helper()
	folder := os.Getenv(prototypeVariable)
	if folder == "" {
		t.Skipf("%s does not name the folder of the prototype", prototypeVariable)
	}
	out := filepath.Join(t.TempDir(), "prototype")
	if text, err := exec.Command("cc", "-O2", "-w", "-I", folder, "-o", out, "testdata/prototype.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

// line describes a step to the prototype.
func (s *Step) line(m *cycles.Model) string {
	op := m.Prepare(s.Insn)
	d := s.Dynamic(&op)
	time := int32(1)
	if op.NeedsOperands() && !s.Skipped {
		time = cycles.Divide(d.Operands)
		if s.Insn.Class != thumb.Div && s.Insn.Class != thumb.DivSigned {
			time = cycles.MultiplyLong(s.Insn.Class, d.Operands)
		}
	}
	h1, h2 := s.Insn.Raw, uint32(0)
	if s.Insn.Size == 4 {
		h1, h2 = s.Insn.Raw>>16, s.Insn.Raw&0xffff
	}
	flag := map[bool]int{true: 1}
	taken := !s.Skipped && s.Insn.Written&thumb.Reg(thumb.PC) != 0
	if conditional := s.Insn.Class == thumb.BranchCond || s.Insn.Class == thumb.CompareBranch; conditional {
		taken = taken && s.Next != s.Insn.Addr+uint32(s.Insn.Size)
	}
	return fmt.Sprintf("%x %x %x %d %d %x %d %x\n", s.Insn.Addr, h1, h2, time, flag[s.Skipped], s.Memory, flag[taken], s.Next)
}

// prototypeTimes is when each step begins to execute according to the prototype.
func prototypeTimes(t *testing.T, program string, m *cycles.Model, steps []Step) []int64 {
	t.Helper()
	var in bytes.Buffer
	in.WriteString(restart(m))
	for i := range steps {
		in.WriteString(steps[i].line(m))
	}
	return runPrototype(t, program, &in)
}

func restart(m *cycles.Model) string { return "R" + m.Name[len("cortex-m"):] + "\n" }

func runPrototype(t *testing.T, program string, in *bytes.Buffer) []int64 {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Stdin = in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var times []int64
	for word := range strings.FieldsSeq(string(out)) {
		v, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, v)
	}
	return times
}

// modelTimes is when each step begins to execute according to the model, and the total.
func modelTimes(m *cycles.Model, steps []Step) (times []int64, total int64) {
	s, started := cycles.Reset(), make([]int32, 1)
	for i := range steps {
		op := m.Prepare(steps[i].Insn)
		next, added := m.Block(s, []cycles.Op{op}, []cycles.Dynamic{steps[i].Dynamic(&op)}, steps[i].Next, started, nil)
		times = append(times, total+int64(started[0]))
		total += int64(added)
		s = next
	}
	return times, total
}

// first is the model as the prototype has it.
var first = cycles.Options{First: true}

func model(core unicorn.Core, o cycles.Options) *cycles.Model {
	if core == unicorn.CortexM3 {
		return &cycles.Model{Core: cycles.CortexM3, Options: o}
	}
	return &cycles.Model{Core: cycles.CortexM4, Options: o}
}

// recorded runs a job on the firmware and returns what executed since the firmware was booted.
func recorded(t *testing.T, core unicorn.Core, o cycles.Options, job emu.Job) (steps []Step, metered uint64) {
	t.Helper()
	var r *Recorder
	target, err := unicorn.Open(context.Background(), unicorn.Options{Core: core, Model: func(c unicorn.Core) (unicorn.Model, error) {
		var err error
		r, err = New(c, o)
		return r, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	s, err := target.Run(context.Background(), job)
	if err != nil {
		t.Fatal(err)
	}
	if s.Fault.Status == abi.StatusUnsupported || s.Fault.Status == abi.StatusMemory {
		return nil, 0
	}
	pc := target.PC()
	if steps, err = r.Steps(pc); err != nil {
		t.Fatal(err)
	}
	return steps, r.Cycles(pc)
}

func jobFor(engine string, b benchmarks.Benchmark, size int) (emu.Job, error) {
	j := emu.Job{Engine: engine, Kernel: b.Name, Context: b.Input(size), Trace: b.Trace}
	if strings.HasPrefix(engine, "native") {
		return j, nil
	}
	p, err := image.LoadObject(b.Name, b.Object, b.Name)
	if err != nil {
		return j, err
	}
	j.Kernel, j.Helpers, j.Format = "", p.Helpers, abi.TextOnly
	if engine == "femto" {
		j.Format = abi.FemtoContainers
	}
	if j.Image, err = p.Encode(j.Format); errors.Is(err, image.ErrUnsupported) && engine != "femto" {
		j.Format = abi.Packed
		j.Image, err = p.Encode(j.Format)
	}
	return j, err
}

// TestFirmwareAgainstPrototype runs every kernel on every engine and compares each instruction's time with the
// prototype's, and the meter's total with the model's.
func TestFirmwareAgainstPrototype(t *testing.T) {
	program := prototype(t)
	for _, core := range []unicorn.Core{unicorn.CortexM3, unicorn.CortexM4} {
		m := model(core, first)
		engines := map[string][2]int64{}
		for _, b := range benchmarks.All() {
			sizes := []int{0}
			if b.Sized && len(b.DefaultSizes) > 0 {
				sizes = []int{b.DefaultSizes[0], b.DefaultSizes[len(b.DefaultSizes)/2]}
			}
			for _, size := range sizes {
				for _, engine := range []string{"native-Os", "native-O2", "native-O3", "vm", "femto", "rbpf", "jit"} {
					job, err := jobFor(engine, b, size)
					if errors.Is(err, image.ErrUnsupported) {
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					steps, metered := recorded(t, core, first, job)
					if steps == nil {
						continue
					}
					differ, off := compare(t, program, m, steps, metered, fmt.Sprintf("%s %s/%s/%d", core, b.Name, engine, size))
					sum := engines[engine]
					engines[engine] = [2]int64{sum[0] + int64(len(steps)), sum[1] + differ}
					if off != 0 {
						t.Logf("%s %s/%s/%d: %+d of %d cycles", core, b.Name, engine, size, off, metered)
					}
				}
			}
		}
		for engine, sum := range engines {
			t.Logf("%s %s: %d instructions, %d at another distance to the one before", core, engine, sum[0], sum[1])
		}
	}
}

// TestMeterAgainstModel: what the meter adds up from its table is what the model says, instruction by instruction.
func TestMeterAgainstModel(t *testing.T) {
	for _, core := range []unicorn.Core{unicorn.CortexM3, unicorn.CortexM4} {
		for _, c := range []struct{ engine, kernel string }{
			{"native-O2", "fletcher16"}, {"vm", "fletcher16"}, {"femto", "fletcher16"}, {"jit", "fletcher16"}, {"rbpf", "isort"},
		} {
			b, ok := benchmarks.Lookup(c.kernel)
			if !ok {
				t.Fatalf("no benchmark %s", c.kernel)
			}
			job, err := jobFor(c.engine, b, 64)
			if err != nil {
				t.Fatal(err)
			}
			steps, metered := recorded(t, core, cycles.Options{}, job)
			if _, total := modelTimes(model(core, cycles.Options{}), steps); uint64(total) != metered || total == 0 {
				t.Errorf("%s %s/%s: the meter has %d cycles, the model %d", core, c.kernel, c.engine, metered, total)
			}
		}
	}
}

// compare returns how many instructions begin at another distance from the one before than with the prototype,
// and how many cycles the whole is longer.
func compare(t *testing.T, program string, m *cycles.Model, steps []Step, metered uint64, name string) (differ, off int64) {
	t.Helper()
	want := prototypeTimes(t, program, m, steps)
	got, total := modelTimes(m, steps)
	if uint64(total) != metered {
		t.Errorf("%s: the meter has %d cycles, the model %d", name, metered, total)
	}
	if len(want) != len(got) {
		t.Fatalf("%s: %d times of %d instructions", name, len(want), len(got))
	}
	for i := 1; i < len(got); i++ {
		if g, w := got[i]-got[i-1], want[i]-want[i-1]; g != w {
			if differ++; differ == 1 {
				for k := max(0, i-6); k <= i; k++ {
					t.Logf("%s: %08x %-32s skipped %-5v memory %08x next %08x: %d, prototype %d", name, steps[k].Insn.Addr,
						steps[k].Insn.String(), steps[k].Skipped, steps[k].Memory, steps[k].Next, got[k]-got[0], want[k]-want[0])
				}
			}
		}
	}
	n := len(got) - 1
	return differ, (got[n] - got[0]) - (want[n] - want[0])
}
