// SPDX-License-Identifier: GPL-2.0-or-later

// Package host is the target for tests and fuzzing: the firmware's agent and engines, compiled for
// the host, asked over the same protocol and at the same device addresses as on a board. It counts
// nothing. Engines that make machine code can be loaded, and their code read, but not run.
package host

import (
	"context"
	"fmt"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/wire"
	"github.com/ubench-dev/ubench/firmware/agent"
	"github.com/ubench-dev/ubench/jit"
)

// Target is an agent on the host.
type Target struct {
	agent  *agent.Agent
	client *wire.Client
}

var _ emu.Target = (*Target)(nil)

// New starts a target.
func New(ctx context.Context) (*Target, error) {
	a, err := agent.New()
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	t := &Target{agent: a, client: wire.NewClient(&link{agent: a})}
	if err := t.client.Connect(ctx); err != nil {
		_ = a.Close()
		return nil, fmt.Errorf("host: %w", err)
	}
	return t, nil
}

// Info describes the target.
func (t *Target) Info() emu.Info {
	i := t.client.Info()
	i.Target = "host"
	return i
}

// Run executes one job. It cannot be interrupted: the budget bounds it.
func (t *Target) Run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	s, err := t.client.Run(ctx, job)
	if err != nil {
		return s, fmt.Errorf("host: %w", err)
	}
	return s, nil
}

// Compile loads a job and compiles its program for a Cortex-M4 (dsp) or M3: the same bytes as on the device.
// places are those of instruction slots in code.
func (t *Target) Compile(ctx context.Context, job emu.Job, dsp bool) (code []byte, places []jit.Place, err error) {
	job.LoadOnly, job.Unsafe = true, true // it does not run
	s, err := t.Run(ctx, job)
	switch {
	case err != nil:
		return nil, nil, err
	case s.Fault.Status != abi.OK:
		return nil, nil, fmt.Errorf("host: %w", s.Fault)
	}
	return t.agent.Compile(dsp)
}

// Close releases the target's memory.
func (t *Target) Close() error { return t.agent.Close() }

// link hands bytes straight to the agent.
type link struct {
	agent   *agent.Agent
	answers []byte
}

func (l *link) Write(p []byte) (int, error) {
	l.answers = append(l.answers, l.agent.Receive(p)...)
	return len(p), nil
}

func (l *link) Read(ctx context.Context, p []byte) (int, error) {
	if len(l.answers) == 0 {
		return 0, wire.ErrSilent
	}
	n := copy(p, l.answers)
	l.answers = l.answers[n:]
	return n, ctx.Err()
}
