// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"fmt"

	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/symbols"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

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
}

// Map is memory to add.
type Map struct {
	Addr, Size string // numbers or symbols
	Data       []byte // at most Size
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
	meter   *meter.Meter
	symbols *symbols.Table
	until   uint32
	stack   uint32 // initial SP
	loop    *waitLoop
	idle    *waitLoop // a loop in which it was seen, and that an interrupt could end
	output  []byte
}
