// SPDX-License-Identifier: GPL-2.0-or-later

package meter

import (
	"bytes"
	"context"
	"testing"

	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// outcome is what a program did.
type outcome struct {
	reason               unicorn.Reason
	instructions, cycles uint64
	regs                 [17]uint32
	faults               uint64
}

// runPieces runs code from SRAM in pieces of so many instructions, with a meter or without.
func runPieces(t *testing.T, code []byte, piece uint64, metered bool) (o outcome, ram []byte) {
	const limit, base = 3000, 0x20004000
	m, err := unicorn.NewBoard(unicorn.CortexM3)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var meter *Meter
	if metered {
		if meter, err = New(unicorn.CortexM3, cycles.Options{}); err != nil {
			t.Fatal(err)
		}
		m.SetModel(meter)
	}
	if err := m.Write(base, code); err != nil {
		t.Fatal(err)
	}
	for i, v := range []uint32{0, base, 0x20000000, 0x20000801, 0x08000000, 1, 0xffffffff, base | 1, 3, 7, 100, 0x80000000, 0x20001000} {
		m.SetReg(i, v)
	}
	m.SetReg(unicorn.SP, 0x20002000)
	m.SetReg(unicorn.LR, unicorn.ReturnAddress|1)
	m.SetReg(unicorn.PC, base|1)
	for {
		before := m.Instructions()
		if o.reason, err = m.Run(context.Background(), unicorn.ReturnAddress, min(piece, limit-before)); err != nil {
			t.Fatalf("%v\n% x", err, code)
		}
		if o.reason != unicorn.Limit || piece >= limit-before {
			break
		}
		if m.Instructions() == before { // the next block is longer than the piece
			piece *= 2
		}
	}
	o.instructions = m.Instructions()
	for i := range o.regs {
		o.regs[i] = m.Reg(i)
	}
	_, o.faults = m.Fault()
	if metered {
		o.cycles = meter.Cycles(o.regs[unicorn.PC])
	}
	ram = make([]byte, 128<<10)
	if err := m.Read(0x20000000, ram); err != nil {
		t.Fatal(err)
	}
	return o, ram
}

// A meter changes nothing about what a program does, and its cycles do not depend on where a run is interrupted.
func FuzzMeter(f *testing.F) {
	for _, code := range []string{
		"\x01\x30\x01\x31\xfc\xe7",                                 // adds; adds; b
		"\x08\xbf\x01\x30\x01\x31\xfb\xe7",                         // it eq
		"\x1c\x68\x5c\x68\x14\x60\x01\x31\xfa\xe7",                 // ldr, ldr, str
		"\xb8\xfb\xf5\xf0\xa1\xfb\x06\x23\x01\x35\xf9\xd1\x70\x47", // udiv, umull
		"\x0c\x60\x01\x31\x70\x47",                                 // overwrites itself
		"\x10\xb5\x00\xf0\x01\xf8\x10\xbd\x70\x47",                 // calls
	} {
		f.Add([]byte(code))
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		if len(code) > 1024 {
			return
		}
		plain, ram := runPieces(t, code, 3000, false)
		whole, ram2 := runPieces(t, code, 3000, true)
		pieces, ram3 := runPieces(t, code, 30, true)
		if whole != pieces {
			t.Errorf("at once:   %+v\nin pieces: %+v\n% x", whole, pieces, code)
		}
		if whole.reason == unicorn.Limit { // blocks are shorter with a meter, and so is what fits the limit
			return
		}
		whole.cycles = 0
		if whole != plain {
			t.Errorf("without a meter: %+v\nwith one:        %+v\n% x", plain, whole, code)
		}
		if !bytes.Equal(ram, ram2) || !bytes.Equal(ram, ram3) {
			t.Errorf("memory differs\n% x", code)
		}
	})
}
