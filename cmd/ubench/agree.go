// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/internal/campaign"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/report"
)

// agreePrograms is how many generated programs a report runs on every engine: as many as take a few
// seconds. Longer campaigns are a test of internal/campaign.
const agreePrograms = 500

// agreement runs generated programs on the engines of a target that take programs, and compares how
// they end with how they do on vm: result, memory, output, or the fault and its place.
func (e *env) agreement(ctx context.Context, target emu.Target) (*report.Table, error) {
	engines := slices.DeleteFunc([]string{"vm", "jit", "femto", "rbpf"}, func(name string) bool {
		return !slices.Contains(target.Info().Engines, name)
	})
	if len(engines) < 2 || engines[0] != "vm" {
		return nil, nil
	}
	type count struct {
		same, lacks, differ int
		first               string
	}
	counts := make([]count, len(engines))
	for i := range agreePrograms {
		if i%50 == 0 {
			e.progress.step(i, agreePrograms, "generated programs")
		}
		random := rand.New(rand.NewPCG(1, uint64(i)))
		seed := make([]byte, 64<<random.IntN(5))
		for j := range seed {
			seed[j] = byte(random.Uint32())
		}
		job, err := campaign.Job(progen.Generate(seed, progen.Features{Calls: i%4 > 0, Extended: i%4 > 1}))
		if err != nil {
			return nil, err
		}
		var want emu.Outcome
		for k, engine := range engines {
			got, err := campaign.Lane{Target: target, Engine: engine}.Run(ctx, job)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if k == 0 {
				if want = got; err != nil {
					return nil, err
				}
				continue
			}
			difference := campaign.Difference(want, got)
			if err != nil {
				difference = oneLine(err)
			}
			c := &counts[k]
			switch {
			case err == nil && campaign.Lacks(got):
				c.lacks++
			case difference == "":
				c.same++
			default:
				if c.differ++; c.differ == 1 {
					c.first = "program " + strconv.Itoa(i) + ": " + difference
				}
			}
		}
	}
	t := &report.Table{
		Title:  strconv.Itoa(agreePrograms) + " generated programs, each compared with vm on " + target.Info().Target,
		Header: []string{"engine", "same end", "not supported by design", "differ", "the first that differs"},
		Left:   []bool{true, false, false, false, true},
		Notes:  []string{"compared: result, memory, output, or the fault, its place and address; about half of the programs use all of RFC 9669, which the baselines do not have"},
	}
	for k, engine := range engines[1:] {
		c := counts[k+1]
		t.Rows = append(t.Rows, report.Row{
			Cells: []string{engine, strconv.Itoa(c.same), strconv.Itoa(c.lacks), strconv.Itoa(c.differ), c.first}, Bad: c.differ > 0,
		})
	}
	return t, nil
}
