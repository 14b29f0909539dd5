// SPDX-License-Identifier: GPL-2.0-or-later

package abi

import (
	"fmt"
	"strings"
)

// Status is what device code returns: 0, or a negative number of status.h.
type Status int32

// The statuses Go code tells apart. The rest are only named and shown.
const (
	OK                Status = 0
	StatusMemory      Status = -2
	StatusUnsupported Status = -3
	StatusCompileCode Status = -60
	StatusRead        Status = -80
	StatusWrite       Status = -81
	StatusAlign       Status = -82
	StatusBudget      Status = -83
	StatusHelperArg   Status = -87
	StatusContext     Status = -88
)

var statuses = func() map[Status]Row {
	m := make(map[Status]Row)
	for _, r := range table("status.h") {
		m[Status(r.Number)] = r
	}
	return m
}()

// Name is the short, stable name for machines: "ok", "e-read", "e-verify-jump".
func (s Status) Name() string {
	if r, ok := statuses[s]; ok {
		return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(r.Name, "UB_")), "_", "-")
	}
	return fmt.Sprintf("status-%d", int32(s))
}

// String is the text for people: "read outside the program's memory".
func (s Status) String() string {
	if r, ok := statuses[s]; ok {
		return r.Text
	}
	return fmt.Sprintf("unknown status %d", int32(s))
}

// Fault says why, and where, device code refused or stopped a program. It is an error.
type Fault struct {
	Status Status
	PC     uint32 // slot of the instruction; for CPU faults, the program counter
	Addr   uint32 // address of the access, for access faults
}

// AtAddress tells whether Addr is the address of an access.
func (f Fault) AtAddress() bool {
	switch f.Status {
	case StatusRead, StatusWrite, StatusAlign, StatusHelperArg:
		return true
	}
	return false
}

// OfMap tells whether PC is the index of a map.
func (f Fault) OfMap() bool { return f.Status <= -160 && f.Status > -180 }

// OfCPU tells whether the CPU faulted, and PC is its own.
func (f Fault) OfCPU() bool { return f.Status <= -120 && f.Status > -140 }

// AtInstruction tells whether PC is an instruction of the program.
func (f Fault) AtInstruction() bool { return f.Status <= -40 && f.Status > -100 }

func (f Fault) Error() string {
	switch {
	case f.OfMap():
		return fmt.Sprintf("%s: map %d of the program", f.Status, f.PC)
	case f.OfCPU():
		return fmt.Sprintf("%s at %#x", f.Status, f.PC)
	case f.AtAddress():
		return fmt.Sprintf("%s: address %#x, at slot %d", f.Status, f.Addr, f.PC)
	case f.AtInstruction():
		return fmt.Sprintf("%s, at slot %d", f.Status, f.PC)
	}
	return f.Status.String()
}
