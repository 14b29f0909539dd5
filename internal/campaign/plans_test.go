// SPDX-License-Identifier: GPL-2.0-or-later

package campaign_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/campaign"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/testenv"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/alloc"
)

// planOf is the planner's plan of a program; that it has none is of no interest here.
func planOf(p *image.Program) (plan []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the planner: %v", v)
		}
	}()
	make := planner.Of // a search takes long: one in eight has it
	if n := len(p.Text) / 8; n%8 != 0 {
		make = func(p *image.Program) (*planner.Result, error) { return planner.By(p, n%alloc.Heuristics) }
	}
	r, err := make(p)
	if err != nil {
		return nil, err
	}
	return r.Bytes, nil
}

// hostile makes a plan that is not what the planner wrote: some bits of it turned, cut off, another program's, or noise.
func hostile(r *rand.Rand, plan, other []byte) []byte {
	switch kind := r.IntN(16); {
	case kind == 0 || len(plan) == 0:
		noise := make([]byte, 1+r.IntN(100))
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		noise[0] = noise[0]&15 | 0x10 // the version is known
		return noise
	case kind == 1 && len(other) > 0:
		return other
	case kind == 2:
		return plan[:1+r.IntN(len(plan))]
	default:
		plan = bytes.Clone(plan)
		for range 1 + r.IntN(3) {
			at := r.IntN(8 * len(plan))
			plan[at/8] ^= 0x80 >> (at % 8)
		}
		return plan
	}
}

// TestPlans runs generated programs with the plans the planner makes of them, and with hostile ones. A plan may make a
// program slower; it may not make it do anything else. UBENCH_PLANS says how many programs, UBENCH_PLANS_EACH how many
// hostile plans of each.
func TestPlans(t *testing.T) {
	ctx := context.Background()
	programs, each, number := testenv.Number(t, "UBENCH_PLANS", 60), testenv.Number(t, "UBENCH_PLANS_EACH", 12), testenv.Number(t, "UBENCH_PLANS_SEED", 1)
	desk := open[*host.Target](t)(host.New(ctx))
	m4 := open[*unicorn.Target](t)(unicorn.Open(ctx, unicorn.Options{Limit: limit}))
	var other []byte
	none, pairs := 0, 0
	for i := range programs {
		program := progen.Numbered(uint64(number), i)
		p, job := packed(t, program)
		plan, err := planOf(p)
		if err != nil {
			none++
		}
		r := rand.New(rand.NewPCG(uint64(number), uint64(i)))
		for k := range each + 1 {
			p.Plan = plan
			if k > 0 {
				p.Plan = hostile(r, plan, other)
			}
			if len(p.Plan) == 0 {
				continue
			}
			pairs++
			if complaint := differs(ctx, desk, m4, job, p); complaint != "" {
				t.Errorf("program %d, plan %d: %s\ntext %x\nplan %x\ncontext %x", i, k, complaint, program.Text, p.Plan, job.Context)
				break
			}
		}
		other = plan
	}
	t.Logf("%d programs, %d without a plan, %d pairs", programs, none, pairs)
}

// packed is a program that can be given plans, and a job that runs its image.
func packed(t *testing.T, program progen.Program) (*image.Program, emu.Job) {
	t.Helper()
	p, err := program.Linked()
	if err != nil {
		t.Fatal(err)
	}
	job, err := campaign.Job(program)
	if err != nil {
		t.Fatal(err)
	}
	job.Format = abi.Packed
	return p, job
}

// differs runs a program with its plan, and says in what it does not do what the interpreter does. Both get the same
// image: where memory lies depends on its length.
func differs(ctx context.Context, desk, target emu.Target, job emu.Job, p *image.Program) string {
	var err error
	if job.Image, err = p.Encode(abi.Packed); err != nil {
		return "" // there are programs that the format does not have
	}
	job.Engine = "vm"
	want, err := desk.Run(ctx, job)
	if err != nil {
		return err.Error()
	}
	job.Engine = "jit-plan"
	got, err := target.Run(ctx, job)
	if err != nil {
		return err.Error()
	}
	if campaign.NoRoom(got) {
		return ""
	}
	return campaign.Difference(want, got)
}

// FuzzPlan looks for plans that make a program do something else.
func FuzzPlan(f *testing.F) {
	f.Add(uint64(1), []byte{0x10, 0x70})
	ctx := context.Background()
	desk := open[*host.Target](f)(host.New(ctx))
	m4 := open[*unicorn.Target](f)(unicorn.Open(ctx, unicorn.Options{Limit: limit}))
	f.Fuzz(func(t *testing.T, number uint64, plan []byte) {
		program := progen.Numbered(number>>16, int(number&0xffff))
		p, job := packed(t, program)
		p.Plan = plan
		if complaint := differs(ctx, desk, m4, job, p); complaint != "" {
			t.Errorf("%s\ntext %x", complaint, program.Text)
		}
	})
}
