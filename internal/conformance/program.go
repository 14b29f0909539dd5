// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
)

// Program is a program, and what it has to come to.
type Program struct {
	Group, Name string
	Text        []byte
	Context     []byte
	Budget      uint32
	Own         bool // no other program of its group is like it: run it wherever many are

	Result    uint64
	After     []byte    // the context; nil: not compared
	Fault     abi.Fault // with InContext, Addr is relative to the context
	InContext bool

	// Cases are the results in After, 8 bytes each from Results on. A program without any is one case.
	Results int
	Cases   []string
}

// Count is how many cases a program holds.
func (p *Program) Count() int { return max(1, len(p.Cases)) }

// Job makes a job of the program.
func (p *Program) Job(engine string) emu.Job {
	return emu.Job{
		Engine: engine, Format: abi.TextOnly, Image: p.Text,
		Context: p.Context, Budget: p.Budget, WantContext: true,
	}
}

// Check says what is wrong with a run of the program, "" if nothing is.
func (p *Program) Check(s emu.Outcome) string {
	want := p.Fault
	if p.InContext {
		want.Addr += s.ContextAddr
	}
	switch {
	case s.Fault.Status != want.Status || (want.Status != abi.OK && want.Status != abi.StatusBudget && s.Fault != want):
		return fmt.Sprintf("%s at %d, %#x, want %s at %d, %#x",
			s.Fault.Status.Name(), s.Fault.PC, s.Fault.Addr, want.Status.Name(), want.PC, want.Addr)
	case want.Status != abi.OK:
		return ""
	case s.Result != p.Result:
		return fmt.Sprintf("r0 is %#x, want %#x", s.Result, p.Result)
	}
	return p.CheckContext(s.Context)
}

// CheckContext says in what case the context a run left behind is wrong.
func (p *Program) CheckContext(got []byte) string {
	if p.After == nil || bytes.Equal(got, p.After) {
		return ""
	}
	if len(got) != len(p.After) {
		return fmt.Sprintf("a context of %d bytes, want %d", len(got), len(p.After))
	}
	for i, name := range p.Cases {
		at := p.Results + 8*i
		if g, w := binary.LittleEndian.Uint64(got[at:]), binary.LittleEndian.Uint64(p.After[at:]); g != w {
			return fmt.Sprintf("%s is %#x, want %#x", name, g, w)
		}
	}
	for i := range got {
		if got[i] != p.After[i] {
			return fmt.Sprintf("byte %d of the context is %#x, want %#x", i, got[i], p.After[i])
		}
	}
	return ""
}
