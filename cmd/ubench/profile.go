// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/google/pprof/profile"
	"github.com/urfave/cli/v2"

	"ubench/bench"
	"ubench/emu"
	"ubench/emu/cycles"
	"ubench/emu/cycles/meter"
	"ubench/emu/symbols"
	"ubench/emu/unicorn"
	"ubench/firmware"
	"ubench/image"
)

func profileCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "profile",
		Usage:     "show where the modelled cycles of a program go",
		ArgsUsage: "BENCHMARK|FILE [flags]",
		Description: `Runs a benchmark, or the program in FILE, on an emulated Cortex-M and shows what executing it cost, by
function or by instruction. Setting up (loading, verifying, compiling) is left out, or all there is
with --set-up.

Examples:
  ubench profile fletcher16 --engine vm --size 640
  ubench profile program.o --mem @input.bin --engine jit --listing
  ubench profile fletcher16 --engine native-O2 -o fletcher.pb.gz && go tool pprof -http : fletcher.pb.gz`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "core", Value: string(unicorn.CortexM4), Usage: "`CORE`: cortex-m3 or cortex-m4"},
			&cli.StringFlag{Name: "engine", Value: "vm", Usage: "`ENGINE` to run it on"},
			&cli.IntFlag{Name: "size", Usage: "`SIZE` of a benchmark's input (default: its largest usual one)"},
			&cli.StringFlag{Name: "entry", Usage: "function of an object to start at, by `NAME`"},
			&cli.StringFlag{Name: "mem", Usage: "context memory of a program, as `HEX` or @FILE"},
			&cli.StringFlag{Name: "o", Usage: "write a profile for go tool pprof to `FILE`"},
			&cli.BoolFlag{Name: "set-up", Usage: "profile loading, verifying and compiling instead of executing"},
			&cli.BoolFlag{Name: "listing", Usage: "print the instructions executed, with what each cost"},
			flashSpeedFlag, waitStatesFlag,
		},
		Action: func(c *cli.Context) error { return e.profile(c) },
	}
}

func (e *env) profile(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("name one benchmark or program")
	}
	core := unicorn.Core(c.String("core"))
	if err := checkCore(core); err != nil {
		return err
	}
	model, err := modelOptions(c)
	if err != nil {
		return err
	}
	job, err := e.profileJob(c, c.Args().First())
	if err != nil {
		return err
	}
	var m *meter.Meter
	target, err := unicorn.Open(c.Context, unicorn.Options{Core: core, Model: func(core unicorn.Core) (unicorn.Model, error) {
		var err error
		m, err = meter.New(core, model)
		return m, err
	}})
	if err != nil {
		return err
	}
	defer target.Close()
	info := target.Info()
	if name, ok := bench.CheckEngines(info, []string{job.Engine}); !ok {
		return unknown("engine", name, info.Engines)
	}
	spent, sample, err := executed(c, target, m, job)
	if err != nil {
		return err
	}
	if sample.Fault.Status != 0 {
		return sample.Fault
	}
	firmwareELF, err := firmware.ELF(info.Board)
	if err != nil {
		return err
	}
	f, err := elf.NewFile(bytes.NewReader(firmwareELF))
	if err != nil {
		return fmt.Errorf("firmware: %w", err)
	}
	p := newPlaces(f)
	if cycles.RegionOf(sample.CodeAddr) == cycles.SRAMRegion {
		p.code, p.codeStart, p.codeBytes = "program", sample.CodeAddr, uint32(sample.CodeBytes)
	}
	if file := c.String("o"); file != "" {
		if err := writeProfile(file, p, m.Label(), spent); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.stdout, "cycles: %s, on %s\n", m.Label(), info.Core)
	if c.Bool("listing") {
		printListing(e.stdout, p, spent)
	} else {
		printFunctions(e.stdout, p, spent)
	}
	return nil
}

// profileJob makes the job for a benchmark's name or a file.
func (e *env) profileJob(c *cli.Context, name string) (emu.Job, error) {
	engine := c.String("engine")
	for _, b := range e.benchmarks {
		if b.Name != name {
			continue
		}
		size := c.Int("size")
		if size == 0 && len(b.DefaultSizes) > 0 {
			size = b.DefaultSizes[len(b.DefaultSizes)-1]
		}
		if b.Sized && (size < b.MinSize || size > b.MaxSize) {
			return emu.Job{}, usagef("--size %d is not from %d to %d", size, b.MinSize, b.MaxSize)
		}
		job := emu.Job{Engine: engine, Kernel: name}
		if !bench.IsNative(engine) {
			program, err := image.LoadObject(name, b.Object, name)
			if err != nil {
				return emu.Job{}, err
			}
			if job, err = bench.NewJob(engine, program); err != nil {
				return emu.Job{}, err
			}
		}
		job.Context, job.Trace = b.Input(size), b.Trace
		return job, nil
	}
	if bench.IsNative(engine) {
		return emu.Job{}, usagef("engine %s runs benchmarks only, and %q is none", engine, name)
	}
	program, err := readProgram(e.stdin, name, c.String("entry"))
	if err != nil {
		return emu.Job{}, err
	}
	job, err := bench.NewJob(engine, program)
	if err != nil {
		return emu.Job{}, err
	}
	job.Context, err = parseMemory(c.String("mem"))
	return job, err
}

// executed runs the job once without and once with executing it; the difference is what executing
// it cost, the agent's own work apart. With --set-up it is the first, the agent's work included.
func executed(c *cli.Context, target *unicorn.Target, m *meter.Meter, job emu.Job) (map[uint32]meter.Spent, emu.Sample, error) {
	before := m.Profile()
	set := job
	set.LoadOnly = true
	sample, err := target.Run(c.Context, set)
	if err != nil {
		return nil, sample, err
	}
	loaded := m.Profile()
	if c.Bool("set-up") {
		return difference(loaded, before), sample, nil
	}
	sample, err = target.Run(c.Context, job)
	if err != nil {
		return nil, sample, err
	}
	return difference(difference(m.Profile(), loaded), difference(loaded, before)), sample, nil
}

// difference is what was spent after, but not before.
func difference(after, before map[uint32]meter.Spent) map[uint32]meter.Spent {
	spent := map[uint32]meter.Spent{}
	for addr, s := range after {
		s.Executions -= before[addr].Executions
		s.Cycles -= before[addr].Cycles
		if int64(s.Executions) > 0 && int64(s.Cycles) >= 0 {
			spent[addr] = s
		}
	}
	return spent
}

// printFunctions sums up by function.
func printFunctions(w io.Writer, p *places, spent map[uint32]meter.Spent) {
	sums := map[string]meter.Spent{}
	var names []string
	var total uint64
	for _, addr := range sortedAddresses(spent) {
		name := p.at(addr).function
		sum, ok := sums[name]
		if !ok {
			names = append(names, name)
		}
		sum.Executions += spent[addr].Executions
		sum.Cycles += spent[addr].Cycles
		total += spent[addr].Cycles
		sums[name] = sum
	}
	sort.SliceStable(names, func(i, j int) bool { return sums[names[i]].Cycles > sums[names[j]].Cycles })
	fmt.Fprintf(w, "%14s %12s %7s  function\n", "instructions", "cycles", "share")
	for _, name := range names {
		fmt.Fprintf(w, "%14d %12d %6.1f%%  %s\n", sums[name].Executions, sums[name].Cycles,
			100*float64(sums[name].Cycles)/float64(max(total, 1)), name)
	}
}

// place says what an address belongs to.
type place struct {
	function, file string
	line           int
}

// places finds functions and C lines by address.
type places struct {
	symbols *symbols.Table
	lines   []dwarf.LineEntry // ascending; ends of sequences have no file
	// Generated code, if there is any.
	code      string
	codeStart uint32
	codeBytes uint32
}

// newPlaces reads what an ELF file says; it may be nil.
func newPlaces(f *elf.File) *places {
	p := &places{}
	if f == nil {
		return p
	}
	p.symbols = symbols.Read(f)
	data, err := f.DWARF()
	if err != nil {
		return p // compiled without -g
	}
	p.readLines(data)
	return p
}

func (p *places) readLines(data *dwarf.Data) {
	for reader := data.Reader(); ; {
		unit, err := reader.Next()
		if err != nil || unit == nil {
			break
		}
		if unit.Tag == dwarf.TagCompileUnit {
			lines, err := data.LineReader(unit)
			for err == nil && lines != nil {
				var entry dwarf.LineEntry
				if err = lines.Next(&entry); err == nil {
					if entry.EndSequence {
						entry.File = nil
					}
					p.lines = append(p.lines, entry)
				}
			}
		}
		reader.SkipChildren()
	}
	sort.SliceStable(p.lines, func(i, j int) bool { return p.lines[i].Address < p.lines[j].Address })
}

// function is the name of the function at addr, empty if no symbol tells.
func (p *places) function(addr uint32) string {
	if addr-p.codeStart < p.codeBytes {
		return p.code
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(p.symbols.In(addr), " in "), "+")
	return name
}

func (p *places) at(addr uint32) place {
	var at place
	at.function = p.function(addr)
	if at.function == "" {
		at.function = fmt.Sprintf("%#08x", addr)
	}
	i := sort.Search(len(p.lines), func(i int) bool { return p.lines[i].Address > uint64(addr) })
	if i > 0 && p.lines[i-1].File != nil {
		at.file, at.line = p.lines[i-1].File.Name, p.lines[i-1].Line
	}
	return at
}

// writeProfile writes what instructions cost in pprof's format.
func writeProfile(file string, p *places, label string, spent map[uint32]meter.Spent) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	err = buildProfile(p, label, spent).Write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// buildProfile has a sample per instruction executed, with its address, function and line.
func buildProfile(p *places, label string, spent map[uint32]meter.Spent) *profile.Profile {
	out := &profile.Profile{
		SampleType:        []*profile.ValueType{{Type: "instructions", Unit: "count"}, {Type: "cycles", Unit: "count"}},
		DefaultSampleType: "cycles",
		PeriodType:        &profile.ValueType{Type: "cycles", Unit: "count"},
		Period:            1,
		Comments:          []string{"cycles: " + label},
		Mapping:           []*profile.Mapping{{ID: 1, Start: 0, Limit: 1 << 32, HasFunctions: true}},
	}
	out.Mapping[0].HasLineNumbers = len(p.lines) > 0
	functions := map[string]*profile.Function{}
	for _, addr := range sortedAddresses(spent) {
		at := p.at(addr)
		fn := functions[at.function+"\x00"+at.file]
		if fn == nil {
			fn = &profile.Function{ID: uint64(len(out.Function) + 1), Name: at.function, SystemName: at.function, Filename: at.file}
			functions[at.function+"\x00"+at.file] = fn
			out.Function = append(out.Function, fn)
		}
		location := &profile.Location{ID: uint64(len(out.Location) + 1), Mapping: out.Mapping[0], Address: uint64(addr),
			Line: []profile.Line{{Function: fn, Line: int64(at.line)}}}
		out.Location = append(out.Location, location)
		out.Sample = append(out.Sample, &profile.Sample{Location: []*profile.Location{location},
			Value: []int64{int64(spent[addr].Executions), int64(spent[addr].Cycles)}})
	}
	return out
}

func sortedAddresses(spent map[uint32]meter.Spent) []uint32 {
	list := make([]uint32, 0, len(spent))
	for addr := range spent {
		list = append(list, addr)
	}
	sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
	return list
}

// printListing annotates the instructions that were executed.
func printListing(w io.Writer, p *places, spent map[uint32]meter.Spent) {
	var total uint64
	for _, s := range spent {
		total += s.Cycles
	}
	last := place{}
	for _, addr := range sortedAddresses(spent) {
		at, s := p.at(addr), spent[addr]
		if at.function != last.function && p.function(addr) != "" {
			fmt.Fprintf(w, "\n%s:\n", at.function)
		}
		if at.line != 0 && (at.line != last.line || at.file != last.file) {
			fmt.Fprintf(w, "%42s; %s:%d\n", "", at.file, at.line)
		}
		last = at
		fmt.Fprintf(w, "%12d %12d %5.1f%%  %8x  %s\n", s.Executions, s.Cycles, 100*float64(s.Cycles)/float64(max(total, 1)),
			addr, s.Insn.String())
	}
}
