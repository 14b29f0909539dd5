// SPDX-License-Identifier: GPL-2.0-or-later

// Package serial runs jobs on a real board: the firmware, flashed, at the other end of a serial
// line.
package serial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"go.bug.st/serial"

	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/wire"
)

// DefaultBaud is the speed of the firmware's serial port.
const DefaultBaud = 115200

// Parse splits DEVICE[@BAUD].
func Parse(spec string) (device string, baud int, err error) {
	device, baud = spec, DefaultBaud
	if i := strings.LastIndexByte(spec, '@'); i >= 0 {
		device = spec[:i]
		if baud, err = strconv.Atoi(spec[i+1:]); err != nil || baud <= 0 {
			return "", 0, fmt.Errorf("%q is not a speed in baud", spec[i+1:])
		}
	}
	if device == "" {
		return "", 0, errors.New("no serial device named: write serial:DEVICE[@BAUD], as in serial:/dev/ttyUSB0")
	}
	return device, baud, nil
}

// Ports lists the serial ports of this computer.
func Ports() ([]string, error) { return serial.GetPortsList() }

const (
	// connectTimeout is how long the board may stay silent when it is first asked, if the context has no deadline.
	connectTimeout = 15 * time.Second
	// runTimeout ends a run whose context has no deadline.
	runTimeout = 15 * time.Minute
	// poll is how often a wait for bytes looks at its context.
	poll = 20 * time.Millisecond
)

// Target is a board. It implements emu.Target.
type Target struct {
	name    string
	port    serial.Port
	client  *wire.Client
	info    emu.Info
	noAlias bool
	failed  bool // the next run has to meet the agent again
}

// Open opens the port and meets the agent on the board. With noAlias, machine code runs where it lies.
func Open(ctx context.Context, device string, baud int, noAlias bool) (*Target, error) {
	name := "serial:" + device
	if noAlias {
		name += "+code=sram"
	}
	port, err := serial.Open(device, &serial.Mode{BaudRate: baud})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, explain(err))
	}
	t := &Target{name: name, port: port, noAlias: noAlias}
	if err := t.open(ctx); err != nil {
		port.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// explain adds what to do about an error.
func explain(err error) error {
	var port *serial.PortError
	if errors.As(err, &port) && port.Code() == serial.PermissionDenied {
		return fmt.Errorf("%w: may you use it? On Debian, members of the group dialout may", err)
	}
	return err
}

func (t *Target) open(ctx context.Context) error {
	if err := t.port.SetReadTimeout(poll); err != nil {
		return err
	}
	t.client = wire.NewClient(link{t.port})
	t.client.NoAlias = t.noAlias
	if err := t.connect(ctx); err != nil {
		return err
	}
	t.info = t.client.Info()
	t.info.Target = t.name
	if t.info.HasCycles {
		t.info.CyclesLabel = "DWT CYCCNT"
		if t.info.Alias {
			t.info.CyclesLabel += ", code in SRAM fetched at address 0"
		}
	}
	return nil
}

func (t *Target) connect(ctx context.Context) error {
	ctx, cancel := bounded(ctx, connectTimeout)
	defer cancel()
	// What the line holds is of no use to anybody.
	if err := errors.Join(t.port.ResetInputBuffer(), t.port.ResetOutputBuffer()); err != nil {
		return err
	}
	if err := t.client.Connect(ctx); err != nil {
		if errors.Is(err, wire.ErrNoAnswer) {
			err = fmt.Errorf("%w (is the firmware on the board, and the speed right?)", err)
		}
		return err
	}
	t.failed = false
	return nil
}

// Info describes the target.
func (t *Target) Info() emu.Info { return t.info }

// Run runs a job.
func (t *Target) Run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	s, err := t.run(ctx, job)
	if err != nil {
		t.failed = true
		return emu.Outcome{}, fmt.Errorf("%s: %w", t.name, err)
	}
	return s, nil
}

func (t *Target) run(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	if t.failed {
		if err := t.connect(ctx); err != nil {
			return emu.Outcome{}, err
		}
	}
	ctx, cancel := bounded(ctx, runTimeout)
	defer cancel()
	return t.client.Run(ctx, job)
}

// bounded gives a context a deadline if it has none.
func bounded(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if _, already := ctx.Deadline(); already {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}

// Close closes the port.
func (t *Target) Close() error { return t.port.Close() }

// link is a port with a read timeout of poll.
type link struct{ port serial.Port }

func (l link) Write(p []byte) (int, error) { return l.port.Write(p) }

func (l link) Read(ctx context.Context, p []byte) (int, error) {
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if n, err := l.port.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
}

// OpenLine opens the port of a board with another firmware, byte by byte.
func OpenLine(spec string) (io.ReadWriteCloser, error) {
	device, baud, err := Parse(spec)
	if err != nil {
		return nil, err
	}
	port, err := serial.Open(device, &serial.Mode{BaudRate: baud})
	if err != nil {
		return nil, fmt.Errorf("serial:%s: %w", device, explain(err))
	}
	return port, nil
}
