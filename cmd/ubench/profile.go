// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/google/pprof/profile"

	"ubench/emu/cycles/meter"
)

// place says what an address belongs to.
type place struct {
	function, file string
	line           int
}

// places finds functions and C lines by address.
type places struct {
	subject *subject
	lines   []dwarf.LineEntry // ascending; ends of sequences have no file
}

func newPlaces(s *subject) *places {
	p := &places{subject: s}
	if s.elf == nil {
		return p
	}
	data, err := s.elf.DWARF()
	if err != nil {
		return p // compiled without -g
	}
	p.readLines(s.elf, data)
	return p
}

func (p *places) readLines(_ *elf.File, data *dwarf.Data) {
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
	name, _, _ := strings.Cut(strings.TrimPrefix(p.subject.symbols.In(addr), " in "), "+")
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
func writeProfile(file string, s *subject, spent map[uint32]meter.Spent) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	err = buildProfile(newPlaces(s), s.meter.Label(), spent).Write(f)
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
