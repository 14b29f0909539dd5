// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"context"
	"fmt"

	"github.com/ubench-dev/ubench/emu/wire"
)

// Booted is any firmware for one of our boards that speaks frames on its serial line. The MPU is not enforced: its
// registers are written, and that is all.
type Booted struct {
	machine *Machine
	client  *wire.Client
}

// Boot starts a firmware; model may be nil.
func Boot(core Core, elf []byte, model Model) (*Booted, error) {
	m, err := NewBoard(core)
	if err != nil {
		return nil, err
	}
	table, err := m.LoadELF(elf)
	if err != nil {
		m.Close()
		return nil, fmt.Errorf("load: %w", err)
	}
	if model != nil {
		m.SetModel(model)
	}
	m.Reset()
	return &Booted{m, wire.NewClient(&paced{link{machine: m, symbols: table, limit: DefaultLimit}})}, nil
}

// paced is a link that gives the firmware time to take what was sent: its interrupts come as fast as bytes do, which on a
// line is slowly.
type paced struct{ link }

const (
	paceBytes        = 128
	paceInstructions = 20_000
)

func (l *paced) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		part := p[n:min(n+paceBytes, len(p))]
		if _, err = l.link.Write(part); err == nil && n+len(part) < len(p) {
			_, err = l.machine.Run(context.Background(), ReturnAddress, paceInstructions)
		}
		n += len(part)
	}
	return n, err
}

// Exchange asks the firmware.
func (b *Booted) Exchange(ctx context.Context, kind byte, payload []byte) ([]byte, error) {
	return b.client.Exchange(ctx, kind, payload)
}

// Run lets time go on for so many instructions; a core that sleeps takes none. Between exchanges it stands still otherwise.
func (b *Booted) Run(ctx context.Context, instructions uint64) error {
	_, err := b.machine.Run(ctx, ReturnAddress, instructions)
	return err
}

// Close releases the machine.
func (b *Booted) Close() error { return b.machine.Close() }

// Instructions are those executed since the start.
func (b *Booted) Instructions() uint64 { return b.machine.Instructions() }
