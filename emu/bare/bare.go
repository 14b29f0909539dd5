// SPDX-License-Identifier: GPL-2.0-or-later

// Package bare runs bare-metal programs that were not written for it: finds out where they start and which core they
// are for, gives them the peripherals they wait for, notices when they are done, and tells what they cost in
// instructions and modelled cycles.
package bare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

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

// DefaultLimit is when to give up: a minute or so.
const DefaultLimit = 10_000_000_000

// Map is memory to add.
type Map struct {
	Addr, Size string // numbers or symbols
	Data       []byte // at most Size
}

// Result is what a run told.
type Result struct {
	Core         unicorn.Core
	Family       unicorn.Family
	End          string // why it ended
	Instructions uint64
	Cycles       uint64
	Label        string // what the cycles are
	R0           uint32
	StackBytes   uint32 // from the initial SP to the lowest address used
	Float        bool   // floating point was executed, whose times were not validated
	Interrupts   uint64 // taken
	Undelivered  []int  // numbers of interrupts that are enabled at the end and never raised here
	Handlers     []meter.Handler
	Asleep       uint64 // cycles the core slept
	Output       []byte // sent over a serial port or by semihosting
	Readings     []uint32
	SysTick      []uint32
	Spent        map[uint32]meter.Spent // by address
	Samples      []Sample
}

// Sample is what an instruction cost when it was called in one way.
type Sample struct {
	Addr  uint32
	Calls []uint32 // addresses of the calls that led there, the last one first
	meter.Spent
}

// Samples are those of a meter that keeps paths, ascending by address.
func Samples(m *meter.Meter) []Sample {
	var list []Sample
	for at, spent := range m.Samples() {
		if spent.Executions > 0 || spent.Cycles > 0 {
			list = append(list, Sample{at.Addr, m.Calls(at.Path), spent})
		}
	}
	slices.SortFunc(list, func(a, b Sample) int { return cmp.Or(cmp.Compare(a.Addr, b.Addr), slices.Compare(a.Calls, b.Calls)) })
	return list
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

// Run runs the program in the file's contents.
func Run(ctx context.Context, file []byte, o Options) (*Result, error) {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	p, err := load(file, o)
	if err != nil {
		return nil, err
	}
	defer func() { p.machine.Close() }()
	end, err := p.run(ctx)
	var loop *waitLoop
	if errors.As(err, &loop) {
		// Once more, to stop where it came to the loop.
		p.machine.Close()
		if p, err = load(file, o); err != nil {
			return nil, err
		}
		p.loop = loop
		p.machine.Pause(loop.regs[unicorn.PC])
		end, err = p.run(ctx)
	}
	if err != nil {
		return nil, err
	}
	return p.result(end), nil
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

func (p *program) result(end string) *Result {
	m := p.machine
	r := &Result{Core: m.Core(), Family: p.Family, End: end, Instructions: m.Instructions(),
		Cycles: p.meter.Cycles(m.Reg(unicorn.PC)), Label: p.meter.Label(), R0: m.Reg(0), Float: p.meter.Float(),
		Interrupts: m.Interrupts(), Undelivered: m.Undelivered(), Handlers: p.meter.Handlers(), Asleep: p.meter.Asleep(), Output: p.output, Readings: p.meter.Readings(), SysTick: p.meter.SysTickReadings(), Spent: p.meter.Profile(), Samples: Samples(p.meter)}
	// What no instruction took, so that a profile adds up: exceptions at their handlers, sleep at the end.
	for _, h := range r.Handlers {
		r.Samples = append(r.Samples, Sample{Addr: h.Addr, Spent: meter.Spent{Cycles: h.Cycles}})
	}
	if r.Asleep > 0 {
		r.Samples = append(r.Samples, Sample{Addr: m.Reg(unicorn.PC), Spent: meter.Spent{Cycles: r.Asleep}})
	}
	if low, ok := p.meter.StackLow(); ok && low < p.stack {
		r.StackBytes = p.stack - low
	}
	return r
}
