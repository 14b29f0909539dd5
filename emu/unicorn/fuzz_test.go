// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"bytes"
	"context"
	"testing"
)

// outcome is all a program can have done.
type outcome struct {
	reason       Reason
	instructions uint64
	regs         [17]uint32
	fault        Fault
	faults       uint64
	output       string
}

// runCode runs code from SRAM, where it may change itself, in pieces of `piece` instructions.
func runCode(t *testing.T, code []byte, piece uint64) (outcome, []byte) {
	const limit = 5000
	m := newBoard(t, CortexM4)
	defer m.Close()
	withHandlers(t, m)
	enableFaults(t, m)
	put(t, m, ramCodeAt, code)
	for i := range 13 {
		m.SetReg(i, []uint32{0, ramCodeAt, ramBase, 0x40011000, 0x40000024, 1, 0xffffffff, ramCodeAt | 1, flashBase, 0x30000000, shcsr, 7, ramBase + 0x1000}[i])
	}
	m.SetReg(SP, ramBase+0x2000)
	m.SetReg(LR, ReturnAddress|1)
	m.SetReg(PC, ramCodeAt|1)
	if err := m.Send([]byte("some input")); err != nil {
		t.Fatal(err)
	}
	start := m.Instructions()
	var o outcome
	for done := uint64(0); ; {
		r, err := m.Run(context.Background(), ReturnAddress, min(piece, limit-done))
		if err != nil {
			t.Fatalf("%v\n% x", err, code)
		}
		o.reason = r
		before := done
		done = m.Instructions() - start
		if done > limit {
			t.Fatalf("%d instructions, limit %d\n% x", done, limit, code)
		}
		if r != Limit || piece >= limit-before {
			break
		}
		if done == before { // the next block is longer than the piece
			piece *= 2
		}
	}
	o.instructions = m.Instructions() - start
	for i := range o.regs {
		o.regs[i] = m.Reg(i)
	}
	o.fault, o.faults = m.Fault()
	out := make([]byte, 1<<17)
	o.output = string(out[:m.Receive(out)])
	ram := make([]byte, 192<<10)
	if err := m.Read(ramBase, ram); err != nil {
		t.Fatal(err)
	}
	return o, ram
}

// Random code: it is stopped in time, its faults are found again, and it does the same however
// often it is interrupted.
func FuzzCode(f *testing.F) {
	for _, c := range counted {
		f.Add(c.code)
	}
	f.Add(halfwords(0xde00, 0x6001, 0x4770))
	f.Add(halfwords(0x3001, 0x6819, 0xf84d, 0x0d04, 0xe7fa))
	f.Add(halfwords(0xbf08, 0x684a, 0xdf01, 0xb5f0, 0xbdf0))
	f.Add(halfwords(0x604f, 0x600f, 0x680a, 0x7008, 0xe7fa)) // rewrites itself
	f.Fuzz(func(t *testing.T, code []byte) {
		if len(code) > 2048 {
			return
		}
		whole, ram := runCode(t, code, 5000)
		pieces, ram2 := runCode(t, code, 40)
		if whole != pieces {
			t.Errorf("at once:   %+v\nin pieces: %+v\n% x", whole, pieces, code)
		}
		if !bytes.Equal(ram, ram2) {
			t.Errorf("memory differs\n% x", code)
		}
	})
}
