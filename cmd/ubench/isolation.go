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

// studyIsolation measures what compartments cost on the same board, if there is a target with walls beside this one.
func (e *env) studyIsolation(ctx context.Context, target emu.Target, s *study) error {
	spec := s.info.Target + "+" + targets.Walls
	if targets.Check(spec) != nil {
		s.missing = append(s.missing, "no figure h: "+s.info.Target+" has no walls")
		return nil
	}
	walled, err := e.compartments(ctx, spec)
	if err != nil {
		return err
	}
	defer walled.Close()
	if s.isolation, err = bench.MeasureIsolation(ctx, walled, target, e.benchmarks, e.progress.step); err != nil {
		return err
	}
	other, err := e.compartments(ctx, otherBoard)
	if err != nil {
		return err
	}
	defer other.Close()
	for _, t := range []bench.Compartments{walled, other} {
		for _, engine := range []string{"vm", "jit"} {
			jobs, err := exampleJobs(engine)
			if err != nil {
				return err
			}
			if err := s.isolation.AddFit(ctx, t, engine, jobs); err != nil {
				return err
			}
		}
	}
	return nil
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
