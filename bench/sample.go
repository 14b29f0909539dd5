// SPDX-License-Identifier: GPL-2.0-or-later

// Package bench measures: it turns a plan (benchmark × size × engine) into jobs, runs them on a
// target, checks every answer against the benchmark's oracle, and returns samples. It knows targets
// only through emu.Target and does not present anything; that is package report's.
package bench

import (
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/ubench-dev/ubench/emu"
)

// Sample is one measured point: a row of schema ubench.results/v1, whose member names these are.
type Sample struct {
	Benchmark string `json:"benchmark"`
	Size      int    `json:"size"`                // input bytes; 0 where the benchmark has none
	SizeUnit  string `json:"size_unit,omitempty"` // where sizes count something else than bytes: "words"
	Engine    string `json:"engine"`
	Target    string `json:"target"`
	Core      string `json:"core"`

	OK     bool   `json:"ok"`               // the answer matched the oracle
	Result string `json:"result,omitempty"` // r0, "0x…"
	Phases Phases `json:"phases"`

	ImageBytes Number `json:"image_bytes,omitzero"` // sent to the device
	CodeBytes  Number `json:"code_bytes,omitzero"`  // machine code executed
	RAMBytes   Number `json:"ram_bytes,omitzero"`   // kept per program
	StackBytes Number `json:"stack_bytes,omitzero"` // peak during execution

	CyclesLabel string `json:"cycles_label,omitempty"` // what the cycles are, where there are any
	Error       string `json:"error,omitempty"`        // why OK is false

	Output  string   `json:"output,omitempty"`  // what a single program printed
	Devices []string `json:"devices,omitempty"` // and the state it left the devices in
	Maps    []Map    `json:"maps,omitempty"`    // and what is in its maps
}

// Map is what a program left in a map.
type Map struct {
	Name    string     `json:"name"`
	Type    string     `json:"type"`
	Entries []MapEntry `json:"entries"`
	Dropped uint32     `json:"dropped,omitempty"` // records there was no room for
}

// MapEntry is an entry of a map; queues, stacks and ring buffers have no keys.
type MapEntry struct {
	Key   Hex `json:"key,omitempty"`
	Value Hex `json:"value"`
	// What they say, where the types of C are known: numbers, strings, objects.
	KeyIs   json.RawMessage `json:"key_is,omitempty"`
	ValueIs json.RawMessage `json:"value_is,omitempty"`
}

// Hex is bytes, written in hex.
type Hex []byte

// MarshalText writes them.
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText reads them.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.AppendDecode(nil, text)
	return err
}

// Phases holds the costs of a run; phases that did not run are nil.
type Phases struct {
	Load    *Counts `json:"load,omitempty"`
	Verify  *Counts `json:"verify,omitempty"`
	Compile *Counts `json:"compile,omitempty"`
	Execute *Counts `json:"execute,omitempty"`
}

// Counts is the cost of a phase, as far as the target counts it.
type Counts struct {
	Instructions Number `json:"instructions,omitzero"`
	Cycles       Number `json:"cycles,omitzero"`
}

func (c Counts) plus(d *Counts) Counts {
	if d == nil {
		return c
	}
	return Counts{c.Instructions.Plus(d.Instructions), c.Cycles.Plus(d.Cycles)}
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
	return Counts{}.plus(p.Load).plus(p.Verify).plus(p.Compile)
}

// Total is setup and execution together.
func (p Phases) Total() Counts { return p.Setup().plus(p.Execute) }

// phases are what a target counted. It tells whether it has cycles; it counts instructions if it counted any.
func phases(got emu.Outcome, info emu.Info) Phases {
	all := []*emu.Counts{got.Load, got.Verify, got.Compile, got.Execute}
	instructions := slices.ContainsFunc(all, func(c *emu.Counts) bool { return c != nil && c.Instructions > 0 })
	counts := func(c *emu.Counts) *Counts {
		if c == nil {
			return nil
		}
		var n Counts
		if instructions {
			n.Instructions = Known(c.Instructions)
		}
		if info.HasCycles {
			n.Cycles = Known(c.Cycles)
		}
		return &n
	}
	return Phases{counts(got.Load), counts(got.Verify), counts(got.Compile), counts(got.Execute)}
}
