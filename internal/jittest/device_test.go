// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/host"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/emu/wire"
	"github.com/ubench-dev/ubench/firmware"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/campaign"
	"github.com/ubench-dev/ubench/internal/testenv"
)

const (
	ramStart = 0x20000000
	ramBytes = 128 << 10
	limit    = 20_000_000 // instructions, far more than any of these programs takes
)

// watched is the firmware on an emulated board, stopped around the execution of programs: where the agent reads its
// counters, before and after each phase of a job.
type watched struct {
	machine *unicorn.Machine
	client  *wire.Client
	running string // engine of the job
	run     uint32 // address of the agent's struct ub_run
	reads   int    // of the counter, since the job began
	sp      uint32 // C stack of what executes programs
	address func(symbol string) uint32
	onPause func() // instead, if the machine is to stop elsewhere

	before, after []byte // RAM
}

// Readings of the counter of instructions around the fourth phase: load, verify, compile, execute.
const beforeExecution, afterExecution = 7, 8

func watch(t testing.TB, core unicorn.Core, board string) *watched {
	t.Helper()
	m, err := unicorn.NewBoard(core)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	elf, err := firmware.ELF(board)
	if err != nil {
		t.Fatal(err)
	}
	table, err := m.LoadELF(elf)
	if err != nil {
		t.Fatal(err)
	}
	address := func(name string) uint32 {
		addr, ok := table.Addr(name)
		if !ok {
			t.Fatalf("the firmware lacks %s", name)
		}
		return addr
	}
	m.Reset()
	w := &watched{machine: m, address: address}
	w.client = wire.NewClient(w)
	if err := w.client.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The struct ub_run is always the same one: any run tells which.
	m.Pause(w.word(address("jit_engine")+EngineRun) &^ 1)
	if _, err := w.client.Run(t.Context(), emu.Job{Engine: "jit", Format: abi.TextOnly, Image: exitSlot}); err != nil {
		t.Fatal(err)
	}
	m.Pause(address("ub_port_instructions"))
	return w
}

func (w *watched) word(addr uint32) uint32 {
	var b [4]byte
	if err := w.machine.Read(addr, b[:]); err != nil {
		panic("BUG: " + err.Error())
	}
	return binary.LittleEndian.Uint32(b[:])
}

func (w *watched) ram() []byte {
	b := make([]byte, ramBytes)
	if err := w.machine.Read(ramStart, b); err != nil {
		panic("BUG: " + err.Error())
	}
	return b
}

func (w *watched) Write(p []byte) (int, error) { return len(p), w.machine.Send(p) }

func (w *watched) Read(ctx context.Context, p []byte) (int, error) {
	for {
		if n := w.machine.Receive(p); n > 0 {
			return n, nil
		}
		// The limit ends it, not how long it takes on a busy machine.
		reason, err := w.machine.Run(context.WithoutCancel(ctx), unicorn.ReturnAddress, limit)
		switch {
		case err != nil:
			return 0, err
		case reason == unicorn.Pause:
			w.paused()
		case reason != unicorn.Idle:
			return 0, fmt.Errorf("%s at %#x", reason, w.machine.Reg(unicorn.PC))
		default:
			if n := w.machine.Receive(p); n > 0 {
				return n, nil
			}
			return 0, wire.ErrSilent
		}
	}
}

func (w *watched) paused() {
	if w.onPause != nil {
		w.onPause()
		return
	}
	if w.run == 0 {
		w.run = w.machine.Reg(1)
		return
	}
	w.reads++
	switch w.reads {
	case beforeExecution:
		w.before, w.sp = w.ram(), w.machine.Reg(unicorn.SP)
	case afterExecution:
		w.after = w.ram()
	}
}

// job runs a job and compares memory before and after.
func (w *watched) job(ctx context.Context, job emu.Job) (emu.Outcome, error) {
	w.before, w.after, w.running, w.reads = nil, nil, job.Engine, 0
	sample, err := w.client.Run(ctx, job)
	switch {
	case err != nil:
		return sample, err
	case w.after != nil:
		return sample, w.escaped()
	case sample.Execute != nil || w.before != nil:
		return sample, errors.New("the engine did not return")
	}
	return sample, nil
}

// escaped tells whether memory changed that the run had no right to change. What it may: writable regions, its struct
// ub_run, what helpers keep, the C stack below the caller; and interpreters save registers below the program's stack.
func (w *watched) escaped() error {
	run := w.before[w.run-ramStart:][:RunBytes]
	field := func(offset uint32) uint32 { return binary.LittleEndian.Uint32(run[offset:]) }
	forget := func(addr, n uint32) {
		if n > 0 {
			copy(w.after[addr-ramStart:][:n], w.before[addr-ramStart:])
		}
	}
	for i := range field(RunNRegions) {
		if region := RunRegions + RegionBytes*i; field(region+8)&RightsToWrite != 0 {
			forget(field(region), field(region+4))
		}
	}
	forget(w.run, RunBytes)
	forget(field(RunEnv), EnvBytes)
	forget(ramStart, w.sp-ramStart)
	if !strings.HasPrefix(w.running, "jit") {
		forget(field(RunStackTop)-StackBytes-SaveBytes, SaveBytes)
	}
	if bytes.Equal(w.after, w.before) {
		return nil
	}
	for i := range w.after {
		if w.after[i] != w.before[i] {
			return fmt.Errorf("escaped: byte at %#x was %#x and is %#x", ramStart+i, w.before[i], w.after[i])
		}
	}
	return nil
}

// The watch sees what leaves a program's memory: here by an engine that checks nothing.
func TestWatch(t *testing.T) {
	w := watch(t, unicorn.CortexM4, "netduinoplus2")
	for offset, escapes := range map[int16]bool{7: false, 8: true, -1: true, 2000: true} {
		text := bytes.Join([][]byte{slot(0x72, 1, offset, 7), exitSlot}, nil)
		_, err := w.job(t.Context(), emu.Job{Engine: "jit-unchecked", Unsafe: true, Format: abi.TextOnly, Image: text, Context: make([]byte, 8)})
		if (err != nil) != escapes {
			t.Errorf("a byte written at %+d of a context of 8 bytes: %v", offset, err)
		}
	}
}

// spilledCompares compares every two of eight 64-bit values, whose high halves are used more and take the registers:
// the low halves were once loaded in an order that C leaves to its compiler.
func spilledCompares() []byte {
	var text []byte
	for r := byte(2); r < 10; r++ {
		text = append(text, slot(0x79, 0x10|r, int16(8*r), 0)...)
	}
	for a := byte(2); a < 10; a++ {
		for b := a + 1; b < 10; b++ {
			text = slices.Concat(text, compareReg(0x20, false, a, b, 1), plusImm(0, int32(a)))
		}
	}
	for range 20 {
		for r := byte(2); r < 10; r++ {
			text = slices.Concat(text, mov(1, r), slot(0x77, 1, 0, 32), plus(0, 1))
		}
	}
	return append(text, exitSlot...)
}

// TestHostCodeIsDeviceCode: the compilers make the same bytes on the host as on the device, of every example and of
// generated programs. (Of the benchmarks too: cmd/ubench's listings are compared with the device's code.)
func TestHostCodeIsDeviceCode(t *testing.T) {
	desk, err := host.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	var jobs []emu.Job
	for _, p := range known(t) {
		image, err := withPlan(p.name, p.Program).Encode(abi.Packed)
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, emu.Job{Format: abi.Packed, Image: image})
	}
	jobs = append(jobs, emu.Job{Format: abi.TextOnly, Image: spilledCompares()})
	for seed := range uint64(testenv.Many(t, "UBENCH_CODE", 60, 300)) {
		job, err := campaign.Job(fromSeed(seed))
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, job)
	}
	for _, core := range []unicorn.Core{unicorn.CortexM3, unicorn.CortexM4} {
		target, err := unicorn.Open(t.Context(), unicorn.Options{Core: core})
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		for i, job := range jobs {
			job.Engine = []string{"jit", "jit-unchecked", "jit-plan", "jit-plan-unchecked"}[i%4]
			job.LoadOnly, job.WantCode, job.Unsafe = true, true, true
			sample, err := target.Run(t.Context(), job)
			if err != nil {
				t.Fatal(err)
			}
			code, _, err := desk.Compile(t.Context(), job, core == unicorn.CortexM4)
			if fault := (abi.Fault{}); errors.As(err, &fault) {
				if sample.Fault != fault {
					t.Errorf("%s, job %d: %v on the host, %v on the device", core, i, fault, sample.Fault)
				}
			} else if err != nil {
				t.Fatal(err)
			} else if sample.Fault.Status != abi.OK || !bytes.Equal(sample.Code, code) {
				t.Errorf("%s, job %d: %v; %d bytes, %d on the host", core, i, sample.Fault, len(sample.Code), len(code))
			}
		}
	}
}

// TestLittleMemory leaves the compiler on the device less and less memory: it says so, and nothing runs.
func TestLittleMemory(t *testing.T) {
	w := watch(t, unicorn.CortexM3, "netduino2")
	arena := int(w.client.Info().ArenaBytes)
	b, ok := benchmarks.Lookup("crc32")
	if !ok {
		t.Fatal("no crc32")
	}
	p, err := image.LoadObject(b.Name, b.Object, b.Name)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	for left := 4000; left < 8000; left += 80 {
		context := bytes.Repeat([]byte{1}, arena-left)
		sample, err := w.job(t.Context(), emu.Job{Engine: "jit", Format: abi.Packed, Image: packed, Context: context})
		if err != nil {
			t.Fatal(err)
		}
		status := sample.Fault.Status
		outcomes[status.Name()]++
		if ran := status == abi.OK; ran != (sample.Execute != nil) || !ran && status != abi.StatusMemory && !outOfMemory(status) {
			t.Errorf("%d bytes left: %v, ran: %v", left, sample.Fault, sample.Execute != nil)
		}
	}
	t.Log(outcomes)
	if outcomes["ok"] == 0 || outcomes["e-memory"] == 0 || outcomes["e-compile-code"]+outcomes["e-compile-scratch"] == 0 {
		t.Errorf("only %v", outcomes)
	}
}
