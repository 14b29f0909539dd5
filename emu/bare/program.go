// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"fmt"
	"strconv"

	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/symbols"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// Core is the name of a core, for who does not import package unicorn.
type Core = unicorn.Core

// Options say how to run a program. The zero value runs an ELF file from reset until it is done.
type Options struct {
	Core   unicorn.Core   // empty: the one the file says it was built for, else Cortex-M4
	Family unicorn.Family // peripherals; empty: STM32F1 for Cortex-M3, STM32F4 for Cortex-M4
	Base   string         // address of a raw image
	Entry  string         // function to call, symbol or address; empty: start as after a reset
	Args   []string       // its arguments, numbers or symbols
	Until  string         // stop before the instruction at this symbol or address
	Maps   []Map          // more memory
	// Lenient makes registers that are not emulated read as zero.
	Lenient bool
	// CatchFaults leaves faults to the program's handlers; otherwise the first one ends the run with an error.
	CatchFaults bool
	Limit       uint64 // instructions; DefaultLimit if 0
	Model       cycles.Options
	// NoCycles counts instructions only; counters of cycles count those.
	NoCycles bool
	Dumps    []Dump
	// OnLoad is told what is mapped before the program runs; nil for nobody.
	OnLoad func(Memory)
}

// Map is memory to add.
type Map struct {
	Addr, Size string // numbers or symbols
	Data       []byte // at most Size
}

// Region is memory or registers a program finds.
type Region struct {
	Addr, Bytes uint32
	Access      string // "rwx", with - for what is not possible
	What        string
	Loaded      []Loaded // what was put there
}

// Loaded is a part of the file, or memory that was added.
type Loaded struct {
	Addr, Bytes uint32
	What        string
}

// Memory is what the program finds, and where it starts.
type Memory struct {
	Regions []Region
	Start   string
}

// Dump asks for memory as it is at the end.
type Dump struct {
	Addr, Length string // numbers or symbols
}

// Dumped is what a Dump asked for.
type Dumped struct {
	Addr  uint32
	Bytes []byte
}

// OptionError is a mistake in an option.
type OptionError struct {
	Option string // as on the command line
	Err    error
}

func (e *OptionError) Error() string { return "--" + e.Option + ": " + e.Err.Error() }

func (e *OptionError) Unwrap() error { return e.Err }

func badOption(option, format string, args ...any) error {
	return &OptionError{option, fmt.Errorf(format, args...)}
}

// program is a program on a machine, ready to run.
type program struct {
	Options
	machine *unicorn.Machine
	meter   *meter.Meter // nil if cycles are not counted
	symbols *symbols.Table
	until   uint32
	stack   uint32 // initial SP
	loop    *waitLoop
	idle    *waitLoop // a loop in which it was seen, and that an interrupt could end
	output  []byte
	note    string // of the result
	from    string // where it starts
	loaded  []Loaded
	dumps   []Dumped
}

const (
	page       = 1024     // what the machine maps
	mostMemory = 64 << 20 // of a segment or mapping: far more than a Cortex-M has
)

// piece is what a file puts somewhere.
type piece struct {
	addr uint32
	data []byte
	what string // as it is called in the map of memory
	size uint32 // in memory, with what follows as zeros
	runs uint32 // where it is when it runs, which a start-up code copies it to; else as addr
}

func (p *program) number(text string) (uint32, error) {
	if v, err := strconv.ParseInt(text, 0, 64); err == nil && v >= -1<<31 && v < 1<<32 {
		return uint32(v), nil
	}
	return p.address(text)
}

// address is a number or a symbol.
func (p *program) address(text string) (uint32, error) {
	if v, err := strconv.ParseUint(text, 0, 32); err == nil {
		return uint32(v), nil
	}
	if p.symbols != nil {
		if addr, ok := p.symbols.Addr(text); ok {
			return addr, nil
		}
	}
	return 0, fmt.Errorf("%q is neither a symbol nor an address", text)
}

// waitLoop is a loop that changes nothing and waits for nothing: a program that is done.
type waitLoop struct {
	regs       [17]uint32
	at         string
	reads      uint32 // a register of a peripheral; 0 for none
	interrupts uint64 // taken before the loop was noticed
	serves     string // what comes between: interrupts
}

func (w *waitLoop) Error() string {
	if w.reads != 0 {
		return fmt.Sprintf("waits for ever at %s for the register at 0x%08x", w.at, w.reads)
	}
	return "loops for ever at " + w.at + w.serves
}
