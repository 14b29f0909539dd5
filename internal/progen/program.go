// SPDX-License-Identifier: GPL-2.0-or-later

package progen

import (
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/maps"
)

// Features widen what programs are made of. The zero value is the base set without local calls,
// which every engine of the firmware runs.
type Features struct {
	Plain    bool // only what other verifiers admit; see plain.go
	Calls    bool // local calls
	Extended bool // version 4 of the instruction set, atomics, callx, data sections, granted memory
	Counted  bool // more loops that step a counter to a bound; see counted.go
	Loops    bool // little else than such loops
	Maps     bool // maps, and their helpers; see maps.go
}

// Program is what came of a seed.
type Program struct {
	Text    []byte
	Context []byte
	CtxMin  uint32
	Rodata  []byte
	Data    []byte
	// Addresses are the lddw instructions to be given addresses in Rodata and Data.
	Addresses []image.Address
	Granted   []Region
	Maps      []maps.Def // lddw instructions have their handles
	Budget    uint32
}

// Linked is the program as the loader of objects would leave it.
func (p Program) Linked() (*image.Program, error) {
	linked, err := image.FromText("generated", p.Text)
	if err != nil {
		return nil, err
	}
	linked.Rodata, linked.Data, linked.CtxMin, linked.Addresses, linked.Maps = p.Rodata, p.Data, p.CtxMin, p.Addresses, p.Maps
	return linked, nil
}

// Region is memory granted beyond the context.
type Region struct {
	Bytes    []byte
	Writable bool
}
