// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"ubench/emu/cycles"
	"ubench/emu/cycles/meter"
	"ubench/emu/symbols"
	"ubench/emu/unicorn"
)

func measureCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "measure",
		Usage:     "run any bare-metal Thumb program and count its instructions and modelled cycles",
		ArgsUsage: "FILE [flags]",
		Description: `FILE is an ELF program, or a raw image with --base. Without --entry it starts as after a reset, from its
vector table, and ends at --until, at a bkpt or a wfi. With --entry a function is called, and ends when it returns.
There are 1 MB of flash at 0x08000000 (and at 0) and SRAM at 0x20000000; --map adds memory.
DWT CYCCNT runs from the start and counts modelled cycles.

Examples:
  ubench measure firmware.elf --until main_done
  ubench measure sort.elf --entry sort --args 0x20001000,64 --map 0x20001000:1024:numbers.bin
  ubench measure image.bin --base 0x08000000 --core cortex-m3 --lenient --json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "core", Value: string(unicorn.CortexM4), Usage: "`CORE`: cortex-m3 or cortex-m4"},
			&cli.StringFlag{Name: "base", Usage: "address of a raw image, `ADDR`"},
			&cli.StringFlag{Name: "entry", Usage: "call the function at `SYMBOL|ADDR`"},
			&cli.StringFlag{Name: "args", Usage: "its arguments, a `LIST` of numbers or symbols"},
			&cli.StringFlag{Name: "until", Usage: "stop before the instruction at `SYMBOL|ADDR`"},
			&cli.StringSliceFlag{Name: "map", Usage: "add memory, `ADDR:SIZE[:FILE]`; may be repeated"},
			&cli.BoolFlag{Name: "lenient", Usage: "peripherals that are not emulated read as zero"},
			&cli.BoolFlag{Name: "flash-speed", Usage: "charge code in SRAM as if it were fetched from flash"},
			&cli.StringFlag{Name: "limit", Value: "10000000000", Usage: "give up after `N` instructions"},
			&cli.StringFlag{Name: "profile", Usage: "write a profile for go tool pprof to `FILE`"},
			&cli.BoolFlag{Name: "listing", Usage: "print the instructions executed, with what each cost"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(c *cli.Context) error { return e.measureFile(c) },
	}
}

// measurement is what the command reports.
type measurement struct {
	File         string        `json:"file"`
	Core         string        `json:"core"`
	End          string        `json:"end"`
	Instructions uint64        `json:"instructions"`
	Cycles       uint64        `json:"cycles"`
	CyclesLabel  string        `json:"cycles_label"`
	Result       uint32        `json:"r0"`
	StackBytes   uint32        `json:"stack_bytes"`
	Float        bool          `json:"floating_point"`
	Classes      []classCycles `json:"classes"`
	Readings     []uint32      `json:"cyccnt,omitempty"`
	Differences  []uint32      `json:"cyccnt_differences,omitempty"`
}

type classCycles struct {
	Class        string `json:"class"`
	Instructions uint64 `json:"instructions"`
	Cycles       uint64 `json:"cycles"`
}

// subject is a program on a machine, ready to run.
type subject struct {
	machine *unicorn.Machine
	meter   *meter.Meter
	symbols *symbols.Table
	elf     *elf.File // nil for raw images
	until   uint32
	stack   uint32
}

func (e *env) measureFile(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one program: an ELF file, or a raw image with --base")
	}
	file := c.Args().First()
	limit, err := strconv.ParseUint(c.String("limit"), 0, 64)
	if err != nil || limit == 0 {
		return usagef("--limit %s is not a number of instructions", c.String("limit"))
	}
	s, err := newSubject(c, file)
	if err != nil {
		return err
	}
	defer s.machine.Close()
	before := s.machine.Instructions()
	end, err := s.run(c, limit)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	r := measurement{File: file, Core: string(s.machine.Core()), End: end,
		Instructions: s.machine.Instructions() - before, Cycles: s.meter.Cycles(s.machine.Reg(unicorn.PC)),
		CyclesLabel: s.meter.Label(), Result: s.machine.Reg(0), Float: s.meter.Float(), Readings: s.meter.Readings()}
	if low, ok := s.meter.StackLow(); ok && low < s.stack {
		r.StackBytes = s.stack - low
	}
	for i := 1; i < len(r.Readings); i++ {
		r.Differences = append(r.Differences, r.Readings[i]-r.Readings[i-1])
	}
	profile := s.meter.Profile()
	r.Classes = byClass(profile)
	if out := c.String("profile"); out != "" {
		if err := writeProfile(out, newPlaces(s.elf), s.meter.Label(), profile); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		encoder := json.NewEncoder(e.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	r.print(e)
	if c.Bool("listing") {
		fmt.Fprintf(e.stdout, "\n%12s %12s %6s\n", "executions", "cycles", "share")
		printListing(e.stdout, newPlaces(s.elf), profile)
	}
	return nil
}

func byClass(profile map[uint32]meter.Spent) []classCycles {
	sums := map[string]*classCycles{}
	for _, spent := range profile {
		name := spent.Class.String()
		if sums[name] == nil {
			sums[name] = &classCycles{Class: name}
		}
		sums[name].Instructions += spent.Executions
		sums[name].Cycles += spent.Cycles
	}
	var list []classCycles
	for _, s := range sums {
		list = append(list, *s)
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Cycles != list[j].Cycles {
			return list[i].Cycles > list[j].Cycles
		}
		return list[i].Class < list[j].Class
	})
	return list
}

func (r *measurement) print(e *env) {
	fmt.Fprintf(e.stdout, "%s on %s: %s\n", r.File, r.Core, r.End)
	fmt.Fprintf(e.stdout, "instructions  %d\ncycles        %d   (%s)\nstack         %d bytes\nr0            %#x\n",
		r.Instructions, r.Cycles, r.CyclesLabel, r.StackBytes, r.Result)
	if r.Float {
		fmt.Fprintln(e.stdout, "warning: floating-point instructions were executed, whose time is not modelled")
	}
	fmt.Fprintf(e.stdout, "\n%-14s %14s %14s %7s\n", "class", "instructions", "cycles", "share")
	for _, c := range r.Classes {
		fmt.Fprintf(e.stdout, "%-14s %14d %14d %6.1f%%\n", c.Class, c.Instructions, c.Cycles, 100*float64(c.Cycles)/float64(max(r.Cycles, 1)))
	}
	if len(r.Readings) > 0 {
		fmt.Fprintf(e.stdout, "\nDWT CYCCNT as the program read it, with differences:\n")
		for i, v := range r.Readings {
			if i == 0 {
				fmt.Fprintf(e.stdout, "%12d\n", v)
				continue
			}
			fmt.Fprintf(e.stdout, "%12d %+12d\n", v, int64(r.Differences[i-1]))
		}
	}
}

// newSubject loads the program and prepares the start.
func newSubject(c *cli.Context, file string) (_ *subject, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	core := unicorn.Core(c.String("core"))
	if core != unicorn.CortexM3 && core != unicorn.CortexM4 {
		return nil, unknown("core", string(core), []string{string(unicorn.CortexM3), string(unicorn.CortexM4)})
	}
	machine, err := unicorn.NewBoard(core)
	if err != nil {
		return nil, err
	}
	s := &subject{machine: machine, until: unicorn.ReturnAddress}
	defer func() {
		if err != nil {
			machine.Close()
		}
	}()
	for _, m := range c.StringSlice("map") {
		if err := s.mapMemory(m); err != nil {
			return nil, err
		}
	}
	base := uint32(0)
	if bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		if c.IsSet("base") {
			return nil, usagef("--base is for raw images: %s is an ELF file", file)
		}
		err = s.loadELF(data)
	} else {
		if !c.IsSet("base") {
			return nil, usagef("%s is not an ELF file; for a raw image say where it lies with --base", file)
		}
		if base, err = s.address(c.String("base")); err != nil {
			return nil, usagef("--base: %v", err)
		}
		if len(data) == 0 {
			return nil, fmt.Errorf("%s is empty", file)
		}
		err = s.write(base, data)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if c.Bool("lenient") {
		s.lenient(0x40000000, 0x20000000)
		s.lenient(0xe0000000, 0x00100000)
	}
	if s.meter, err = meter.New(core, cycles.Options{FetchAtFlashSpeed: c.Bool("flash-speed")}); err != nil {
		return nil, err
	}
	machine.SetModel(s.meter)
	return s, s.start(c, base)
}

// start sets registers as after a reset, or for a call.
func (s *subject) start(c *cli.Context, base uint32) error {
	m := s.machine
	m.Reset()
	m.StartCycles()
	if u := c.String("until"); u != "" {
		addr, err := s.address(u)
		if err != nil {
			return usagef("--until: %v", err)
		}
		s.until = addr &^ 1
	}
	if entry := c.String("entry"); entry != "" {
		addr, err := s.address(entry)
		if err != nil {
			return usagef("--entry: %v", err)
		}
		return s.call(c, addr)
	}
	if c.IsSet("args") {
		return usagef("--args needs --entry")
	}
	vectors := base
	if s.elf != nil {
		vectors = s.lowest()
	}
	var table [8]byte
	if err := m.Read(vectors, table[:]); err != nil {
		return err
	}
	sp, pc := binary.LittleEndian.Uint32(table[:]), binary.LittleEndian.Uint32(table[4:])
	if sp>>28 != 2 && sp>>28 != 1 || sp&3 != 0 || pc&1 == 0 { // no vector table
		sp, pc = s.stackTop(), vectors|1
		if s.elf != nil {
			pc = uint32(s.elf.Entry) | 1
		}
	}
	s.stack = sp
	m.SetReg(unicorn.SP, sp)
	m.SetReg(unicorn.PC, pc)
	return s.executable(pc)
}

func (s *subject) call(c *cli.Context, addr uint32) error {
	m := s.machine
	var args []uint32
	if list := c.String("args"); list != "" {
		for _, a := range strings.Split(list, ",") {
			v, err := s.number(strings.TrimSpace(a))
			if err != nil {
				return usagef("--args: %v", err)
			}
			args = append(args, v)
		}
	}
	sp := s.stackTop()
	if len(args) > 4 { // the rest goes on the stack, AAPCS 6.5
		rest := args[4:]
		sp -= uint32(len(rest)*4+7) &^ 7
		for i, v := range rest {
			if err := m.Write(sp+uint32(4*i), binary.LittleEndian.AppendUint32(nil, v)); err != nil {
				return err
			}
		}
		args = args[:4]
	}
	for i, v := range args {
		m.SetReg(i, v)
	}
	s.stack = sp
	m.SetReg(unicorn.SP, sp)
	m.SetReg(unicorn.LR, unicorn.ReturnAddress|1)
	m.SetReg(unicorn.PC, addr|1)
	return s.executable(addr)
}

func (s *subject) executable(pc uint32) error {
	var code [2]byte
	if s.machine.Read(pc&^1, code[:]) != nil {
		return fmt.Errorf("there is no code at the entry point %#x", pc&^1)
	}
	return nil
}

// stackTop is where a stack may begin if nothing says so: the end of 128 KB of SRAM.
func (s *subject) stackTop() uint32 { return 0x20020000 }

func (s *subject) run(c *cli.Context, limit uint64) (string, error) {
	const slice = 100_000_000
	m := s.machine
	for left := limit; ; {
		before := m.Instructions()
		reason, err := m.Run(c.Context, s.until, min(left, slice))
		if err != nil {
			return "", err
		}
		pc := s.symbols.Locate(m.Reg(unicorn.PC))
		if fault, n := m.Fault(); n > 0 {
			return "", fmt.Errorf("the program faulted: %v", fault)
		}
		switch reason {
		case unicorn.Until:
			if s.until == unicorn.ReturnAddress {
				return "returned", nil
			}
			return "reached " + pc, nil
		case unicorn.Breakpoint:
			return "bkpt at " + pc, nil
		case unicorn.Wait:
			return "waits for an interrupt at " + pc, nil
		case unicorn.Output:
			m.DropOutput()
		case unicorn.Limit:
			done := m.Instructions() - before
			if left -= min(left, max(done, 1)); left < slice && done < min(left, slice) || left == 0 {
				return "", fmt.Errorf("the end was not reached within %d instructions: stopped at %s", limit, pc)
			}
		case unicorn.Cancelled:
			return "", c.Context.Err()
		default:
			return "", fmt.Errorf("%v at %s", reason, pc)
		}
	}
}

// mapMemory adds ADDR:SIZE[:FILE].
func (s *subject) mapMemory(spec string) error {
	parts := strings.SplitN(spec, ":", 3)
	if len(parts) < 2 {
		return usagef("--map %s: write ADDR:SIZE or ADDR:SIZE:FILE", spec)
	}
	addr, err := s.number(parts[0])
	if err != nil {
		return usagef("--map %s: %v", spec, err)
	}
	size, err := s.number(parts[1])
	if err != nil || size == 0 || size > 1<<30 || size-1 > ^addr {
		return usagef("--map %s: the size is not good", spec)
	}
	var data []byte
	if len(parts) == 3 {
		if data, err = os.ReadFile(parts[2]); err != nil {
			return fmt.Errorf("--map %s: %w", spec, err)
		}
		if uint64(len(data)) > uint64(size) {
			return usagef("--map %s: the file has %d bytes", spec, len(data))
		}
	}
	if err := s.ensure(addr, size); err != nil {
		return fmt.Errorf("--map %s: %w", spec, err)
	}
	if len(data) == 0 {
		return nil
	}
	return s.write(addr, data)
}

// ensure maps what is not mapped of [addr, addr+size), in steps of 1 KB.
func (s *subject) ensure(addr, size uint32) error {
	const page = 1024
	first, last := uint64(addr)&^(page-1), (uint64(addr)+uint64(size)+page-1)&^(page-1)
	start := first
	flush := func(end uint64) error {
		if start >= end {
			return nil
		}
		return s.machine.Map(uint32(start), uint32(end-start), unicorn.ProtRead|unicorn.ProtWrite|unicorn.ProtExec)
	}
	var one [1]byte
	for at := first; at < last; at += page {
		if s.machine.Read(uint32(at), one[:]) == nil {
			if err := flush(at); err != nil {
				return err
			}
			start = at + page
		}
	}
	return flush(last)
}

// write maps and fills memory; it may cross mappings.
func (s *subject) write(addr uint32, data []byte) error {
	if uint64(addr)+uint64(len(data)) > 1<<32 {
		return fmt.Errorf("%d bytes at %#x go beyond the address space", len(data), addr)
	}
	if err := s.ensure(addr, uint32(len(data))); err != nil {
		return err
	}
	for len(data) > 0 {
		n := min(len(data), 1024-int(addr%1024))
		if err := s.machine.Write(addr, data[:n]); err != nil {
			return err
		}
		addr, data = addr+uint32(n), data[n:]
	}
	return nil
}

// loadELF loads segments where they are loaded from and where they run: the start-up code may be
// what is left out.
func (s *subject) loadELF(data []byte) error {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if f.Machine != elf.EM_ARM || f.Class != elf.ELFCLASS32 || f.ByteOrder != binary.LittleEndian || f.Type != elf.ET_EXEC {
		return fmt.Errorf("%v for %v is not a program for a Cortex-M", f.Type, f.Machine)
	}
	code := false
	for i, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Memsz == 0 {
			continue
		}
		if p.Off > uint64(len(data)) || p.Filesz > uint64(len(data))-p.Off || p.Filesz > p.Memsz || p.Memsz > 1<<28 {
			return fmt.Errorf("segment %d is cut off", i)
		}
		content := data[p.Off : p.Off+p.Filesz]
		code = code || p.Flags&elf.PF_X != 0 && p.Filesz > 0
		if err := s.ensure(uint32(p.Vaddr), uint32(p.Memsz)); err != nil {
			return fmt.Errorf("segment %d: %w", i, err)
		}
		if err := s.write(uint32(p.Paddr), content); err != nil {
			return fmt.Errorf("segment %d: %w", i, err)
		}
		if p.Vaddr != p.Paddr {
			if err := s.write(uint32(p.Vaddr), content); err != nil {
				return fmt.Errorf("segment %d: %w", i, err)
			}
		}
	}
	if !code {
		return errors.New("the file has no code to load")
	}
	s.elf, s.symbols = f, symbols.Read(f)
	return nil
}

// lowest is the load address of the first segment with contents: where a vector table would be.
func (s *subject) lowest() uint32 {
	low := uint32(0xffffffff)
	for _, p := range s.elf.Progs {
		if p.Type == elf.PT_LOAD && p.Filesz > 0 {
			low = min(low, uint32(p.Paddr))
		}
	}
	return low
}

// lenient maps registers wherever nothing is.
func (s *subject) lenient(addr, size uint32) {
	if s.machine.MapLenient(addr, size) == nil || size <= 1024 {
		return
	}
	s.lenient(addr, size/2)
	s.lenient(addr+size/2, size/2)
}

func (s *subject) number(text string) (uint32, error) {
	if v, err := strconv.ParseInt(text, 0, 64); err == nil && v >= -1<<31 && v < 1<<32 {
		return uint32(v), nil
	}
	return s.address(text)
}

// address is a number or a symbol.
func (s *subject) address(text string) (uint32, error) {
	if v, err := strconv.ParseUint(text, 0, 32); err == nil {
		return uint32(v), nil
	}
	if s.symbols != nil {
		if addr, ok := s.symbols.Addr(text); ok {
			return addr, nil
		}
	}
	return 0, fmt.Errorf("%q is neither a symbol nor an address", text)
}
