// SPDX-License-Identifier: GPL-2.0-or-later

package hostile

import (
	"fmt"
	"hash/maphash"

	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/redzone"
)

// Counts say what became of pairs of a program and a plan.
type Counts struct {
	Programs, Planned        int // programs, and those of which there is an honest plan
	Pairs, Followed, Run     int // Run: followed, and other code than any plan of the program before
	OfKind, FollowedKind     [Kinds]int
	Faults, Stopped, Results int // how those that ran ended
}

// Add adds the counts of another.
func (c *Counts) Add(o Counts) {
	c.Programs, c.Planned, c.Pairs = c.Programs+o.Programs, c.Planned+o.Planned, c.Pairs+o.Pairs
	c.Followed, c.Run = c.Followed+o.Followed, c.Run+o.Run
	for k := range Kinds {
		c.OfKind[k] += o.OfKind[k]
		c.FollowedKind[k] += o.FollowedKind[k]
	}
	c.Faults, c.Stopped, c.Results = c.Faults+o.Faults, c.Stopped+o.Stopped, c.Results+o.Results
}

func (c Counts) String() string {
	s := fmt.Sprintf("%d programs (%d with an honest plan), %d pairs, %d followed, %d run (%d results, %d faults, %d out of budget)",
		c.Programs, c.Planned, c.Pairs, c.Followed, c.Run, c.Results, c.Faults, c.Stopped)
	for k := range Kinds {
		s += fmt.Sprintf("; %v %d of %d", k, c.FollowedKind[k], c.OfKind[k])
	}
	return s
}

// Adversary tries hostile plans on programs, between red zones.
type Adversary struct {
	*Liar
	Counts
	Machine *redzone.Machine
	seed    maphash.Seed
	seen    map[uint64]bool // code that was made of the program
}

// NewAdversary makes one with a seed.
func NewAdversary(m *redzone.Machine, seed, stream uint64) *Adversary {
	return &Adversary{Liar: New(seed, stream), Machine: m, seed: maphash.MakeSeed()}
}

// Complaint is a plan that made a program do something else.
type Complaint struct {
	Plan   []byte
	Kind   Kind
	Number int // of the plan among those of its program
	redzone.Result
}

// Try tries so many plans on a program, the honest one first, if there is one. It returns at the first that makes it do
// something else; nil: there was none.
func (a *Adversary) Try(p progen.Program, honest []byte, plans int) (*Complaint, error) {
	if r, err := a.Machine.Begin(p); err != nil || r.Refused {
		return nil, err
	}
	a.Liar.Begin(p.Text, honest, len(p.Maps))
	a.seen = map[uint64]bool{}
	a.Programs++
	for n := range plans {
		data, kind := honest, Claims
		if n > 0 || honest == nil {
			data, kind = a.Plan()
		} else {
			a.Planned++
		}
		if c, err := a.one(data, kind); c != nil || err != nil {
			if c != nil {
				c.Number = n
			}
			return c, err
		}
	}
	return nil, nil
}

func (a *Adversary) one(data []byte, kind Kind) (*Complaint, error) {
	a.Pairs++
	a.OfKind[kind]++
	r := a.Machine.Compile(redzone.Options{OnePass: true, Plan: data})
	if r.Difference != "" {
		return &Complaint{Plan: data, Kind: kind, Result: r}, nil
	}
	if !a.Machine.Followed() || r.Refused {
		return nil, nil // it is the program's code without a plan
	}
	a.Followed++
	a.FollowedKind[kind]++
	code := maphash.Bytes(a.seed, a.Machine.Code())
	if a.seen[code] {
		return nil, nil
	}
	a.seen[code] = true
	a.Run++
	a.Keep(data)
	r, err := a.Machine.Run()
	if err != nil {
		return nil, err
	}
	switch {
	case r.Difference != "":
		return &Complaint{Plan: data, Kind: kind, Result: r}, nil
	case r.Fault.Status == 0:
		a.Results++
	case r.Fault.Status.Name() == "e-budget":
		a.Stopped++
	default:
		a.Faults++
	}
	return nil, nil
}
