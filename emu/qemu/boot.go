// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/ubench-dev/ubench/emu/wire"
)

// Machine is any firmware under QEMU that speaks frames on its serial line.
type Machine struct {
	process *process
	client  *wire.Client
}

// Boot starts a machine with a firmware. An instruction takes 2^shift nanoseconds of its time, however long it takes
// here; a core that sleeps takes none.
func Boot(ctx context.Context, machine string, elf []byte, shift int, memory ...Memory) (*Machine, error) {
	path, _, err := Find(ctx)
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, path, launch{machine: machine, elf: elf, shift: shift, reboots: true, memory: memory})
	if err != nil {
		return nil, fmt.Errorf("qemu:%s: %w", machine, err)
	}
	return &Machine{p, wire.NewClient(wire.ConnLink(p.serial))}, nil
}

// Exchange asks the firmware.
func (m *Machine) Exchange(ctx context.Context, kind byte, payload []byte) ([]byte, error) {
	p, err := m.client.Exchange(ctx, kind, payload)
	if err != nil {
		if hungUp(err) {
			return nil, m.process.death()
		}
		if pc, pcErr := m.process.pc(); pcErr == nil {
			return nil, fmt.Errorf("at pc %#x: %w", pc, err)
		}
	}
	return p, err
}

// Close ends QEMU. Closing twice does nothing.
func (m *Machine) Close() error { return m.process.Close() }

const fastShift = 5

// Line is a machine whose serial line is ours, byte by byte. Its time passes as time does here, or slower, where it
// executes more than its emulator can: an instruction takes a nanosecond of it.
type Line struct{ process *process }

// Around is what a machine on a line has around it.
type Around struct {
	// What comes to this address of this computer over UDP goes to port 5683 of a network that it is in.
	From netip.AddrPort
	// That network is this process: frames come from there and go here, each in a datagram of UDP.
	Frames netip.AddrPort
	// A core that sleeps takes no time here, and an instruction 32 nanoseconds of its own.
	Fast bool
}

// BootLine starts a machine with a firmware.
func BootLine(ctx context.Context, machine string, elf []byte, a Around, memory ...Memory) (*Line, error) {
	path, _, err := Find(ctx)
	if err != nil {
		return nil, err
	}
	l := launch{machine: machine, elf: elf, memory: memory, forward: a.From, frames: a.Frames, reboots: true, live: !a.Fast}
	if a.Fast {
		l.shift = fastShift
	}
	p, err := start(ctx, path, l)
	if err != nil {
		return nil, fmt.Errorf("qemu:%s: %w", l.machine, err)
	}
	return &Line{p}, nil
}

// Read reads what the machine sends.
func (l *Line) Read(b []byte) (int, error) {
	n, err := l.process.serial.Read(b)
	if err != nil && hungUp(err) {
		err = l.process.death()
	}
	return n, err
}

// Write sends it something.
func (l *Line) Write(b []byte) (int, error) { return l.process.serial.Write(b) }

// Wait waits until QEMU has ended, and says why.
func (l *Line) Wait() error {
	<-l.process.exited
	return l.process.death()
}

// Reset resets the machine: memory stays as it is, but for what was there when it started.
func (l *Line) Reset() error { return l.process.reset() }

// Close ends QEMU. Closing twice does nothing.
func (l *Line) Close() error { return l.process.Close() }
