// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/emu"
)

// Device is what a firmware says about itself.
type Device struct {
	Board, Core string
	Engines     []Engine
	Kernels     []string // of the native engines
	CPU         uint32   // capabilities, UB_CPU_*
	ArenaAddr   uint32
	ArenaBytes  uint32
	// Which counters count what they say: instructions do on emulators, cycles where the target
	// models or has them.
	CountsInstructions, CountsCycles bool
	HasAlias                         bool       // SRAM is seen emu.Alias below its addresses as well
	Overhead                         emu.Counts // of an empty phase; already subtracted from samples
}

// Engine is an engine of the firmware.
type Engine struct {
	Name string
	Caps uint8 // UB_ENGINE_* of abi/engine.h
}

const (
	engineNative = 1 << 1 // UB_ENGINE_NATIVE
	engineUnsafe = 1 << 2 // UB_ENGINE_UNSAFE
)

// Client asks an agent. It is not safe for concurrent use.
type Client struct {
	session
	device   Device
	answered bool // the last Exchange was; a device that has started again may have lost what came meanwhile
	// NoAlias has machine code run where it lies, also where it could be fetched over the code bus.
	NoAlias bool
}

// NewClient makes a client. Connect it before anything else.
func NewClient(link Link) *Client { return &Client{session: session{link: link}} }

// Connect meets the agent, in whatever state the link and it are, and has it calibrate its
// counters. Connect again after the device was restarted, or its counters changed their meaning.
// It asks until ctx ends, unless the link knows that nothing will come.
func (c *Client) Connect(ctx context.Context) error {
	c.decoder = decoder{}
	p, err := c.exchange(ctx, info, nil, meeting)
	if err != nil {
		return err
	}
	d, err := decodeInfo(p)
	if err != nil {
		return fmt.Errorf("INFO: %w", err)
	}
	c.device = d
	return nil
}

// Device is what the agent said when it was connected.
func (c *Client) Device() Device { return c.device }

// Info is Device as targets present it, but for the target's name and the label of its cycles.
func (c *Client) Info() emu.Info {
	d := c.device
	i := emu.Info{
		Board: d.Board, Core: d.Core, Kernels: slices.Clone(d.Kernels),
		ArenaAddr: d.ArenaAddr, ArenaBytes: d.ArenaBytes, HasCycles: d.CountsCycles,
		Alias: d.HasAlias && !c.NoAlias,
	}
	for _, e := range d.Engines {
		i.Engines = append(i.Engines, e.Name)
	}
	return i
}

// Trap makes the firmware misbehave. A fault it survived is returned as an abi.Fault.
func (c *Client) Trap(ctx context.Context, t Trap) error {
	p, err := c.exchange(ctx, trap, []byte{byte(t)}, working)
	if err != nil {
		return err
	}
	return decodeFault(p)
}

func decodeInfo(p []byte) (Device, error) {
	if fault := decodeFault(p); fault.Status != 0 {
		return Device{}, fault
	}
	if len(p) < infoBytes {
		return Device{}, fmt.Errorf("the answer has %d bytes, too few", len(p))
	}
	if v := le.Uint16(p[infoVersion:]); v != version {
		return Device{}, fmt.Errorf("the firmware speaks version %d of the protocol, this program %d", v, version)
	}
	d := Device{
		CPU:                le.Uint32(p[infoCPU:]),
		ArenaAddr:          le.Uint32(p[infoArenaAddr:]),
		ArenaBytes:         le.Uint32(p[infoArenaBytes:]),
		CountsInstructions: p[infoCounters]&countsInstructions != 0,
		CountsCycles:       p[infoCounters]&countsCycles != 0,
		HasAlias:           p[infoCounters]&hasAlias != 0,
		Overhead: emu.Counts{
			Instructions: uint64(le.Uint32(p[infoInstructions:])),
			Cycles:       uint64(le.Uint32(p[infoCycles:])),
		},
	}
	names := names{rest: p[infoBytes:]}
	d.Board, d.Core = names.next(), names.next()
	for range p[infoKernels] {
		d.Kernels = append(d.Kernels, names.next())
	}
	for range p[infoEngines] {
		caps := names.byte()
		d.Engines = append(d.Engines, Engine{Caps: caps, Name: names.next()})
	}
	if names.short {
		return Device{}, errors.New("the answer ends in the middle of a name")
	}
	return d, nil
}

// names takes apart a row of zero-terminated strings.
type names struct {
	rest  []byte
	short bool // there was less than was asked for
}

func (n *names) next() string {
	name, rest, ok := bytes.Cut(n.rest, []byte{0})
	n.rest, n.short = rest, n.short || !ok
	return string(name)
}

func (n *names) byte() uint8 {
	if len(n.rest) == 0 {
		n.short = true
		return 0
	}
	b := n.rest[0]
	n.rest = n.rest[1:]
	return b
}
