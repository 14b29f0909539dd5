// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"errors"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

// otherBoard is where programs are counted that fit, beside the board that is measured on.
const otherBoard = "unicorn:cortex-m3+" + targets.NoCycles + "+" + targets.Walls

// walls names the target with walls on the same board.
func walls(info emu.Info) string { return info.Target + "+" + targets.Walls }

// isolation measures what compartments cost on the board of a target.
func (e *env) isolation(ctx context.Context, target emu.Target) (*bench.Isolation, error) {
	walled, err := e.compartments(ctx, walls(target.Info()))
	if err != nil {
		return nil, err
	}
	defer walled.Close()
	open, err := e.targets.open(ctx, target.Info().Target)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	measured, err := bench.MeasureIsolation(ctx, walled, open, e.benchmarks, e.progress.step)
	if err != nil {
		return nil, err
	}
	other, err := e.compartments(ctx, otherBoard)
	if err != nil {
		return nil, err
	}
	defer other.Close()
	for _, t := range []bench.Compartments{walled, other} {
		for _, engine := range []string{"vm", "jit"} {
			jobs, err := exampleJobs(engine)
			if err != nil {
				return nil, err
			}
			if err := measured.AddFit(ctx, t, engine, jobs); err != nil {
				return nil, err
			}
		}
	}
	return measured, nil
}

func (e *env) compartments(ctx context.Context, spec string) (bench.Compartments, error) {
	t, err := e.targets.open(ctx, spec)
	if err != nil {
		return nil, err
	}
	if c, ok := t.(bench.Compartments); ok {
		return c, nil
	}
	t.Close()
	return nil, errors.New(spec + " has no compartments")
}

// exampleJobs are the paper's ten programs.
func exampleJobs(engine string) (jobs []emu.Job, err error) {
	for _, x := range examples.Paper() {
		program, err := image.LoadObject(x.Name, x.Object, "")
		if err != nil {
			return nil, err
		}
		job, err := bench.NewJob(engine, program)
		if err != nil {
			return nil, err
		}
		job.Context = make([]byte, max(len(x.Context), 8))
		jobs = append(jobs, job)
	}
	return jobs, nil
}
