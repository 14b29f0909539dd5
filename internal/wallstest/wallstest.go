// SPDX-License-Identifier: GPL-2.0-or-later

// Package wallstest has the device's supervisor on the host, with a seam that starts no threads, and the words that the kernel writes
// into the MPU for each program. Its tests hold those against what each program is granted, by the model of package pmsa: no emulator
// has both an MPU and memory that is seen at two addresses.
package wallstest

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../.. -I${SRCDIR}/../../device/posix/port
#include "internal/wallstest/harness.h"
*/
import "C"

import (
	"sync"
	"testing"
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	_ "github.com/ubench-dev/ubench/device/mpu"
	_ "github.com/ubench-dev/ubench/device/supervisor"
	_ "github.com/ubench-dev/ubench/firmware/agent" // the host's counters
	"github.com/ubench-dev/ubench/internal/devmem"
	"github.com/ubench-dev/ubench/internal/pmsa"
)

// All boards have their memory here, and no more of it.
const (
	memoryAddr  = 0x20000000
	memoryBytes = 256 << 10
)

var memory = sync.OnceValues(func() (*devmem.Space, error) {
	m, err := devmem.Reserve()
	if err == nil {
		_, err = m.Map(memoryAddr, memoryBytes)
	}
	return m, err
})

// Piece is memory that the supervisor took from its pool; Bytes 0: none.
type Piece struct{ Addr, Bytes uint32 }

func piece(p C.struct_pool_piece) Piece { return Piece{uint32(p.addr), uint32(p.len)} }

// Grant is memory that software lets a program access: what its run says (abi/run.h).
type Grant struct {
	Addr, Bytes uint32
	Rights      pmsa.Rights
}

// Numbers of grants.
const (
	Stack = iota
	Context
	Rodata
	Data
	Others
)

// Program is what the supervisor knows of one, and where everything of it lies.
type Program struct {
	State   device.Lifecycle
	Runs    int
	Block   Piece // the compartment
	Code    Piece // compiled code, where it lies
	Private []Piece
	Values  uint32 // of its own maps
	Arena   uint32 // sections, text, tables
	// CodeAt is where the engine is told that code runs.
	CodeAt, CodeBytes uint32
	Grants            []Grant
	Fault             abi.Fault
	FaultCodeAt       uint32
	Regions           [5]pmsa.Region // 2 to 6
}

// Supervisor is the process's; there is one at a time.
type Supervisor struct{ t testing.TB }

// Begin starts one without programs. Memory below aliasEnd is seen at 0 as well.
func Begin(t testing.TB, poolAddr, poolEnd, aliasEnd uint32) Supervisor {
	t.Helper()
	m, err := memory()
	if err != nil {
		t.Fatal(err)
	}
	C.wallstest_begin((*C.uint8_t)(m.Base()), C.uint32_t(poolAddr), C.uint32_t(poolEnd-poolAddr), C.uint32_t(aliasEnd))
	return Supervisor{t}
}

func status(n C.int32_t) error {
	if n < 0 {
		return abi.Fault{Status: abi.Status(n)}
	}
	return nil
}

func pointer(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))) }

func (s Supervisor) encoded(c device.Config) []byte {
	b, err := c.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// Load takes a copy of an image.
func (s Supervisor) Load(c device.Config, image []byte) (number int, err error) {
	n := C.wallstest_load(pointer(s.encoded(c)), pointer(image), C.uint32_t(len(image)))
	return int(n), status(n)
}

// Replace puts another image in a program's place.
func (s Supervisor) Replace(number int, c device.Config, image []byte) error {
	return status(C.wallstest_replace(C.uint32_t(number), pointer(s.encoded(c)), pointer(image), C.uint32_t(len(image))))
}

// Start gives a program its compartment.
func (s Supervisor) Start(number int) error { return status(C.wallstest_start(C.uint32_t(number))) }

// Kill takes it away.
func (s Supervisor) Kill(number int) error { return status(C.wallstest_kill(C.uint32_t(number))) }

// Unload removes it.
func (s Supervisor) Unload(number int) error { return status(C.wallstest_unload(C.uint32_t(number))) }

// Call begins a run with so many bytes of context.
func (s Supervisor) Call(number, context int) error {
	return status(C.wallstest_call(C.uint32_t(number), C.uint32_t(context)))
}

// End says how the run that goes on has ended.
func (s Supervisor) End(number int, f abi.Fault) {
	fault := C.struct_ub_fault{status: C.int32_t(f.Status), pc: C.uint32_t(f.PC), addr: C.uint32_t(f.Addr)}
	C.wallstest_end(C.uint32_t(number), &fault)
}

// Step lets time go on.
func (s Supervisor) Step(ms int) { C.wallstest_step(C.uint32_t(ms)) }

// Program tells of one; false if there is none.
func (s Supervisor) Program(number int) (p Program, ok bool) {
	var c C.struct_wallstest_program
	if C.wallstest_program(C.uint32_t(number), &c) == 0 {
		return p, false
	}
	p = Program{
		State: device.Lifecycle(c.state), Runs: int(c.runs), Block: piece(c.block), Code: piece(c.code), Values: uint32(c.values), Arena: uint32(c.arena),
		CodeAt: uint32(c.code_at), CodeBytes: uint32(c.code_bytes), FaultCodeAt: uint32(c.fault_code_at),
		Fault: abi.Fault{Status: abi.Status(c.fault.status), PC: uint32(c.fault.pc), Addr: uint32(c.fault.addr)},
	}
	for _, own := range []C.struct_pool_piece{c.image, c.own, c.mailbox, c.maps} {
		if own.len > 0 {
			p.Private = append(p.Private, piece(own))
		}
	}
	for _, g := range c.grants {
		p.Grants = append(p.Grants, Grant{uint32(g.start), uint32(g.len), pmsa.Rights(g.rights)})
	}
	for i := range p.Regions {
		p.Regions[i] = pmsa.Region{Base: uint32(c.mpu[2*i]), Attributes: uint32(c.mpu[2*i+1])}
	}
	return p, true
}

// Pieces are all that were taken from the pool.
func (s Supervisor) Pieces() (all []Piece) {
	var c [C.POOL_PIECES]C.struct_pool_piece
	for _, p := range c[:C.wallstest_pieces(&c[0])] {
		all = append(all, piece(p))
	}
	return all
}

// Board is what its linker script says of memory (board.ld).
type Board struct {
	Memory, MemoryLog2, MemoryWithout uint32
	Shared, SharedEnd, Guard          uint32
	Pool, PoolEnd                     uint32
}

// Unit is the MPU while a thread with these regions runs. The words are given to the model as the kernel gives them to the core.
func (b Board) Unit(t testing.TB, thread []pmsa.Region) pmsa.Unit {
	t.Helper()
	var all [6]C.uint32_t
	board := [6]C.uint32_t{C.uint32_t(b.Memory), C.uint32_t(b.MemoryLog2), C.uint32_t(b.MemoryWithout), C.uint32_t(b.Shared), C.uint32_t(b.SharedEnd), C.uint32_t(b.Guard)}
	C.wallstest_board(&all[0], &board[0])
	var u pmsa.Unit
	store := func(addr, value uint32) {
		if err := u.Store(addr, value); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(all); i += 2 {
		store(pmsa.RBAR, uint32(all[i]))
		store(pmsa.RASR, uint32(all[i+1]))
	}
	store(pmsa.Ctrl, pmsa.Enable|pmsa.PrivDefEna)
	for i, r := range thread { // four at a time, by the registers' aliases (switch.S)
		store(uint32(pmsa.RBAR+8*(i%4)), r.Base)
		store(uint32(pmsa.RASR+8*(i%4)), r.Attributes)
	}
	return u
}
