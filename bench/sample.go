// SPDX-License-Identifier: GPL-2.0-or-later

// Package bench measures: it turns a plan (benchmark × size × engine) into jobs, runs them on a
// target, checks every answer against the benchmark's oracle, and returns samples. It knows targets
// only through emu.Target and does not present anything; that is package report's.
package bench

import "ubench/emu"

// Sample is one measured point: a row of schema ubench.results/v1, whose member names these are.
type Sample struct {
	Benchmark string `json:"benchmark"`
	Size      int    `json:"size"`                // input bytes; 0 where the benchmark has none
	SizeUnit  string `json:"size_unit,omitempty"` // where sizes count something else than bytes: "words"
	Engine    string `json:"engine"`
	Target    string `json:"target"`
	Core      string `json:"core"`

	OK     bool   `json:"ok"`     // the answer matched the oracle
	Result string `json:"result"` // r0, "0x…"
	Phases Phases `json:"phases"`

	ImageBytes int `json:"image_bytes"` // sent to the device
	CodeBytes  int `json:"code_bytes"`  // machine code executed
	RAMBytes   int `json:"ram_bytes"`   // kept per program
	StackBytes int `json:"stack_bytes"` // peak during execution

	CyclesLabel string `json:"cycles_label,omitempty"` // what the cycles are, where there are any
	Error       string `json:"error,omitempty"`        // why OK is false

	Output  string   `json:"output,omitempty"`  // what a single program printed
	Devices []string `json:"devices,omitempty"` // and the state it left the devices in
}

// Phases holds the costs of a run; phases that did not run are nil.
type Phases struct {
	Load    *Counts `json:"load,omitempty"`
	Verify  *Counts `json:"verify,omitempty"`
	Compile *Counts `json:"compile,omitempty"`
	Execute *Counts `json:"execute,omitempty"`
}

// Counts is the cost of a phase. Cycles is 0 where the target has none.
type Counts struct {
	Instructions uint64 `json:"instructions"`
	Cycles       uint64 `json:"cycles,omitempty"`
}

// PhaseNames are the phases in the order they run.
var PhaseNames = []string{"load", "verify", "compile", "execute"}

// Phase returns the counts of a phase by its name, nil if it did not run.
func (p Phases) Phase(name string) *Counts {
	if c := p.Slot(name); c != nil {
		return *c
	}
	return nil
}

// Slot is where the counts of a phase are kept, nil if there is no phase of the name.
func (p *Phases) Slot(name string) **Counts {
	switch name {
	case "load":
		return &p.Load
	case "verify":
		return &p.Verify
	case "compile":
		return &p.Compile
	case "execute":
		return &p.Execute
	}
	return nil
}

// Setup is what happens before execution: load, verify and compile together.
func (p Phases) Setup() Counts {
	var sum Counts
	for _, c := range []*Counts{p.Load, p.Verify, p.Compile} {
		if c != nil {
			sum.Instructions += c.Instructions
			sum.Cycles += c.Cycles
		}
	}
	return sum
}

// Total is setup and execution together.
func (p Phases) Total() Counts {
	sum := p.Setup()
	if p.Execute != nil {
		sum.Instructions += p.Execute.Instructions
		sum.Cycles += p.Execute.Cycles
	}
	return sum
}

func counts(c *emu.Counts) *Counts {
	if c == nil {
		return nil
	}
	return &Counts{Instructions: c.Instructions, Cycles: c.Cycles}
}
