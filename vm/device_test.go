// SPDX-License-Identifier: GPL-2.0-or-later

package vm_test

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/firmware"
)

const board = "netduinoplus2"

// Memory of the emulated board, and where the tests put things.
const (
	stackTop   = 0x20002000 // of C
	structs    = 0x20002000
	arenaStart = 0x20004000
	ramEnd     = 0x20020000
	flashText  = 0x08080000 // behind the firmware
)

var le = binary.LittleEndian

// device is the firmware's memory and code, whose functions tests call one by one.
type device struct {
	t *testing.T
	m *unicorn.Machine
}

func newDevice(t *testing.T) *device {
	t.Helper()
	m, err := unicorn.NewBoard(unicorn.CortexM4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	elf, err := firmware.ELF(board)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.LoadELF(elf); err != nil {
		t.Fatal(err)
	}
	return &device{t, m}
}

func symbol(t *testing.T, name string) uint32 {
	t.Helper()
	addr, _, err := firmware.Symbol(board, name)
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func (d *device) put(addr uint32, b []byte) {
	d.t.Helper()
	if err := d.m.Write(addr, b); err != nil {
		d.t.Fatal(err)
	}
}

func (d *device) get(addr uint32, n int) []byte {
	d.t.Helper()
	b := make([]byte, n)
	if err := d.m.Read(addr, b); err != nil {
		d.t.Fatal(err)
	}
	return b
}

func (d *device) putWords(addr uint32, words ...uint32) {
	d.t.Helper()
	var b []byte
	for _, w := range words {
		b = le.AppendUint32(b, w)
	}
	d.put(addr, b)
}

func (d *device) word(addr uint32) uint32 { return le.Uint32(d.get(addr, 4)) }

// call calls a function with up to six arguments and returns its result.
func (d *device) call(addr uint32, args ...uint32) int32 {
	d.t.Helper()
	sp := uint32(stackTop - 64)
	for i, a := range args {
		if i < 4 {
			d.m.SetReg(i, a)
		} else {
			d.putWords(sp+4*uint32(i-4), a)
		}
	}
	d.m.SetReg(unicorn.SP, sp)
	d.m.SetReg(unicorn.LR, unicorn.ReturnAddress|1)
	d.m.SetReg(unicorn.PC, addr|1)
	r, err := d.m.Run(context.Background(), unicorn.ReturnAddress, 10_000_000)
	if err != nil {
		d.t.Fatal(err)
	}
	if r != unicorn.Until {
		fault, _ := d.m.Fault()
		d.t.Fatalf("the function at %#x did not return: %v, %v", addr, r, fault)
	}
	return int32(d.m.Reg(0))
}

// insn encodes an instruction.
func insn(opcode, dst, src byte, offset int16, imm int32) []byte {
	b := []byte{opcode, src<<4 | dst}
	b = le.AppendUint16(b, uint16(offset))
	return le.AppendUint32(b, uint32(imm))
}

func text(insns ...[]byte) []byte {
	var b []byte
	for _, i := range insns {
		b = append(b, i...)
	}
	return b
}
