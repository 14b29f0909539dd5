// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/thumb"
	"github.com/ubench-dev/ubench/jit"
)

// listed is an instruction of a listing.
type listed struct {
	Slot     int           `json:"slot"`
	Text     string        `json:"text"`
	Function string        `json:"function,omitempty"` // that begins here
	File     string        `json:"file,omitempty"`
	Line     int           `json:"line,omitempty"`
	Source   string        `json:"source,omitempty"`
	Entry    []machineInsn `json:"entry,omitempty"` // code that begins the program, or a function
	Test     []machineInsn `json:"test,omitempty"`  // before a loop in two forms: chooses one
	Fast     []machineInsn `json:"fast,omitempty"`  // in the form without checks

	inFast bool          // has a place in that form
	Code   []machineInsn `json:"code,omitempty"`
}

// machineInsn is an instruction of compiled code, or data in it.
type machineInsn struct {
	Offset uint32 `json:"offset"`
	Bytes  string `json:"bytes"` // halfwords
	Text   string `json:"text"`
}

// list takes a program apart. name says what lddw loads, as for image.Disassemble.
func list(p *image.Program, name func(slot int) string) []listed {
	var rows []listed
	function := 0
	for slot := 0; slot < p.Slots(); {
		text, n := image.Disassemble(p.Text, slot, name)
		row := listed{Slot: slot, Text: text}
		if function < len(p.Functions) && p.Functions[function].Slot <= slot {
			row.Function = p.Functions[function].Name
			function++
		}
		if l, ok := p.LineOf(slot); ok {
			row.File, row.Line, row.Source = filepath.Base(l.File), l.Line, strings.TrimSpace(l.Text)
		}
		rows = append(rows, row)
		slot += n
	}
	return rows
}

// addCode puts compiled code beside the instructions it is of; what control never reaches has none. Code off the
// straight line stands at the instruction it comes behind.
func addCode(rows []listed, code []byte, where []jit.Place) {
	slots := make([]int, len(rows))
	for i, row := range rows {
		slots[i] = row.Slot
		rows[i].inFast = where[row.Slot].Fast != 0
	}
	runs, at, enters := codeRuns(slots, where), -1, false
	for _, m := range disassembleCode(code) {
		for at+1 < len(runs) && runs[at+1].start <= m.Offset {
			at++
			enters = false
		}
		if at+1 < len(runs) {
			next := &rows[runs[at+1].row]
			enters = enters || next.Function != "" && strings.HasSuffix(m.Text, "lr}") // saves what it must
			if at < 0 || enters {
				next.Entry = append(next.Entry, m)
				continue
			}
		}
		row := &rows[runs[at].row]
		switch runs[at].form {
		case codeTest:
			row.Test = append(row.Test, m)
		case codeFast:
			row.Fast = append(row.Fast, m)
		default:
			row.Code = append(row.Code, m)
		}
	}
}

type codeForm int

const (
	codeUsual codeForm = iota
	codeTest
	codeFast
)

// codeRun is code of one instruction, up to the next run.
type codeRun struct {
	start     uint32
	row, slot int // row: index in slots
	form      codeForm
}

// codeRuns are the runs of the code of instructions, in their order in memory.
func codeRuns(slots []int, where []jit.Place) (runs []codeRun) {
	for row, slot := range slots {
		p := where[slot]
		runs = append(runs, codeRun{p.Code, row, slot, codeUsual})
		if p.Test != 0 {
			runs = append(runs, codeRun{p.Test, row, slot, codeTest})
		}
		if p.Fast != 0 {
			runs = append(runs, codeRun{p.Fast, row, slot, codeFast})
		}
	}
	slices.SortStableFunc(runs, func(a, b codeRun) int { return cmp.Compare(a.start, b.start) })
	return runs
}

// disassembleCode takes code apart that starts at address 0.
func disassembleCode(code []byte) []machineInsn {
	var out []machineInsn
	var it thumb.ITState
	half := func(at uint32) uint16 { return binary.LittleEndian.Uint16(code[at:]) }
	for at := uint32(0); at+1 < uint32(len(code)); {
		in, err := thumb.Decode(code[at:], at)
		if err != nil {
			break // half an instruction, which no compiler makes
		}
		m := machineInsn{Offset: at, Bytes: fmt.Sprintf("%04x", half(at)), Text: in.Text(it)}
		if in.Size == 4 {
			m.Bytes += fmt.Sprintf(" %04x", half(at+2))
		}
		it, at = it.Next(&in), at+uint32(in.Size)
		routine, _ := routineAt(code, in.Target)
		switch {
		case (in.Class == thumb.Call || in.Class == thumb.Branch) && routine.Name != "":
			m.Text += "  ; " + routine.Name
		case in.Class == thumb.LoadPC:
			routine, _ = routineAt(code, in.Addr)
			m.Text += "  ; " + routine.Name
			routine = jit.Routine{}
		default:
			routine = jit.Routine{}
		}
		out = append(out, m)
		if n := uint32(2 * routine.Data); n > 0 && at+n <= uint32(len(code)) {
			out = append(out, dataOf(routine, at, code[at:at+n]))
			at += n
		}
	}
	return out
}

// dataOf shows what a routine reads behind a call.
func dataOf(routine jit.Routine, at uint32, data []byte) machineInsn {
	m := machineInsn{Offset: at}
	var values []string
	last := uint16(0)
	for ; len(data) > 0; data = data[2:] {
		last = binary.LittleEndian.Uint16(data)
		m.Bytes += fmt.Sprintf(" %04x", last)
		values = append(values, fmt.Sprint(last))
	}
	m.Bytes = m.Bytes[1:]
	m.Text = ".hword " + strings.Join(values, ", ")
	switch routine.Name {
	case "fault":
		m.Text += fmt.Sprintf("  ; %s at slot %s", abi.Status(int16(last)).Name(), values[0])
	case "check", "helper":
		m.Text += "  ; of instruction " + values[0]
	}
	return m
}

// routineAt tells which routine the code at addr leads to: it loads pc from the run, after at most two
// other instructions.
func routineAt(code []byte, addr uint32) (r jit.Routine, ok bool) {
	for range 3 {
		if addr >= uint32(len(code)) {
			break
		}
		in, err := thumb.Decode(code[addr:], addr)
		if err != nil || in.Branches() && in.Class != thumb.LoadPC {
			break
		}
		if in.Class == thumb.LoadPC {
			return jit.RoutineAt(in.Raw & 0xfff) // LDR (immediate), T3
		}
		addr += uint32(in.Size)
	}
	return jit.Routine{}, false
}

// writeListing prints instructions, and compiled code to the right of them.
func writeListing(b *strings.Builder, rows []listed) {
	width, last := 0, listed{}
	for _, row := range rows {
		width = max(width, min(len(row.Text), 48))
	}
	side := func(left string, code []machineInsn) {
		for i, m := range code {
			if i > 0 {
				left = ""
			}
			fmt.Fprintf(b, "%-*s %5x  %-9s  %s\n", 8+width, left, m.Offset, m.Bytes, m.Text)
		}
		if len(code) == 0 {
			fmt.Fprintln(b, left)
		}
	}
	for i, row := range rows {
		if row.Function != "" {
			fmt.Fprintf(b, "\n%s:\n", row.Function)
		}
		if row.Line != 0 && (row.File != last.File || row.Line != last.Line) {
			fmt.Fprintf(b, "%14s; %s:%d: %s\n", "", row.File, row.Line, row.Source)
		}
		if len(row.Entry) > 0 {
			side("        (entry)", row.Entry)
		}
		if len(row.Test) > 0 || row.inFast && (i == 0 || !rows[i-1].inFast) {
			if len(row.Test) > 0 {
				side("        (test)", row.Test)
			} else {
				fmt.Fprintln(b, "        (without checks)") // jit-plan: the test is at the end of what precedes
			}
			for k, r := range rows[i:] {
				if !r.inFast || k > 0 && len(r.Test) > 0 {
					break
				}
				side(fmt.Sprintf("%6d  %s", r.Slot, r.Text), r.Fast)
			}
			fmt.Fprintln(b, "        (with checks)")
		}
		side(fmt.Sprintf("%6d  %s", row.Slot, row.Text), row.Code)
		if row.File != "" {
			last = row
		}
	}
}
