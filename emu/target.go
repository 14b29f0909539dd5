// SPDX-License-Identifier: GPL-2.0-or-later

// Package emu is the interface between packages that measure and targets, which execute: a Target runs Jobs on the measuring
// firmware and answers with Outcomes. The targets themselves are packages below this one; package targets opens them by name.
//
// Addresses are those of the device, lengths are in bytes.
package emu

import (
	"context"

	"github.com/ubench-dev/ubench/abi"
)

// Target is a device, emulated or real, that runs the firmware. It is not safe for concurrent use.
type Target interface {
	// Info says what the target is and what its firmware offers.
	Info() Info
	// Run executes one job. A program that is refused or stopped is not an error: see
	// Outcome.Fault. An error means that the target failed (a crash, a hang, a lost link); the
	// target recovers if it can, so that the next Run starts afresh.
	Run(ctx context.Context, job Job) (Outcome, error)
	// Close stops the emulator and releases what it holds.
	Close() error
}

// Info describes a target and its firmware.
type Info struct {
	Target      string   // as the user names it: "unicorn", "qemu:netduino2"
	Board       string   // board of the firmware: "netduinoplus2"
	Core        string   // "cortex-m3", "cortex-m4"; "host" for the host target
	Engines     []string // in the firmware's order
	Kernels     []string // benchmarks compiled in for the native engines
	ArenaAddr   uint32   // device address of the memory for programs
	ArenaBytes  uint32
	HasCycles   bool   // whether Counts.Cycles means something
	CyclesLabel string // "modelled, zero wait states", "DWT CYCCNT", or ""
	// Alias tells that machine code in SRAM is fetched where SRAM is seen a second time, over the code bus: Alias lower
	// than it lies. Its addresses are told as if it ran where it lies.
	Alias bool
}

// Alias is how much lower SRAM is seen a second time, on chips that can show it there.
const Alias = 0x20000000

// Job is one program, or native kernel, to load and run once.
type Job struct {
	Engine  string     // one of Info.Engines
	Kernel  string     // native engines: the benchmark's name, one of Info.Kernels; Image is unused
	Format  abi.Format // of Image
	Image   []byte     // as Program.Encode of package image makes it
	Entry   uint16     // index of the entry function in formats that have several, usually 0
	Helpers []uint16   // allow-list for formats that carry none, ascending; nil allows all
	Context []byte     // r1 points to a copy of it, r2 is its length
	Granted []Region   // further memory the run may use, after the context
	Budget  uint32     // taken backward jumps and local calls, and units of helpers' work (SPEC.md, Budget); 0 means DefaultBudget
	Trace   []byte     // inputs of the simulated devices, see SPEC.md; nil for none

	Maps   []MapEntry // put into the program's maps before it runs
	Before [][]byte   // contexts it runs on first, with the same maps and variables; their outcomes are not returned

	LoadOnly    bool  // stop after compiling
	NoStack     bool  // do not look for the peak of the C stack: it takes longer than short runs
	Unsafe      bool  // an engine that checks nothing may run it: for measuring
	WantContext bool  // return the context as the program left it
	WantCode    bool  // return the machine code of engines that compile
	WantOutput  bool  // return what the program printed and the devices' state
	WantMaps    []int // return the program's maps: the bytes of each one's dump (maps.Def.DumpBytes)
}

// MapEntry is an entry of a map: key and value, one behind the other.
type MapEntry struct {
	Map   int // its index
	Bytes []byte
}

// Region is memory granted to a run beyond its context; the program finds its address in no register.
type Region struct {
	Bytes    []byte
	Writable bool
}

// DefaultBudget ends runs nobody bounded: far above any benchmark, yet minutes at most.
const DefaultBudget = 100_000_000

// Outcome is what came of a job. What of it is kept and published is a bench.Sample.
type Outcome struct {
	Result uint64    // r0; meaningful when Fault.Status is abi.OK
	Fault  abi.Fault // why the program was refused or stopped

	Load, Verify, Compile, Execute *Counts // nil for phases that did not run

	ImageBytes  int    // what was sent to the device
	CodeBytes   int    // machine code executed, 0 for interpreters
	RAMBytes    int    // kept per loaded program: text, sections, engine state
	StackBytes  int    // peak use of the C stack during Execute
	CodeAddr    uint32 // device address of Code
	Aliased     bool   // it was fetched Alias below that address
	ContextAddr uint32 // device address of the context

	Context []byte   // as the program left it; nil without Job.WantContext
	Code    []byte   // nil without Job.WantCode
	Output  []byte   // for abi.ParseOutput; nil without Job.WantOutput
	Maps    [][]byte // dumps of Job.WantMaps, see maps.Def.Entries
}

// Counts are differences of the device's counters over a phase, the cost of reading them
// calibrated away.
type Counts struct {
	Instructions uint64 // executed
	Cycles       uint64 // 0 where the target has none; Info.CyclesLabel says how they are counted
}
