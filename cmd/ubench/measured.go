// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/emu/bare"
)

// measurement is what ubench measure reports.
type measurement struct {
	File         string     `json:"file"`
	Core         string     `json:"core"`
	Chip         string     `json:"chip"`
	Note         string     `json:"note,omitempty"`
	End          string     `json:"end"`
	Instructions uint64     `json:"instructions"`
	Result       uint32     `json:"r0"`
	Interrupts   uint64     `json:"interrupts"`
	Undelivered  []int      `json:"interrupts_not_raised,omitempty"`
	*Metered                // nil with --no-cycles
	Output       string     `json:"output,omitempty"`
	Dumps        []dumped   `json:"memory,omitempty"`
	Memory       *memoryMap `json:"map,omitempty"`
}

// Metered is what the model of cycles tells.
type Metered struct {
	Cycles      uint64        `json:"cycles"`
	CyclesLabel string        `json:"cycles_label"`
	StackBytes  uint32        `json:"stack_bytes"`
	Float       bool          `json:"floating_point"`
	Classes     []classCycles `json:"classes"`
	Readings    []uint32      `json:"cyccnt,omitempty"`
	Differences []uint32      `json:"cyccnt_differences,omitempty"`
	SysTick     []uint32      `json:"systick,omitempty"`

	SysTickDifferences []uint32 `json:"systick_differences,omitempty"`
}

type classCycles struct {
	Class        string `json:"class"`
	Instructions uint64 `json:"instructions"`
	Cycles       uint64 `json:"cycles"`
}

// memoryMap is what --map shows.
type memoryMap struct {
	Start   string         `json:"start"`
	Regions []memoryRegion `json:"regions"`
}

type memoryRegion struct {
	Addr   uint32         `json:"address"`
	Bytes  uint32         `json:"bytes"`
	Access string         `json:"access,omitempty"`
	What   string         `json:"what"`
	Loaded []memoryRegion `json:"loaded,omitempty"`
}

func newMemoryMap(m bare.Memory) *memoryMap {
	list := &memoryMap{Start: m.Start}
	for _, r := range m.Regions {
		row := memoryRegion{Addr: r.Addr, Bytes: r.Bytes, Access: r.Access, What: r.What}
		for _, l := range r.Loaded {
			row.Loaded = append(row.Loaded, memoryRegion{Addr: l.Addr, Bytes: l.Bytes, What: l.What})
		}
		list.Regions = append(list.Regions, row)
	}
	return list
}

func (m *memoryMap) print(w io.Writer) {
	fmt.Fprintf(w, "%-23s %10s  %-6s  %s\n", "memory", "bytes", "access", "what")
	for _, r := range m.Regions {
		fmt.Fprintf(w, "0x%08x-0x%08x   %10d  %-6s  %s\n", r.Addr, r.Addr+(r.Bytes-1), r.Bytes, r.Access, r.What)
		for _, l := range r.Loaded {
			fmt.Fprintf(w, "  0x%08x-0x%08x %10d          %s\n", l.Addr, l.Addr+(l.Bytes-1), l.Bytes, l.What)
		}
	}
	fmt.Fprintf(w, "starts from %s\n\n", m.Start)
}

// dumped is memory at the end of a run.
type dumped struct {
	Addr  uint32 `json:"address"`
	Bytes int    `json:"bytes"`
	Hex   string `json:"hex,omitempty"`  // if it was not written to a file
	File  string `json:"file,omitempty"` // it was written to
	data  []byte
}

// dumpOptions reads --dump; the files to write to are returned, empty ones for standard output.
func dumpOptions(c *cli.Context, o *bare.Options) (files []string, err error) {
	for _, spec := range c.StringSlice("dump") {
		parts := strings.SplitN(spec, ":", 3)
		if len(parts) < 2 {
			return nil, usagef("--dump %s: write ADDR:LEN or ADDR:LEN:FILE", spec)
		}
		o.Dumps = append(o.Dumps, bare.Dump{Addr: parts[0], Length: parts[1]})
		files = append(files, strings.Join(parts[2:], ""))
	}
	return files, nil
}

func writeDumps(dumps []bare.Dumped, files []string) (list []dumped, err error) {
	for i, d := range dumps {
		row := dumped{Addr: d.Addr, Bytes: len(d.Bytes), data: d.Bytes}
		if row.File = files[i]; row.File == "" {
			row.Hex = hex.EncodeToString(d.Bytes)
		} else if err := os.WriteFile(row.File, d.Bytes, 0o644); err != nil {
			return nil, fmt.Errorf("--dump: %w", err)
		}
		list = append(list, row)
	}
	return list, nil
}

func (d *dumped) print(w io.Writer) {
	if d.File != "" {
		fmt.Fprintf(w, "\nmemory at 0x%08x: %d bytes are in %s\n", d.Addr, d.Bytes, d.File)
		return
	}
	fmt.Fprintf(w, "\nmemory at 0x%08x, %d bytes:\n", d.Addr, d.Bytes)
	const row = 16
	for at := 0; at < len(d.data); at += row {
		line := d.data[at:min(at+row, len(d.data))]
		text := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, latin1(line))
		fmt.Fprintf(w, "%08x  %-47s  %s\n", d.Addr+uint32(at), strings.TrimSpace(fmt.Sprintf("% x", line)), text)
	}
}

// latin1 makes each byte a character.
func latin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

func newMeasurement(file string, run *bare.Result) *measurement {
	m := &measurement{File: file, Core: string(run.Core), Chip: string(run.Family), Note: run.Note, End: run.End,
		Instructions: run.Instructions, Result: run.R0, Interrupts: run.Interrupts, Undelivered: run.Undelivered,
		Output: string(run.Output)}
	if run.Label != "" {
		m.Metered = &Metered{Cycles: run.Cycles, CyclesLabel: run.Label, StackBytes: run.StackBytes, Float: run.Float, Classes: byClass(run),
			Readings: run.Readings, Differences: differences(run.Readings, 0xffffffff, +1),
			SysTick: run.SysTick, SysTickDifferences: differences(run.SysTick, 0xffffff, -1)}
	}
	return m
}

// differences of the readings of a counter that counts up (+1) or down (-1).
func differences(readings []uint32, mask uint32, sign int32) []uint32 {
	var d []uint32
	for i := 1; i < len(readings); i++ {
		d = append(d, (readings[i]-readings[i-1])*uint32(sign)&mask)
	}
	return d
}

// byClass adds up by class of instruction; what no instruction took is in classes of its own, so that the sums are the totals.
func byClass(run *bare.Result) []classCycles {
	sums := map[string]*classCycles{}
	add := func(name string, instructions, cycles uint64) {
		if instructions == 0 && cycles == 0 {
			return
		}
		if sums[name] == nil {
			sums[name] = &classCycles{Class: name}
		}
		sums[name].Instructions += instructions
		sums[name].Cycles += cycles
	}
	for _, spent := range run.Spent {
		add(spent.Class.String(), spent.Executions, spent.Cycles)
	}
	for _, h := range run.Handlers {
		add("exception", 0, h.Cycles)
	}
	add("sleep", 0, run.Asleep)
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
	w := e.stdout
	fmt.Fprintf(w, "%s on %s: %s\ninstructions  %d\n", r.File, r.Core, r.End, r.Instructions)
	if m := r.Metered; m != nil {
		fmt.Fprintf(w, "cycles        %d   (%s)\nstack         %d bytes\n", m.Cycles, m.CyclesLabel, m.StackBytes)
	}
	fmt.Fprintf(w, "r0            %#x\n", r.Result)
	if r.Interrupts > 0 {
		fmt.Fprintf(w, "interrupts    %d\n", r.Interrupts)
	}
	if r.Note != "" {
		fmt.Fprintf(w, "note: %s\n", r.Note)
	}
	for _, irq := range r.Undelivered {
		fmt.Fprintf(w, "note: interrupt %d is enabled, which is not raised here\n", irq)
	}
	if r.Metered != nil {
		r.Metered.print(w)
	}
	if r.Output != "" {
		fmt.Fprintf(w, "\nthe program printed:\n%s", r.Output)
		if !strings.HasSuffix(r.Output, "\n") {
			fmt.Fprintln(w)
		}
	}
	for _, d := range r.Dumps {
		d.print(w)
	}
}

func (m *Metered) print(w io.Writer) {
	if m.Float {
		fmt.Fprintln(w, "note: floating-point instructions were executed, whose time is that of Arm's table and was not validated")
	}
	fmt.Fprintf(w, "\n%-14s %14s %14s %7s\n", "class", "instructions", "cycles", "share")
	for _, c := range m.Classes {
		fmt.Fprintf(w, "%-14s %14d %14d %6.1f%%\n", c.Class, c.Instructions, c.Cycles, 100*float64(c.Cycles)/float64(max(m.Cycles, 1)))
	}
	printReadings(w, "DWT CYCCNT", m.Readings, m.Differences)
	printReadings(w, "SysTick", m.SysTick, m.SysTickDifferences)
}

func printReadings(w io.Writer, counter string, readings, differences []uint32) {
	if len(readings) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s as the program read it, with differences:\n%12d\n", counter, readings[0])
	for i, d := range differences {
		fmt.Fprintf(w, "%12d %12d\n", readings[i+1], d)
	}
}
