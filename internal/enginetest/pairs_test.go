// SPDX-License-Identifier: GPL-2.0-or-later

package enginetest_test

import (
	"encoding/binary"
	"encoding/hex"
	"flag"
	"os"
	"regexp"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/enginetest"
	"github.com/ubench-dev/ubench/internal/pairs"
)

var updatePairs = flag.Bool("update-pairs", false, "write docs/pairs.txt")

const pairsFile = "../../docs/pairs.txt"

// TestPairs counts pairs of instructions over all programs of the repository.
func TestPairs(t *testing.T) {
	m := machine(t)
	var table pairs.Table
	add := func(name string, p enginetest.Program) {
		r, err := m.Run(pairs.Engine(), p)
		if err != nil {
			t.Fatal(err)
		}
		if r.Fault.Status != abi.OK {
			t.Errorf("%s: %v", name, r)
			return
		}
		table.Add(name, p.Text)
	}
	for _, b := range benchmarks.All() {
		p := kernel(t, b)
		size := 0
		if b.Sized {
			size = b.DefaultSizes[len(b.DefaultSizes)-1]
		}
		p.Context = b.Input(size)
		add(b.Name, p)
	}
	peers, err := os.ReadFile("../../benchmarks/fletcher16/peers.hex")
	if err != nil {
		t.Fatal(err)
	}
	digits := regexp.MustCompile(`(?m)^#.*$|\s`).ReplaceAllString(string(peers), "")
	text, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range benchmarks.All() {
		if b.Name == "fletcher16" {
			add("peers", enginetest.Program{Text: text, Context: b.Input(2560), Budget: 1 << 31})
		}
	}
	for _, e := range examples.All() {
		p, err := image.LoadObject(e.Name, e.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Pointers) > 0 {
			continue
		}
		trace, err := abi.ParseTrace(e.Trace)
		if err != nil {
			t.Fatal(err)
		}
		program := enginetest.Program{
			Text: p.Text, Rodata: p.Rodata, Data: append(p.Data, make([]byte, p.BSS)...), Context: e.Context,
			Budget: 1 << 31, Helpers: true, Trace: trace,
		}
		for _, a := range p.Addresses {
			addr := a.Offset + enginetest.RegionAddr(2, len(program.Rodata))
			if a.Section == image.Data {
				addr = a.Offset + enginetest.RegionAddr(3, len(program.Data))
			}
			binary.LittleEndian.PutUint32(program.Text[8*a.Slot+4:], addr)
		}
		add(e.Name, program)
	}
	got := table.Format(100)
	t.Log(got)
	if *updatePairs {
		if err := os.WriteFile(pairsFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
