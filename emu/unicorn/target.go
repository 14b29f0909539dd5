// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"context"
	"errors"
	"fmt"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/symbols"
	"github.com/ubench-dev/ubench/emu/wire"
	"github.com/ubench-dev/ubench/firmware"
)

// Options say what a target is to be. The zero value is the firmware for the Cortex-M4, counting
// instructions only.
type Options struct {
	Name string // as the user wrote it; "unicorn" if empty
	Core Core   // CortexM4 if empty
	ELF  []byte // the firmware; that of package firmware if nil
	// NoAlias has machine code run where it lies, over the system bus, and not through the alias of SRAM at address 0.
	NoAlias bool
	Limit   uint64 // instructions a request to the firmware may take; DefaultLimit if 0
	// Model makes the timing model that serves DWT CYCCNT; nil for none.
	Model func(Core) (Model, error)
}

// DefaultLimit is what ends a firmware that hangs: far more instructions than a run within the
// default budget takes, a quarter of an hour or so.
const DefaultLimit = 200_000_000_000

// Board is the board of a core.
func Board(core Core) string { return firmware.OfCore(string(core)) }

// Target is the firmware on a Machine. It implements emu.Target.
type Target struct {
	machine *Machine
	symbols *symbols.Table
	client  *wire.Client
	link    *link
	info    emu.Info
	failed  bool // the next run has to start with a reset
	options Options
	runs    int // of this machine
}

// runsPerMachine bounds how many jobs a machine runs: libunicorn 2.0.1 crashes in code of its own after
// some hundred thousand.
const runsPerMachine = 20_000

// Open boots the firmware.
func Open(ctx context.Context, o Options) (*Target, error) {
	if o.Name == "" {
		o.Name = "unicorn"
	}
	if o.Core == "" {
		o.Core = CortexM4
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.ELF == nil {
		elf, err := firmware.ELF(Board(o.Core))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.Name, err)
		}
		o.ELF = elf
	}
	t, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	return t, nil
}

func open(ctx context.Context, o Options) (*Target, error) {
	m, err := NewBoard(o.Core)
	if err != nil {
		return nil, err
	}
	t := &Target{machine: m, options: o}
	if err := t.boot(ctx, o); err != nil {
		m.Close()
		return nil, err
	}
	return t, nil
}

func (t *Target) boot(ctx context.Context, o Options) (err error) {
	if t.symbols, err = t.machine.LoadELF(o.ELF); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	label := ""
	if o.Model != nil {
		if err := CanModel(); err != nil {
			return err
		}
		model, err := o.Model(o.Core)
		if err != nil {
			return err
		}
		label = model.Label()
		t.machine.SetModel(model)
	}
	t.link = &link{machine: t.machine, symbols: t.symbols, limit: o.Limit}
	if o.Model == nil {
		t.link.shortcut = newShortcut(t.machine, t.symbols)
	}
	t.client = wire.NewClient(t.link)
	t.client.NoAlias = o.NoAlias
	if err := t.reset(ctx); err != nil {
		return err
	}
	t.info = t.client.Info()
	if t.info.Alias && label != "" {
		label = t.machine.model.Label() // which knows of the alias now
	}
	t.info.Target, t.info.CyclesLabel = o.Name, label
	return nil
}

func (t *Target) reset(ctx context.Context) error {
	t.machine.DropOutput()
	t.link.shortcut.forget()
	t.machine.Reset()
	if err := t.client.Connect(ctx); err != nil {
		return fmt.Errorf("boot: %w", err)
	}
	t.failed = false
	return nil
}

// renew boots the firmware on a new machine.
func (t *Target) renew(ctx context.Context) error {
	next, err := open(ctx, t.options)
	if err != nil {
		return err
	}
	old := t.machine
	*t = *next
	return old.Close()
}

// PC is where the firmware stands.
func (t *Target) PC() uint32 { return t.machine.Reg(PC) }

// Info describes the target.
func (t *Target) Info() emu.Info { return t.info }

// Run runs a job. After a failure the next run starts the firmware anew.
func (t *Target) Run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	if t.runs++; t.runs > runsPerMachine {
		if err := t.renew(ctx); err != nil {
			return emu.Outcome{}, fmt.Errorf("%s: %w", t.info.Target, err)
		}
	}
	if t.failed {
		if err := t.reset(ctx); err != nil {
			return emu.Outcome{}, fmt.Errorf("%s: %w", t.info.Target, err)
		}
	}
	s, err := t.client.Run(ctx, job)
	if err == nil {
		return s, nil
	}
	t.failed = true
	if ctx.Err() != nil && t.machine.c != nil {
		err = fmt.Errorf("stopped at pc %s: %w", t.symbols.Locate(t.machine.Reg(PC)), err)
	}
	return emu.Outcome{}, fmt.Errorf("%s: %w", t.info.Target, err)
}

// Close releases the machine.
func (t *Target) Close() error { return t.machine.Close() }

// link is the machine's serial port. Waiting for bytes runs the machine.
type link struct {
	machine  *Machine
	symbols  *symbols.Table
	shortcut *shortcut // nil: there is none
	limit    uint64    // instructions per request
	left     uint64
}

func (l *link) Write(p []byte) (int, error) {
	if err := l.machine.Send(l.shortcut.put(p)); err != nil {
		return 0, err
	}
	l.left = l.limit
	return len(p), nil
}

// Lossless implements wire.Lossless.
func (l *link) Lossless() {}

func (l *link) Read(ctx context.Context, p []byte) (int, error) {
	m := l.machine
	if n := l.received(p); n > 0 {
		return n, nil
	}
	reason, err := l.run(ctx)
	if err != nil {
		return 0, err
	}
	if n := l.received(p); n > 0 {
		return n, nil
	}
	at := "pc " + l.symbols.Locate(m.Reg(PC))
	switch reason {
	case Idle:
		return 0, wire.ErrSilent
	case Cancelled:
		return 0, ctx.Err()
	case Limit:
		return 0, fmt.Errorf("the firmware does not end: stopped after %d instructions at %s", l.limit, at)
	case Lockup:
		f, _ := m.Fault()
		return 0, fmt.Errorf("the firmware locked up: %s%s", f, l.symbols.In(f.PC))
	case Output:
		panic("BUG: output without bytes")
	}
	return 0, errors.New("the firmware stopped: " + reason.String() + " at " + at)
}

// run runs the machine until there is something to tell.
func (l *link) run(ctx context.Context) (reason Reason, err error) {
	for again := true; again; again = err == nil && l.shortcut.ran(reason) {
		before := l.machine.Instructions()
		reason, err = l.machine.Run(ctx, ReturnAddress, l.left)
		l.left -= l.machine.Instructions() - before
	}
	return reason, err
}

// received takes what came over the port, which came first, and what came by the shortcut.
func (l *link) received(p []byte) int {
	n := l.machine.Receive(p)
	return n + l.shortcut.take(p[n:])
}
