// SPDX-License-Identifier: GPL-2.0-or-later

package wallstest

import (
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

const nowhere = ^uint32(0)

// Faults of the CPU (abi/status.h).
const (
	hardFault abi.Status = -120 - iota
	memFault
	busFault
	usageFault
)

// one loads a program of about so many instructions and starts it.
func one(t *testing.T, s Supervisor, engine device.Engine, instructions int) (number int, p Program) {
	t.Helper()
	c := device.Config{Name: "one", Format: abi.Packed, Engine: engine, Context: 16, AllHelpers: true}
	n, err := s.Load(c, packed(t, bare(t, text(instructions, 0))))
	if err == nil {
		err = s.Start(n)
	}
	if err != nil {
		t.Fatal(err)
	}
	p, _ = s.Program(n)
	return n, p
}

// Code runs at 0 if all of it lies in memory that is seen there, and else where it lies; what programs write lies in other memory, if
// there is room.
func TestPlacement(t *testing.T) {
	const pool, end = 0x20005000, 0x20020000
	for name, c := range map[string]struct {
		pool, end, aliasEnd uint32
		engine              device.Engine
		byAlias, beside     bool // the code runs by the alias; the compartment lies behind the memory that is seen there
	}{
		"jit":                              {pool, end, sram1End, device.JIT, true, true},
		"jit-mpu":                          {pool, end, sram1End, device.JITMPU, true, true},
		"nothing is seen at 0":             {pool, end, 0, device.JIT, false, true},
		"the interpreter":                  {pool, end, sram1End, device.VM, false, true},
		"the pool begins behind it":        {sram1End, end, sram1End, device.JIT, false, true},
		"only a part of the code is there": {sram1End - 64, end, sram1End, device.JIT, false, true},
		"no room beside it":                {pool, sram1End + 512, sram1End, device.JIT, true, false},
		"all memory is seen there":         {pool, sram1End, sram1End, device.JIT, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := one(t, Begin(t, c.pool, c.end, c.aliasEnd), c.engine, 100)
			want := p.Code.Addr
			if c.byAlias {
				want -= alias
			}
			if (p.Code.Bytes > 0) != (c.engine != device.VM) || p.CodeAt != want {
				t.Errorf("its code at %x runs at %#x, want %#x", p.Code, p.CodeAt, want)
			}
			if c.byAlias && p.Code.end() > c.aliasEnd {
				t.Errorf("its code at %x is not all seen at 0", p.Code)
			}
			if beside := p.Block.Addr >= c.aliasEnd; beside != c.beside {
				t.Errorf("its compartment is at %x", p.Block)
			}
		})
	}
}

// Code of exactly as many bytes as there are up to the end of what is seen at 0 still runs there; one unit further on it does not.
func TestPlacementAtTheEnd(t *testing.T) {
	_, p := one(t, Begin(t, 0x20005000, 0x20020000, sram1End), device.JIT, 100)
	for _, c := range []struct {
		aliasEnd uint32
		byAlias  bool
	}{{p.Code.end(), true}, {p.Code.end() - 1, false}, {p.Code.end() + 1, true}} {
		_, q := one(t, Begin(t, 0x20005000, 0x20020000, c.aliasEnd), device.JIT, 100)
		if q.Code != p.Code {
			t.Fatalf("code moved from %x to %x", p.Code, q.Code)
		}
		if got := q.CodeAt != q.Code.Addr; got != c.byAlias {
			t.Errorf("code up to %#x, seen at 0 up to %#x: by the alias %v", q.Code.end(), c.aliasEnd, got)
		}
	}
}

// A fault is told by where code lies, wherever it ran, and with its offset there; other addresses are told as they are.
func TestFaultsAreToldWhereCodeLies(t *testing.T) {
	for name, aliasEnd := range map[string]uint32{"with memory at 0": sram1End, "without": 0} {
		for what, c := range map[string]struct {
			status abi.Status
			pc     func(p Program) uint32
			want   func(p Program) uint32
			at     func(p Program) uint32
		}{
			"first instruction": {memFault, func(p Program) uint32 { return p.CodeAt },
				func(p Program) uint32 { return p.Code.Addr }, func(Program) uint32 { return 0 }},
			"in the middle": {usageFault, func(p Program) uint32 { return p.CodeAt + 6 },
				func(p Program) uint32 { return p.Code.Addr + 6 }, func(Program) uint32 { return 6 }},
			"last byte": {hardFault, func(p Program) uint32 { return p.CodeAt + p.CodeBytes - 1 },
				func(p Program) uint32 { return p.Code.Addr + p.CodeBytes - 1 }, func(p Program) uint32 { return p.CodeBytes - 1 }},
			"behind the code": {memFault, func(p Program) uint32 { return p.CodeAt + p.CodeBytes },
				func(p Program) uint32 { return p.CodeAt + p.CodeBytes }, func(Program) uint32 { return nowhere }},
			"before the code": {memFault, func(p Program) uint32 { return p.CodeAt - 2 },
				func(p Program) uint32 { return p.CodeAt - 2 }, func(Program) uint32 { return nowhere }},
			"a null pointer": {memFault, func(Program) uint32 { return 0 },
				func(Program) uint32 { return 0 }, func(Program) uint32 { return nowhere }},
			"in flash": {busFault, func(Program) uint32 { return 0x08001234 },
				func(Program) uint32 { return 0x08001234 }, func(Program) uint32 { return nowhere }},
			"a jump into its compartment": {memFault, func(p Program) uint32 { return p.Block.Addr + 4 },
				func(p Program) uint32 { return p.Block.Addr + 4 }, func(Program) uint32 { return nowhere }},
			"a slot, which the engine tells": {abi.StatusRead, func(Program) uint32 { return 7 },
				func(Program) uint32 { return 7 }, func(Program) uint32 { return nowhere }},
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				s := Begin(t, 0x20005000, 0x20020000, aliasEnd)
				n, p := one(t, s, device.JIT, 100)
				if err := s.Call(n, 0); err != nil {
					t.Fatal(err)
				}
				s.End(n, abi.Fault{Status: c.status, PC: c.pc(p), Addr: 0x20000004})
				after, _ := s.Program(n)
				want := abi.Fault{Status: c.status, PC: c.want(p), Addr: 0x20000004}
				if after.Fault != want || after.FaultCodeAt != c.at(p) {
					t.Errorf("%v, %#x in the code; want %v, %#x", after.Fault, after.FaultCodeAt, want, c.at(p))
				}
			})
		}
	}
}

// With memory at 0 an address there that is not the code's is not told as one of code: what a program jumps to where code lies faults,
// because it is open where it runs alone.
func TestAJumpToWhereCodeLies(t *testing.T) {
	s := Begin(t, 0x20005000, 0x20020000, sram1End)
	n, p := one(t, s, device.JIT, 100)
	if err := s.Call(n, 0); err != nil {
		t.Fatal(err)
	}
	s.End(n, abi.Fault{Status: memFault, PC: p.Code.Addr + 4})
	if after, _ := s.Program(n); after.Fault.PC != p.Code.Addr+4 || after.FaultCodeAt != nowhere {
		t.Errorf("%v, %#x in the code", after.Fault, after.FaultCodeAt)
	}
}
