// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/symbols"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// load puts the program into a machine and sets registers for its start.
func load(file []byte, o Options) (_ *program, err error) {
	p := &program{Options: o, until: unicorn.ReturnAddress}
	in, err := read(file, o)
	if err != nil {
		return nil, err
	}
	if p.Core == "" {
		if err := in.refusal(); err != nil {
			return nil, err
		}
		p.Core = cmp.Or(in.core, unicorn.CortexM4)
	}
	p.note = in.note(p.Core, o.Core != "")
	if p.Family == "" {
		p.Family = map[unicorn.Core]unicorn.Family{unicorn.CortexM3: unicorn.STM32F1, unicorn.CortexM4: unicorn.STM32F4}[p.Core]
	}
	if p.machine, err = unicorn.NewChip(p.Core, p.Family, writesLow(in.elf)); err != nil {
		return nil, err
	}
	if err := p.prepare(in); err != nil {
		p.machine.Close()
		return nil, err
	}
	return p, nil
}

func (p *program) prepare(in *input) (err error) {
	if in.elf != nil {
		p.symbols = symbols.Read(in.elf)
	}
	if p.Base != "" {
		base, err := p.address(p.Base)
		if err != nil {
			return badOption("base", "%w", err)
		}
		in.pieces[0].addr, in.pieces[0].runs = base, base
	}
	for _, c := range in.pieces {
		if err := p.put(c); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	for _, m := range p.Maps {
		if err := p.addMemory(m); err != nil {
			return badOption("map", "%s:%s: %w", m.Addr, m.Size, err)
		}
	}
	if p.Lenient {
		p.lenient(0x40000000, 0x20000000)
		p.lenient(0xe0000000, 0x00100000)
	}
	if err := p.findDumps(); err != nil {
		return err
	}
	if !p.NoCycles {
		if err := unicorn.CanModel(); err != nil {
			return err
		}
		if p.meter, err = meter.New(p.Core, p.Model); err != nil {
			return err
		}
		p.machine.SetModel(p.meter)
		if err := p.meter.KeepPaths(); err != nil {
			return err
		}
	}
	if err := p.start(in); err != nil {
		return err
	}
	if p.OnLoad != nil {
		p.OnLoad(p.memory())
	}
	return nil
}

// writesLow tells whether a file wants memory where flash is also seen: linked by a toolchain's own script, for a
// simulator.
func writesLow(f *elf.File) bool {
	return f != nil && slices.ContainsFunc(f.Progs, func(s *elf.Prog) bool {
		return s.Type == elf.PT_LOAD && s.Flags&elf.PF_W != 0 && s.Vaddr < 1<<20 && s.Memsz > 0
	})
}

// put loads a piece where it is loaded from and where it runs: start-up code may have been left out.
func (p *program) put(c piece) error {
	if err := p.ensure(c.runs, c.size); err != nil {
		return err
	}
	if err := p.write(c.addr, c.data); err != nil {
		return err
	}
	if c.size > 0 {
		p.loaded = append(p.loaded, Loaded{Addr: c.runs, Bytes: c.size, What: c.what})
	}
	if c.runs == c.addr {
		return nil
	}
	p.loaded = append(p.loaded, Loaded{Addr: c.addr, Bytes: uint32(len(c.data)), What: c.what + ", loaded from here"})
	return p.write(c.runs, c.data)
}

// start sets registers as after a reset, or for a call.
func (p *program) start(in *input) error {
	if p.Until != "" {
		addr, err := p.address(p.Until)
		if err != nil {
			return badOption("until", "%w", err)
		}
		p.until = addr &^ 1
	}
	vectors, sp, pc, err := p.vectors(in)
	if err != nil && p.Entry == "" {
		return err
	}
	p.machine.ResetAt(vectors)
	p.machine.StartCycles()
	if p.Entry != "" {
		return p.call(in, sp)
	}
	switch {
	case len(p.Args) > 0:
		return badOption("args", "there is nothing to call: --args needs --entry")
	case pc != 0:
		p.from = fmt.Sprintf("the vector table at 0x%08x", vectors)
	case in.entry != nil:
		if err := thumbState(in, *in.entry); err != nil {
			return err
		}
		pc = *in.entry | 1
		p.from = fmt.Sprintf("the entry point 0x%08x of the file: there is no vector table", pc&^1)
	default:
		pc = in.pieces[0].addr | 1
		p.from = fmt.Sprintf("the first byte, at 0x%08x: there is no vector table", pc&^1)
	}
	return p.begin(sp, pc)
}

// thumbState refuses code in ARM state at an address that a file says to start at or call.
func thumbState(in *input, addr uint32) error {
	if in.elf == nil || addr&1 == 1 {
		return nil
	}
	if arm, known := inARMState(in.elf, addr); arm {
		return fmt.Errorf("the code at 0x%08x is in ARM state, and a Cortex-M has Thumb state only: build it with -mthumb", addr)
	} else if known || in.core != "" {
		return nil
	}
	return fmt.Errorf("the entry point 0x%08x is even, so the code is in ARM state, and a Cortex-M has Thumb state only: build it with -mthumb; --entry 0x%x calls it in Thumb state", addr, addr)
}

func (p *program) begin(sp, pc uint32) error {
	var code [2]byte
	if p.machine.Read(pc&^1, code[:]) != nil {
		return fmt.Errorf("there is no code at the entry point %#x", pc&^1)
	}
	if why := p.notCode(pc &^ 1); why != "" {
		return fmt.Errorf("the program starts at 0x%08x, and %s", pc&^1, why)
	}
	p.stack = sp
	p.machine.SetReg(unicorn.SP, sp)
	p.machine.SetReg(unicorn.PC, pc)
	return nil
}

// Names linker scripts and start-up code give the vector table and the top of the stack.
var (
	vectorNames = []string{"g_pfnVectors", "__isr_vector", "__Vectors", "__vectors", "vector_table", "vectors", "__vector_table", "_vectors", "isr_vector"}
	stackNames  = []string{"_estack", "__StackTop", "__stack", "_stack", "__initial_sp", "_stack_top", "stack_top", "__stack_top__"}
)

// vectors finds the vector table; pc is 0 if there is none. sp is always good.
func (p *program) vectors(in *input) (at, sp, pc uint32, err error) {
	var candidates []uint32
	for _, name := range vectorNames {
		if addr, ok := p.symbols.Addr(name); ok {
			candidates = append(candidates, addr)
		}
	}
	for _, c := range in.pieces {
		if len(c.data) > 0 {
			candidates = append(candidates, c.addr)
		}
	}
	if in.elf != nil {
		candidates = append(candidates, 0x08000000)
	}
	for _, at := range candidates {
		var table [8]byte
		if at%4 != 0 || p.machine.Read(at, table[:]) != nil {
			continue
		}
		sp, pc := binary.LittleEndian.Uint32(table[:]), binary.LittleEndian.Uint32(table[4:])
		if !p.goodStack(sp) || p.machine.Read(pc&^1, table[:2]) != nil {
			continue
		}
		if pc&1 == 1 {
			return at, sp, pc, nil
		}
		if in.base && pc != 0 && p.isLoaded(pc) {
			return at, sp, pc, fmt.Errorf("the vector table at 0x%08x sends a reset to 0x%08x, which is even: a Cortex-M has Thumb state only, and would fault; --entry 0x%x calls it in Thumb state", at, pc, pc)
		}
	}
	for _, name := range stackNames {
		if addr, ok := p.symbols.Addr(name); ok && addr%4 == 0 && addr != 0 {
			return 0, addr, 0, nil
		}
	}
	return 0, 0x20020000, 0, nil
}

// goodStack tells whether an address can be the top of a stack: there is memory below it.
func (p *program) goodStack(sp uint32) bool {
	var word [4]byte
	return sp%4 == 0 && sp >= 0x10000000 && p.machine.Read(sp-4, word[:]) == nil
}

func (p *program) isLoaded(addr uint32) bool {
	return slices.ContainsFunc(p.loaded, func(l Loaded) bool { return addr-l.Addr < l.Bytes })
}

// call sets registers for a call of Entry (AAPCS 6.5).
func (p *program) call(in *input, sp uint32) error {
	m := p.machine
	addr, err := p.address(p.Entry)
	if err != nil {
		return badOption("entry", "%w", err)
	}
	if in.elf != nil {
		if arm, _ := inARMState(in.elf, addr); arm {
			return badOption("entry", "%w", thumbState(in, addr&^1))
		}
	}
	p.from = fmt.Sprintf("a call of 0x%08x", addr&^1)
	var args []uint32
	for _, a := range p.Args {
		v, err := p.number(a)
		if err != nil {
			return badOption("args", "%w", err)
		}
		args = append(args, v)
	}
	inRegs := min(len(args), 4)
	sp -= uint32((len(args)-inRegs)*4+7) &^ 7
	for i, v := range args[inRegs:] {
		if err := m.Write(sp+uint32(4*i), binary.LittleEndian.AppendUint32(nil, v)); err != nil {
			return badOption("args", "%w", err)
		}
	}
	for i, v := range args[:inRegs] {
		m.SetReg(i, v)
	}
	m.SetReg(unicorn.LR, unicorn.ReturnAddress|1)
	return p.begin(sp, addr|1)
}

func (p *program) addMemory(m Map) error {
	addr, err := p.number(m.Addr)
	if err != nil {
		return err
	}
	size, err := p.number(m.Size)
	if err != nil {
		return err
	}
	switch {
	case size == 0 || size > mostMemory || size-1 > ^addr:
		return fmt.Errorf("the size is not good: choose 1 to %d bytes that do not go beyond the address space", mostMemory)
	case uint64(len(m.Data)) > uint64(size):
		return fmt.Errorf("the file has %d bytes", len(m.Data))
	}
	if err := p.ensure(addr, size); err != nil {
		return err
	}
	p.loaded = append(p.loaded, Loaded{Addr: addr, Bytes: size, What: "--map"})
	return p.write(addr, m.Data)
}

// ensure maps what is not mapped of [addr, addr+size).
func (p *program) ensure(addr, size uint32) error {
	first, last := uint64(addr)&^(page-1), (uint64(addr)+uint64(size)+page-1)&^(page-1)
	if last > 1<<32 {
		return fmt.Errorf("%d bytes at %#x go beyond the address space", size, addr)
	}
	start := first
	flush := func(end uint64) error {
		if start >= end {
			return nil
		}
		if name := p.machine.Registers(uint32(start), uint32(end-start)); name != "" {
			return fmt.Errorf("there are registers (%s): memory cannot be added, nor loaded, there", name)
		}
		return p.machine.Map(uint32(start), uint32(end-start), unicorn.ProtRead|unicorn.ProtWrite|unicorn.ProtExec)
	}
	var one [1]byte
	for at := first; at < last; at += page {
		if p.machine.Read(uint32(at), one[:]) == nil {
			if err := flush(at); err != nil {
				return err
			}
			start = at + page
		}
	}
	return flush(last)
}

// write maps and fills memory; it may cross mappings.
func (p *program) write(addr uint32, data []byte) error {
	if uint64(len(data)) > 1<<32-uint64(addr) {
		return fmt.Errorf("%d bytes at %#x go beyond the address space", len(data), addr)
	}
	if err := p.ensure(addr, uint32(len(data))); err != nil {
		return err
	}
	for len(data) > 0 {
		n := min(len(data), page-int(addr%page))
		if err := p.machine.Write(addr, data[:n]); err != nil {
			return err
		}
		addr, data = addr+uint32(n), data[n:]
	}
	return nil
}

// lenient maps registers wherever nothing is.
func (p *program) lenient(addr, size uint32) {
	if p.machine.MapLenient(addr, size) == nil || size <= page {
		return
	}
	p.lenient(addr, size/2)
	p.lenient(addr+size/2, size/2)
}
