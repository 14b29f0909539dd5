// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/image"
)

// Access is what one load costs an engine, in a loop of three instructions, when a number of
// regions are granted beyond those every run has.
type Access struct {
	Engine  string
	Regions int
	Stack   bool // from the stack, the first region; else from the last one granted
	Cost    emu.Counts
}

// Iterations of the loop: the cost of one is the difference of two runs.
const (
	accessFew  = 1000
	accessMany = 2000
)

// regionBytes is the length of the granted regions.
const regionBytes = 16

// MeasureAccess measures one access. The address of a granted region follows from the context's:
// they lie one behind the other, on multiples of 8 bytes.
func MeasureAccess(ctx context.Context, target emu.Target, engine string, regions int, stack bool) (Access, error) {
	a := Access{Engine: engine, Regions: regions, Stack: stack}
	job := emu.Job{Context: make([]byte, 8)}
	for i := range regions {
		bytes := make([]byte, regionBytes)
		bytes[0] = byte(i + 1) // what the program must find
		job.Granted = append(job.Granted, emu.Region{Bytes: bytes})
	}
	want := uint64(regions)
	if stack {
		want = 0
	}
	addr := uint32(0)
	var costs []emu.Counts
	for _, n := range []uint32{1, accessFew, accessMany} { // the first one tells the address
		made, err := accessJob(engine, addr, n, stack || addr == 0)
		if err != nil {
			return a, err
		}
		made.Context, made.Granted = job.Context, job.Granted
		got, err := target.Run(ctx, made)
		switch {
		case err != nil:
			return a, err
		case got.Fault.Status != abi.OK:
			return a, fmt.Errorf("%s: access with %d regions: %w", engine, regions, got.Fault)
		case addr != 0 && got.Result != want:
			return a, fmt.Errorf("%s: access with %d regions: found %d, want %d", engine, regions, got.Result, want)
		case got.Execute == nil:
			return a, fmt.Errorf("%s does not count", target.Info().Target)
		}
		addr = got.ContextAddr + 8 + uint32(regions-1)*regionBytes
		costs = append(costs, *got.Execute)
	}
	a.Cost = emu.Counts{Instructions: costs[2].Instructions - costs[1].Instructions, Cycles: costs[2].Cycles - costs[1].Cycles}
	return a, nil
}

// accessJob makes the program: r3 = address; r4 = n; do r0 = *(u8 *)r3; while (--r4).
func accessJob(engine string, addr, n uint32, stack bool) (emu.Job, error) {
	slot := func(opcode, registers byte, offset int16, imm uint32) []byte {
		s := []byte{opcode, registers, 0, 0, 0, 0, 0, 0}
		binary.LittleEndian.PutUint16(s[2:], uint16(offset))
		binary.LittleEndian.PutUint32(s[4:], imm)
		return s
	}
	var text []byte
	if stack {
		text = append(text, slot(0xbf, 0xa3, 0, 0)...)            // mov r3, r10
		text = append(text, slot(0x07, 0x03, 0, ^uint32(0)-7)...) // add r3, -8
	} else {
		text = append(text, slot(0x18, 0x03, 0, addr)...) // lddw r3, addr
		text = append(text, slot(0x00, 0x00, 0, 0)...)
	}
	text = append(text, slot(0xb7, 0x04, 0, n)...)          // mov r4, n
	text = append(text, slot(0x71, 0x30, 0, 0)...)          // ldxb r0, [r3]
	text = append(text, slot(0x07, 0x04, 0, ^uint32(0))...) // add r4, -1
	text = append(text, slot(0x55, 0x04, -3, 0)...)         // jne r4, 0, -3
	text = append(text, slot(0x95, 0, 0, 0)...)             // exit
	program, err := image.FromText("access", text)
	if err != nil {
		return emu.Job{}, err
	}
	return NewJob(engine, program)
}

// Per is the cost of one access.
func (a Access) Per() (instructions, cycles float64) {
	const n = accessMany - accessFew
	return float64(a.Cost.Instructions) / n, float64(a.Cost.Cycles) / n
}
