// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"sort"
	"strings"

	"github.com/ubench-dev/ubench/emu/symbols"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/jit"
)

// place says what an address belongs to.
type place struct {
	function, file string
	line           int
	insn           string // eBPF instruction compiled code is of, with its slot
}

// places finds functions, lines and eBPF instructions by address.
type places struct {
	symbols *symbols.Table
	lines   []dwarf.LineEntry // ascending; ends of sequences have no file
	code    *compiled         // nil if there is none
}

// compiled is machine code a JIT compiler made on the device.
type compiled struct {
	start   uint32
	bytes   uint32
	program *image.Program
	runs    []codeRun // ascending; empty if not known
}

func newCompiled(start, bytes uint32, program *image.Program, where []jit.Place) *compiled {
	c := &compiled{start: start, bytes: bytes, program: program}
	var slots []int
	for slot := 0; slot < len(where); slot++ {
		slots = append(slots, slot)
		if program.Text[8*slot] == 0x18 {
			slot++ // the second slot of an lddw has no code
		}
	}
	c.runs = codeRuns(slots, where)
	return c
}

// at is the place of an address, which is in the code.
func (c *compiled) at(addr uint32) place {
	offset := addr - c.start
	i := sort.Search(len(c.runs), func(i int) bool { return c.runs[i].start > offset })
	if i == 0 {
		return place{function: "compiled code", insn: "entry"}
	}
	slot := c.runs[i-1].slot
	text, _ := image.Disassemble(c.program.Text, slot, nil)
	p := place{function: "compiled code", insn: fmt.Sprintf("%d: %s", slot, text)}
	for _, f := range c.program.Functions {
		if f.Slot <= slot && f.Name != "" {
			p.function = f.Name
		}
	}
	if line, ok := c.program.LineOf(slot); ok {
		p.file, p.line = line.File, line.Line
	}
	return p
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

// function is the name of the function at addr, empty if nothing tells.
func (p *places) function(addr uint32) string {
	if c := p.code; c != nil && addr-c.start < c.bytes {
		return c.at(addr).function
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(p.symbols.In(addr), " in "), "+")
	return name
}

func (p *places) at(addr uint32) place {
	if c := p.code; c != nil && addr-c.start < c.bytes {
		return c.at(addr)
	}
	at := place{function: p.function(addr)}
	if at.function == "" {
		at.function = fmt.Sprintf("%#08x", addr)
	}
	i := sort.Search(len(p.lines), func(i int) bool { return p.lines[i].Address > uint64(addr) })
	if i > 0 && p.lines[i-1].File != nil {
		at.file, at.line = p.lines[i-1].File.Name, p.lines[i-1].Line
	}
	return at
}
