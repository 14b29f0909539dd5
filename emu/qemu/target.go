// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"time"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/symbols"
	"github.com/ubench-dev/ubench/emu/wire"
	"github.com/ubench-dev/ubench/firmware"
)

// Machines are the QEMU machines there is firmware for.
func Machines() []string { return firmware.Names(firmware.Boards()) }

// Options say what a target is to be.
type Options struct {
	Machine string        // one of Machines
	ELF     []byte        // the firmware; that of package firmware if nil
	Timeout time.Duration // of a run whose context has no deadline; DefaultTimeout if 0
}

// DefaultTimeout ends a firmware that hangs: more time than a run within the default budget takes.
const DefaultTimeout = 15 * time.Minute

// Target is the firmware under QEMU. It implements emu.Target.
type Target struct {
	name    string
	path    string
	options Options
	process *process // nil while there is none
	client  *wire.Client
	info    emu.Info
}

// Open starts QEMU and boots the firmware.
func Open(ctx context.Context, o Options) (*Target, error) {
	t := &Target{name: "qemu:" + o.Machine, options: o}
	if err := t.open(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", t.name, err)
	}
	return t, nil
}

func (t *Target) open(ctx context.Context) (err error) {
	if t.options.ELF == nil {
		if t.options.ELF, err = firmware.ELF(t.options.Machine); err != nil {
			return err
		}
	}
	if t.options.Timeout == 0 {
		t.options.Timeout = DefaultTimeout
	}
	if t.path, _, err = Find(ctx); err != nil {
		return err
	}
	if err := t.start(ctx); err != nil {
		return err
	}
	t.info = t.client.Info()
	t.info.Target = t.name
	return nil
}

func (t *Target) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := start(ctx, t.path, launch{machine: t.options.Machine, elf: t.options.ELF})
	if err != nil {
		return err
	}
	t.process = p
	t.client = wire.NewClient(wire.ConnLink(p.serial))
	if err := t.client.Connect(ctx); err != nil {
		return fmt.Errorf("boot: %w", t.failure(ctx, err))
	}
	return nil
}

// failure ends a QEMU that failed, and tells what can be told of it.
func (t *Target) failure(ctx context.Context, err error) error {
	p := t.process
	t.process = nil
	defer p.Close()
	if ctx.Err() == nil && hungUp(err) {
		return p.death()
	}
	if ctx.Err() != nil || errors.Is(err, wire.ErrNoAnswer) {
		if pc, pcErr := p.pc(); pcErr == nil {
			return fmt.Errorf("stopped at pc %s: %w", t.locate(pc), err)
		}
	}
	return err
}

// locate names the function an address is in.
func (t *Target) locate(pc uint32) string {
	var table *symbols.Table
	if f, err := elf.NewFile(bytes.NewReader(t.options.ELF)); err == nil {
		table = symbols.Read(f)
	}
	return table.Locate(pc)
}

// Info describes the target.
func (t *Target) Info() emu.Info { return t.info }

// Run runs a job. After a failure the next run starts QEMU anew.
func (t *Target) Run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	s, err := t.run(ctx, job)
	if err != nil {
		return emu.Outcome{}, fmt.Errorf("%s: %w", t.name, err)
	}
	return s, nil
}

func (t *Target) run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return emu.Outcome{}, err
	}
	if t.process == nil {
		if err := t.start(ctx); err != nil {
			return emu.Outcome{}, err
		}
	}
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.options.Timeout)
		defer cancel()
	}
	s, err := t.client.Run(ctx, job)
	if err != nil {
		return emu.Outcome{}, t.failure(ctx, err)
	}
	return s, nil
}

// Close ends QEMU. Closing twice does nothing.
func (t *Target) Close() error {
	if t.process != nil {
		t.process.Close()
		t.process = nil
	}
	return nil
}
