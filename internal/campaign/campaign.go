// SPDX-License-Identifier: GPL-2.0-or-later

// Package campaign compares engines: generated programs run on one after the other, and must come
// to the same end: result, memory, output, or the same fault at the same place.
package campaign

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/planner"
)

// Job makes the job of a generated program, for any engine.
func Job(p progen.Program) (emu.Job, error) {
	job := emu.Job{
		Format:      abi.TextOnly,
		Image:       p.Text,
		Context:     p.Context,
		Budget:      p.Budget,
		WantContext: true,
		WantOutput:  true,
	}
	for _, r := range p.Granted {
		job.Granted = append(job.Granted, emu.Region{Bytes: r.Bytes, Writable: r.Writable})
	}
	if p.Rodata == nil && p.Data == nil && p.CtxMin == 0 && p.Maps == nil {
		return job, nil
	}
	linked, err := p.Linked()
	if err != nil {
		return job, err
	}
	job.Format = abi.ExtendedHeader
	if p.Maps != nil {
		job.Format = abi.Packed // which carries them, and a plan
		linked = planner.Attach(linked)
	}
	for _, d := range p.Maps {
		job.WantMaps = append(job.WantMaps, d.DumpBytes())
	}
	job.Image, err = linked.Encode(job.Format)
	return job, err
}

// Difference says in what two runs of a job differ, "" if they do not. Where one ran out of budget,
// that is all that is compared: engines agree on it, not on the instruction at which it is noticed.
func Difference(a, b emu.Outcome) string {
	switch {
	case a.Fault.Status != b.Fault.Status:
		return fmt.Sprintf("status: %s, %s", a.Fault.Status.Name(), b.Fault.Status.Name())
	case a.Fault.Status == abi.StatusBudget:
		return ""
	case a.Fault != b.Fault:
		return fmt.Sprintf("%s at %d, %#x; at %d, %#x", a.Fault.Status.Name(), a.Fault.PC, a.Fault.Addr, b.Fault.PC, b.Fault.Addr)
	case a.Fault.Status == abi.OK && a.Result != b.Result:
		return fmt.Sprintf("result: %#x, %#x", a.Result, b.Result)
	case !bytes.Equal(a.Context, b.Context):
		return fmt.Sprintf("context: %x, %x", a.Context, b.Context)
	case !slices.EqualFunc(a.Maps, b.Maps, bytes.Equal):
		return fmt.Sprintf("maps: %x, %x", a.Maps, b.Maps)
	case !bytes.Equal(a.Output, b.Output):
		return fmt.Sprintf("output: %x, %x", a.Output, b.Output)
	}
	return ""
}

// Contents replaces dumps of the program's maps by what is in them: what lies where no entry is differs by target.
func Contents(p progen.Program, o *emu.Outcome) error {
	for i, dump := range o.Maps {
		entries, err := p.Maps[i].Entries(dump)
		if err != nil {
			return err
		}
		o.Maps[i] = fmt.Appendf(nil, "%x", entries)
	}
	return nil
}

// Lane is an engine on a target, which runs some of a campaign's programs.
type Lane struct {
	Target emu.Target
	Engine string
	Every  int // one program in so many
}

func (l Lane) String() string { return l.Engine + " on " + l.Target.Info().Target }

// Run runs a program, made by Job, on the lane.
func (l Lane) Run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	job.Engine = l.Engine
	return l.Target.Run(ctx, job)
}

// Lacks tells whether an engine refused a program for what it does not do by design.
func Lacks(s emu.Outcome) bool { return s.Execute == nil && s.Fault.Status == abi.StatusUnsupported }

// NoRoom tells whether the code a compiler makes of a program is more than the device has room for.
func NoRoom(s emu.Outcome) bool { return s.Execute == nil && s.Fault.Status == abi.StatusCompileCode }
