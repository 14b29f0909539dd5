// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/symbols"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// load puts the program into a machine and sets registers for its start.
func load(file []byte, o Options) (_ *program, err error) {
	p := &program{Options: o, until: unicorn.ReturnAddress}
	var f *elf.File
	switch isELF := bytes.HasPrefix(file, []byte(elf.ELFMAG)); {
	case isELF && o.Base != "":
		return nil, badOption("base", "is for raw images, and this is an ELF file")
	case isELF:
		if f, err = open(file); err != nil {
			return nil, err
		}
		core, err := coreOf(f)
		if err != nil {
			return nil, err
		}
		if p.Core == "" {
			p.Core = core
		}
	case o.Base == "":
		return nil, badOption("base", "say where the image lies: the file is not an ELF file")
	case len(file) == 0:
		return nil, errors.New("the file is empty")
	}
	if p.Core == "" {
		p.Core = unicorn.CortexM4
	}
	if p.Family == "" {
		p.Family = map[unicorn.Core]unicorn.Family{unicorn.CortexM3: unicorn.STM32F1, unicorn.CortexM4: unicorn.STM32F4}[p.Core]
	}
	if p.machine, err = unicorn.NewChip(p.Core, p.Family, writesLow(f)); err != nil {
		return nil, err
	}
	if err := p.prepare(file, f); err != nil {
		p.machine.Close()
		return nil, err
	}
	return p, nil
}

func (p *program) prepare(file []byte, f *elf.File) (err error) {
	base := uint32(0)
	if f != nil {
		p.symbols = symbols.Read(f)
		err = p.loadELF(f, file)
	} else {
		if base, err = p.address(p.Base); err != nil {
			return badOption("base", "%w", err)
		}
		err = p.write(base, file)
	}
	if err != nil {
		return err
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
	if p.meter, err = meter.New(p.Core, p.Model); err != nil {
		return err
	}
	p.machine.SetModel(p.meter)
	if err := p.meter.KeepPaths(); err != nil {
		return err
	}
	return p.start(f, base)
}

// open checks that the file is a program for a Cortex-M.
func open(file []byte) (*elf.File, error) {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("not a usable ELF file: %w", err)
	}
	switch {
	case f.Machine != elf.EM_ARM:
		return nil, fmt.Errorf("the file is for %v and has no code for a Cortex-M", f.Machine)
	case f.ByteOrder != binary.LittleEndian:
		return nil, errors.New("the file is big-endian")
	case f.Type == elf.ET_REL:
		return nil, errors.New("the file is an object: link it first")
	case f.Type != elf.ET_EXEC:
		return nil, fmt.Errorf("the file is of type %v: a program for a bare machine is linked to fixed addresses", f.Type)
	}
	return f, nil
}

// writesLow tells whether a file wants memory where flash is also seen: linked by a toolchain's own script, for a
// simulator.
func writesLow(f *elf.File) bool {
	return f != nil && slices.ContainsFunc(f.Progs, func(s *elf.Prog) bool {
		return s.Type == elf.PT_LOAD && s.Flags&elf.PF_W != 0 && s.Vaddr < 1<<20 && s.Memsz > 0
	})
}

// loadELF loads segments where they are loaded from and where they run: start-up code may have been left out.
func (p *program) loadELF(f *elf.File, file []byte) error {
	code := false
	for i, s := range f.Progs {
		if s.Type != elf.PT_LOAD || s.Memsz == 0 {
			continue
		}
		if s.Off > uint64(len(file)) || s.Filesz > uint64(len(file))-s.Off || s.Filesz > s.Memsz {
			return fmt.Errorf("segment %d is cut off", i)
		}
		if s.Memsz > mostMemory {
			return fmt.Errorf("segment %d has %d bytes, more than %d", i, s.Memsz, mostMemory)
		}
		content := file[s.Off : s.Off+s.Filesz]
		code = code || s.Flags&elf.PF_X != 0 && s.Filesz > 0
		err := p.ensure(uint32(s.Vaddr), uint32(s.Memsz))
		if err == nil {
			err = p.write(uint32(s.Paddr), content)
		}
		if err == nil && s.Vaddr != s.Paddr {
			err = p.write(uint32(s.Vaddr), content)
		}
		if err != nil {
			return fmt.Errorf("segment %d: %w", i, err)
		}
	}
	if !code {
		return errors.New("the file has no code to load")
	}
	return nil
}

// start sets registers as after a reset, or for a call.
func (p *program) start(f *elf.File, base uint32) error {
	if p.Until != "" {
		addr, err := p.address(p.Until)
		if err != nil {
			return badOption("until", "%w", err)
		}
		p.until = addr &^ 1
	}
	vectors, sp, pc := p.vectors(f, base)
	p.machine.ResetAt(vectors)
	p.machine.StartCycles()
	if p.Entry != "" {
		return p.call(sp)
	}
	switch {
	case len(p.Args) > 0:
		return badOption("args", "there is nothing to call: --args needs --entry")
	case pc == 0 && f != nil:
		pc = uint32(f.Entry) | 1
	case pc == 0:
		pc = base | 1
	}
	return p.begin(sp, pc)
}

func (p *program) begin(sp, pc uint32) error {
	var code [2]byte
	if p.machine.Read(pc&^1, code[:]) != nil {
		return fmt.Errorf("there is no code at the entry point %#x", pc&^1)
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
func (p *program) vectors(f *elf.File, base uint32) (at, sp, pc uint32) {
	candidates := []uint32{base}
	if f != nil {
		candidates = nil
		for _, name := range vectorNames {
			if addr, ok := p.symbols.Addr(name); ok {
				candidates = append(candidates, addr)
			}
		}
		for _, s := range f.Progs {
			if s.Type == elf.PT_LOAD && s.Filesz > 0 {
				candidates = append(candidates, uint32(s.Paddr))
			}
		}
		candidates = append(candidates, 0x08000000)
	}
	for _, at := range candidates {
		var table [8]byte
		if at%4 != 0 || p.machine.Read(at, table[:]) != nil {
			continue
		}
		sp, pc := binary.LittleEndian.Uint32(table[:]), binary.LittleEndian.Uint32(table[4:])
		var word [4]byte
		if sp%4 == 0 && sp >= 0x10000000 && p.machine.Read(sp-4, word[:]) == nil && pc&1 == 1 && p.machine.Read(pc-1, word[:2]) == nil {
			return at, sp, pc
		}
	}
	for _, name := range stackNames {
		if addr, ok := p.symbols.Addr(name); ok && addr%4 == 0 && addr != 0 {
			return 0, addr, 0
		}
	}
	return 0, 0x20020000, 0
}

// call sets registers for a call of Entry (AAPCS 6.5).
func (p *program) call(sp uint32) error {
	m := p.machine
	addr, err := p.address(p.Entry)
	if err != nil {
		return badOption("entry", "%w", err)
	}
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
	return p.write(addr, m.Data)
}

const (
	page       = 1024     // what the machine maps
	mostMemory = 64 << 20 // of a segment or mapping: far more than a Cortex-M has
)

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
