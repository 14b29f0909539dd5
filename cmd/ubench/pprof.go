// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"io"
	"sort"

	"github.com/google/pprof/profile"

	"github.com/ubench-dev/ubench/emu/bare"
	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/internal/thumb"
	"github.com/ubench-dev/ubench/report"
)

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

// writeProfile writes what instructions cost in pprof's format.
func writeProfile(file string, p *places, label string, samples []bare.PathCost) error {
	if err := report.WriteFile(file, buildProfile(p, label, samples).Write); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// buildProfile has a sample per instruction executed and path of calls that led there, with addresses, functions and
// lines; those of compiled code have their eBPF instruction too.
func buildProfile(p *places, label string, samples []bare.PathCost) *profile.Profile {
	out := &profile.Profile{
		SampleType:        []*profile.ValueType{{Type: "instructions", Unit: "count"}, {Type: "cycles", Unit: "count"}},
		DefaultSampleType: "cycles",
		PeriodType:        &profile.ValueType{Type: "cycles", Unit: "count"},
		Period:            1,
		Comments:          []string{"cycles: " + label},
		Mapping:           []*profile.Mapping{{ID: 1, Start: 0, Limit: 1 << 32, HasFunctions: true}},
	}
	out.Mapping[0].HasLineNumbers = len(p.lines) > 0 || p.code != nil && len(p.code.program.Lines) > 0
	out.Mapping[0].HasInlineFrames = p.code != nil
	functions := map[[2]string]*profile.Function{}
	function := func(name, file string) *profile.Function {
		fn := functions[[2]string{name, file}]
		if fn == nil {
			fn = &profile.Function{ID: uint64(len(out.Function) + 1), Name: name, SystemName: name, Filename: file}
			functions[[2]string{name, file}] = fn
			out.Function = append(out.Function, fn)
		}
		return fn
	}
	locations := map[uint32]*profile.Location{}
	locate := func(addr uint32) *profile.Location {
		if l := locations[addr]; l != nil {
			return l
		}
		at := p.at(addr)
		l := &profile.Location{ID: uint64(len(out.Location) + 1), Mapping: out.Mapping[0], Address: uint64(addr)}
		if at.insn != "" { // shown as if inlined into its function
			l.Line = append(l.Line, profile.Line{Function: function(at.insn, at.file), Line: int64(at.line)})
		}
		l.Line = append(l.Line, profile.Line{Function: function(at.function, at.file), Line: int64(at.line)})
		locations[addr] = l
		out.Location = append(out.Location, l)
		return l
	}
	for _, s := range samples {
		stack := []*profile.Location{locate(s.Addr)}
		for _, call := range s.Calls {
			stack = append(stack, locate(call))
		}
		out.Sample = append(out.Sample, &profile.Sample{Location: stack, Value: []int64{int64(s.Executions), int64(s.Cycles)}})
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
	last, it, next := place{}, thumb.ITState(0), uint32(0)
	for _, addr := range sortedAddresses(spent) {
		at, s := p.at(addr), spent[addr]
		if addr != next {
			it = 0
		}
		if at.function != last.function && p.function(addr) != "" {
			fmt.Fprintf(w, "\n%s:\n", at.function)
		}
		if at.line != 0 && (at.line != last.line || at.file != last.file) {
			fmt.Fprintf(w, "%42s; %s:%d\n", "", at.file, at.line)
		}
		if at.insn != "" && at.insn != last.insn {
			fmt.Fprintf(w, "%42s; %s\n", "", at.insn)
		}
		last = at
		fmt.Fprintf(w, "%12d %12d %5.1f%%  %8x  %s\n", s.Executions, s.Cycles, 100*float64(s.Cycles)/float64(max(total, 1)),
			addr, s.Insn.Text(it))
		it, next = it.Next(&s.Insn), addr+uint32(s.Insn.Size)
	}
}
