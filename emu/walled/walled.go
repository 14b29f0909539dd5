// SPDX-License-Identifier: GPL-2.0-or-later

// Package walled is a target on which every program runs in a compartment: the firmware that devices carry (device/), under
// Unicorn or QEMU, in place of the one that measures. It counts a run as it happens on a device: from the call of
// the supervisor, which starts the program's thread with its MPU regions, until the supervisor tells how the run ended.
//
// QEMU enforces the MPU's regions. Unicorn has no MPU: there the firmware does the same work, and accesses outside succeed.
package walled

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/firmware"
)

// Option is what stands behind the name of a target that is to have walls: "qemu:netduino2+mpu".
const Option = "mpu"

// machine is what the firmware runs on.
type machine interface {
	device.Exchanger
	Close() error
}

// Target is a board with the firmware of devices. It implements emu.Target.
type Target struct {
	machine machine
	client  *device.Client
	boot    func() (machine, error) // anew
	info    emu.Info
	alias   uint32 // compiled code that ends at or below this address runs through the alias
	failed  bool   // the next run has to start with a boot
}

// Unicorn boots the firmware of a board in process. model makes the timing model, nil for none.
func Unicorn(ctx context.Context, name string, core unicorn.Core, model func(unicorn.Core) (unicorn.Model, error)) (*Target, error) {
	if core == "" {
		core = unicorn.CortexM4
	}
	elf, err := firmware.Device(unicorn.Board(core))
	if err != nil {
		return nil, err
	}
	label := func() string { return "" }
	return open(ctx, name, func() string { return label() }, func() (machine, error) {
		var m unicorn.Model
		if model != nil {
			if m, err = model(core); err != nil {
				return nil, err
			}
			label = m.Label
		}
		return unicorn.Boot(core, elf, m)
	})
}

// QEMU boots the firmware of a board under QEMU.
func QEMU(ctx context.Context, name, board string) (*Target, error) {
	elf, err := firmware.Device(board)
	if err != nil {
		return nil, err
	}
	return open(ctx, name, func() string { return "" }, func() (machine, error) { return qemu.Boot(ctx, board, elf, 0) })
}

// open boots; label is that of the timing model, which knows of the alias once the firmware runs.
func open(ctx context.Context, name string, label func() string, boot func() (machine, error)) (*Target, error) {
	t := &Target{boot: boot}
	if err := t.start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	info, err := t.client.Info(ctx)
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t.info = emu.Info{
		Target: name, Board: info.Board, Core: info.Core, ArenaAddr: info.PoolAddr, ArenaBytes: info.PoolBytes,
		Engines: device.Engines(), HasCycles: label() != "", CyclesLabel: label(), Alias: info.AliasKB != 0,
	}
	if t.info.Alias {
		t.alias = emu.Alias + info.AliasKB<<10
	}
	return t, nil
}

func (t *Target) start() (err error) {
	if t.machine, err = t.boot(); err != nil {
		return err
	}
	t.client, t.failed = device.NewClient(t.machine), false
	return nil
}

// Info describes the target.
func (t *Target) Info() emu.Info { return t.info }

// Close stops the board.
func (t *Target) Close() error { return t.machine.Close() }

// Run has a program loaded, started, run once and removed. What is refused is an outcome with its fault.
func (t *Target) Run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	if t.failed {
		_ = t.machine.Close()
		if err := t.start(); err != nil {
			return emu.Outcome{}, fmt.Errorf("%s: %w", t.info.Target, err)
		}
	}
	o, err := t.run(ctx, job)
	var fault abi.Fault
	switch {
	case err == nil:
		return o, nil
	case errors.As(err, &fault):
		o.Fault = fault
		return o, nil
	}
	t.failed = true
	return emu.Outcome{}, fmt.Errorf("%s: %w", t.info.Target, err)
}

// config is what a job asks for, of a program that may do everything.
func config(job emu.Job) (device.Config, error) {
	engine, ok := device.EngineNamed(job.Engine)
	if !ok {
		return device.Config{}, fmt.Errorf("a device has no engine %q", job.Engine)
	}
	if len(job.Granted) > 0 {
		return device.Config{}, errors.New("a compartment has no granted regions of this kind")
	}
	budget := job.Budget
	if budget == 0 {
		budget = emu.DefaultBudget
	}
	return device.Config{
		Name: "job", Format: job.Format, Engine: engine, Entry: job.Entry, Budget: budget, Context: uint32(len(job.Context)),
		Helpers: job.Helpers, AllHelpers: job.Helpers == nil, Devices: math.MaxUint16, Ticks: 1 << 30,
		Keys: []device.Keys{{First: 0, Last: math.MaxUint32, Rights: 3}},
	}, nil
}

func (t *Target) run(ctx context.Context, job emu.Job) (o emu.Outcome, err error) {
	c, err := config(job)
	if err != nil {
		return o, err
	}
	o.ImageBytes = len(job.Image)
	number, err := t.client.Load(ctx, c, job.Image)
	if err != nil {
		return o, err
	}
	defer func() {
		if unloaded := t.client.Unload(ctx, number); unloaded != nil {
			err = errors.Join(err, unloaded)
		}
	}()
	if err := t.client.Trace(ctx, job.Trace); err != nil {
		return o, err
	}
	if err := t.client.Start(ctx, number); err != nil {
		return o, err
	}
	s, err := t.client.State(ctx, number)
	if err != nil {
		return o, err
	}
	o.CodeAddr, o.CodeBytes, o.RAMBytes = s.CodeAddr, int(s.CodeBytes), int(s.BlockBytes)
	o.Aliased = s.CodeBytes > 0 && s.CodeAddr+s.CodeBytes <= t.alias
	if job.LoadOnly {
		return o, nil
	}
	r, err := t.client.CallLong(ctx, number, job.Context, job.WantContext)
	if err != nil {
		return o, err
	}
	o.Fault, o.Result, o.Context = r.Fault, r.R0, r.Context
	o.Execute = &emu.Counts{Instructions: uint64(r.Instructions)}
	if t.info.HasCycles {
		o.Execute.Cycles = uint64(r.Cycles)
	}
	return o, nil
}

// Switch is what it takes from a thread that is interrupted to the next one, at most.
func (t *Target) Switch(ctx context.Context) (emu.Counts, error) {
	instructions, cycles, err := t.client.Switch(ctx)
	c := emu.Counts{Instructions: uint64(instructions[1])}
	if t.info.HasCycles {
		c.Cycles = uint64(cycles[1])
	}
	return c, err
}

// AtOnce starts as many of these programs as there is memory for, each in its compartment, and removes them. left is how much
// of the memory for programs is free then.
func (t *Target) AtOnce(ctx context.Context, jobs []emu.Job) (fit, left int, err error) {
	var started []int
	for i, job := range jobs {
		c, err := config(job)
		if err != nil {
			return 0, 0, err
		}
		c.Name = fmt.Sprintf("job-%d", i)
		number, err := t.client.Load(ctx, c, job.Image)
		if err == nil {
			started = append(started, number)
			err = t.client.Start(ctx, number)
		}
		var fault abi.Fault
		switch {
		case err == nil:
			fit++
		case errors.As(err, &fault) && (fault.Status.Name() == "e-memory" || fault.Status.Name() == "e-slots"):
		default:
			return 0, 0, err
		}
	}
	info, err := t.client.Info(ctx)
	for _, number := range started {
		err = errors.Join(err, t.client.Unload(ctx, number))
	}
	return fit, int(info.PoolFree), err
}
