// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
)

// scripted answers the n-th run with the n-th answer, and the last one ever after.
type scripted struct {
	name    string
	answers []func(job emu.Job) (emu.Outcome, error)
	runs    int
}

func (s *scripted) Info() emu.Info {
	return emu.Info{Target: s.name, Core: "cortex-m4", Engines: []string{"vm"}, HasCycles: true, CyclesLabel: "modelled"}
}

func (s *scripted) Run(_ context.Context, job emu.Job) (emu.Outcome, error) {
	answer := s.answers[min(s.runs, len(s.answers)-1)]
	s.runs++
	return answer(job)
}

func (s *scripted) Close() error { return nil }

func right(instructions, cycles uint64) func(emu.Job) (emu.Outcome, error) {
	return func(job emu.Job) (emu.Outcome, error) {
		return emu.Outcome{Result: 7, Execute: &emu.Counts{Instructions: instructions, Cycles: cycles}, Context: job.Context}, nil
	}
}

func one() benchmarks.Benchmark {
	b, _ := benchmarks.Lookup("fletcher16")
	b.Oracle = func([]byte) (uint64, []byte) { return 7, nil }
	return b
}

func TestRepetitionsMustAgree(t *testing.T) {
	type answers = []func(emu.Job) (emu.Outcome, error)
	for _, c := range []struct {
		name    string
		target  string
		answers answers
		ok      bool
		cycles  uint64
		err     string
	}{
		{"same", "unicorn", answers{right(10, 20)}, true, 20, ""},
		{"instructions differ", "unicorn", answers{right(10, 20), right(11, 20)}, false, 0, "execute took 10 instructions, then 11"},
		{"cycles differ", "unicorn", answers{right(10, 20), right(10, 21)}, false, 0, "execute took 20 cycles, then 21"},
		{"cycles differ on a board", "serial:x", answers{right(0, 30), right(0, 10), right(0, 20)}, true, 20, ""},
		{"second fails", "unicorn", answers{right(10, 20), func(emu.Job) (emu.Outcome, error) {
			return emu.Outcome{Fault: abi.Fault{Status: abi.StatusBudget, PC: 3}}, nil
		}}, false, 0, abi.StatusBudget.String()},
		{"second is wrong", "unicorn", answers{right(10, 20), func(job emu.Job) (emu.Outcome, error) {
			return emu.Outcome{Result: 8, Execute: &emu.Counts{}, Context: job.Context}, nil
		}}, false, 0, "wrong answer: 0x8, want 0x7"},
		{"not counted", "unicorn", answers{func(job emu.Job) (emu.Outcome, error) {
			return emu.Outcome{Result: 7, Context: job.Context}, nil
		}}, false, 0, "did not count"},
	} {
		plan := Plan{Benchmarks: []benchmarks.Benchmark{one()}, Sizes: []int{8}, Repeat: 3}
		samples, err := plan.Run(t.Context(), &scripted{name: c.target, answers: c.answers}, nil)
		if err != nil || len(samples) != 1 {
			t.Errorf("%s: %d samples, %v", c.name, len(samples), err)
			continue
		}
		s := samples[0]
		if s.OK != c.ok || !strings.Contains(s.Error, c.err) || c.ok && s.Phases.Execute.Cycles.Or0() != c.cycles {
			t.Errorf("%s: ok %v, error %q, execute %+v", c.name, s.OK, s.Error, s.Phases.Execute)
		}
	}
}

func TestGivesUpOnATargetThatKeepsFailing(t *testing.T) {
	broken := errors.New("no answer")
	target := &scripted{name: "unicorn", answers: []func(emu.Job) (emu.Outcome, error){
		func(emu.Job) (emu.Outcome, error) { return emu.Outcome{}, broken },
	}}
	plan := Plan{Benchmarks: []benchmarks.Benchmark{one()}, Sizes: []int{1, 2, 3, 4, 5, 6}}
	samples, err := plan.Run(t.Context(), target, nil)
	if !errors.Is(err, broken) || len(samples) != giveUpAfter || target.runs != giveUpAfter {
		t.Errorf("%d samples, %d runs, %v", len(samples), target.runs, err)
	}
}

func TestPlanErrors(t *testing.T) {
	fixed := one()
	fixed.Sized = false
	for _, c := range []struct {
		name string
		plan Plan
		err  string
	}{
		{"engine", Plan{Benchmarks: []benchmarks.Benchmark{one()}, Engines: []string{"jit"}}, `no engine "jit"`},
		{"size", Plan{Benchmarks: []benchmarks.Benchmark{one()}, Sizes: []int{1 << 20}}, "too large"},
		{"fixed size", Plan{Benchmarks: []benchmarks.Benchmark{fixed}, Sizes: []int{8}}, "one fixed input"},
	} {
		_, err := c.plan.Run(t.Context(), &scripted{name: "unicorn"}, nil)
		if e := (*PlanError)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
