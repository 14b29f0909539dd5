// SPDX-License-Identifier: GPL-2.0-or-later

// Package bare runs bare-metal programs that were not written for it: finds out where they start and which core they
// are for, gives them the peripherals they wait for, notices when they are done, and tells what they cost in
// instructions and modelled cycles.
package bare

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// DefaultLimit is when to give up: a minute or so.
const DefaultLimit = 10_000_000_000

// Result is what a run told.
type Result struct {
	Core         unicorn.Core
	Family       unicorn.Family
	Note         string // what is to be known of the figures; mostly empty
	End          string // why it ended
	Instructions uint64
	Cycles       uint64 // 0, with no label, if they were not counted
	Label        string // what the cycles are
	R0           uint32
	StackBytes   uint32 // from the initial SP to the lowest address used; 0 without cycles
	Float        bool   // floating point was executed, whose times were not validated
	Interrupts   uint64 // taken
	Undelivered  []int  // numbers of interrupts that are enabled at the end and never raised here
	Handlers     []meter.Handler
	Asleep       uint64 // cycles the core slept
	Output       []byte // sent over a serial port or by semihosting
	Readings     []uint32
	SysTick      []uint32
	Spent        map[uint32]meter.Spent // by address
	ByPath       []PathCost
	Dumps        []Dumped
}

// PathCost is what an instruction cost when it was called in one way.
type PathCost struct {
	Addr  uint32
	Calls []uint32 // addresses of the calls that led there, the last one first
	meter.Spent
}

// PathCosts are those of a meter that keeps paths, ascending by address.
func PathCosts(m *meter.Meter) []PathCost {
	var list []PathCost
	for at, spent := range m.Samples() {
		if spent.Executions > 0 || spent.Cycles > 0 {
			list = append(list, PathCost{at.Addr, m.Calls(at.Path), spent})
		}
	}
	slices.SortFunc(list, func(a, b PathCost) int { return cmp.Or(cmp.Compare(a.Addr, b.Addr), slices.Compare(a.Calls, b.Calls)) })
	return list
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
		o.OnLoad = nil
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
	r := p.result(end)
	for _, d := range p.dumps {
		p.readAll(d)
	}
	r.Dumps = p.dumps
	return r, nil
}

func (p *program) result(end string) *Result {
	m := p.machine
	r := &Result{Core: m.Core(), Family: p.Family, Note: p.note, End: end, Instructions: m.Instructions(), R0: m.Reg(0),
		Interrupts: m.Interrupts(), Undelivered: m.Undelivered(), Output: p.output}
	if p.meter == nil {
		return r
	}
	r.Cycles, r.Label, r.Float = p.meter.Cycles(m.Reg(unicorn.PC)), p.meter.Label(), p.meter.Float()
	r.Handlers, r.Asleep = p.meter.Handlers(), p.meter.Asleep()
	r.Readings, r.SysTick = p.meter.Readings(), p.meter.SysTickReadings()
	r.Spent, r.ByPath = p.meter.Profile(), PathCosts(p.meter)
	// What no instruction took, so that a profile adds up: exceptions at their handlers, sleep at the end.
	for _, h := range r.Handlers {
		r.ByPath = append(r.ByPath, PathCost{Addr: h.Addr, Spent: meter.Spent{Cycles: h.Cycles}})
	}
	if r.Asleep > 0 {
		r.ByPath = append(r.ByPath, PathCost{Addr: m.Reg(unicorn.PC), Spent: meter.Spent{Cycles: r.Asleep}})
	}
	if low, ok := p.meter.StackLow(); ok && low < p.stack {
		r.StackBytes = p.stack - low
	}
	return r
}
