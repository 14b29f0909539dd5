// SPDX-License-Identifier: GPL-2.0-or-later

package rbpf_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/baseline/rbpf"
	"github.com/ubench-dev/ubench/internal/enginetest"
	"github.com/ubench-dev/ubench/vm"
)

func run(t testing.TB, m *enginetest.Machine, p enginetest.Program) enginetest.Result {
	t.Helper()
	r, err := m.Run(rbpf.Engine(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func machine(t testing.TB) *enginetest.Machine {
	t.Helper()
	m, err := enginetest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// A callee has its own r6-r9 and frame; r0-r5 pass.
func TestLocalCalls(t *testing.T) {
	r := run(t, machine(t), enginetest.Program{Budget: 1, Text: enginetest.Hex(`
# r6 = 5, r1 = 2, *(u64 *)(r10 - 8) = 9, call +4
		b7 06 0000 05000000
		b7 01 0000 02000000
		7a 0a f8ff 09000000
		85 10 0000 04000000
# r0 += *(u64 *)(r10 - 8), r0 += r6
		79 a3 f8ff 00000000
		0f 60 0000 00000000
		0f 30 0000 00000000
		95 00 0000 00000000
# callee: r6 = -1, *(u64 *)(r10 - 8) = 7, r0 = r1
		b7 06 0000 ffffffff
		7a 0a f8ff 07000000
		bf 10 0000 00000000
		95 00 0000 00000000`)})
	if r.Fault.Status != abi.OK || r.R0 != 2+5+9 {
		t.Errorf("%v, want 16", r)
	}
}

func TestCallDepth(t *testing.T) {
	recursive := enginetest.Hex(`
		85 10 0000 01000000
		95 00 0000 00000000
# f: r0 = 0, return if r1 == 0, r1 -= 1, call f, r0 += 1
		b7 00 0000 00000000
		15 01 0300 00000000
		17 01 0000 01000000
		85 10 0000 fcffffff
		07 00 0000 01000000
		95 00 0000 00000000`)
	m := machine(t)
	for _, c := range []struct {
		levels byte // of recursion below f
		budget uint32
		want   string
		r0     uint64
	}{
		{6, 7, "ok", 6},
		{6, 6, "e-budget", 0},
		{7, 100, "e-depth", 0},
		{7, 7, "e-depth", 0}, // checked before the budget
	} {
		text := append([]byte{0xb7, 1, 0, 0, c.levels, 0, 0, 0}, recursive...)
		r := run(t, m, enginetest.Program{Text: text, Budget: c.budget})
		if r.Fault.Status.Name() != c.want || r.R0 != c.r0 || r.Fault.Status != abi.OK && r.Fault.PC != 6 {
			t.Errorf("%d levels, budget %d: %v, want %s at 6", c.levels, c.budget, r, c.want)
		}
	}
}

// What rbpf's design lacks is refused with the instruction's slot, and nothing else is.
func TestUnsupported(t *testing.T) {
	m := machine(t)
	for name, insn := range map[string]string{
		"atomic add":    "db 1a f8ff 00000000",
		"atomic add 32": "c3 1a f8ff 00000000",
		"sdiv":          "3f 10 0100 00000000",
		"smod32":        "94 00 0100 02000000",
		"movsx8":        "bf 10 0800 00000000",
		"movsx16 to 32": "bc 10 1000 00000000",
		"ldxsb":         "91 10 0000 00000000",
		"bswap32":       "d7 00 0000 20000000",
		"gotol":         "06 00 0000 00000000",
		"callx":         "8d 01 0000 00000000",
		"lddw function": "18 43 0000 feffffff 00 00 0000 00000000",
	} {
		r := run(t, m, enginetest.Program{Text: enginetest.Hex("b700000000000000" + insn + "9500000000000000")})
		if !r.Refused || r.Fault.Status != abi.StatusUnsupported || r.Fault.PC != 1 {
			t.Errorf("%s: %v, want e-unsupported at 1", name, r)
		}
	}
}

// Any program the verifier takes ends as it does on the interpreter, in every variant.
func FuzzRBPF(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x02\x17the quick brown fox jumps over the lazy dog, several times over"))
	m := machine(f)
	f.Fuzz(func(t *testing.T, seed []byte) {
		p := enginetest.Generate(seed, true)
		want, err := m.Run(vm.Engine(), p)
		if err != nil {
			t.Fatal(err)
		}
		for i, engine := range append(rbpf.Variants(), rbpf.Engine()) {
			got, err := m.Run(engine, p)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(want) {
				t.Errorf("%x:\nvariant %d %v\nvm        %v", p.Text, i, got, want)
			}
		}
	})
}

// A cached region gives the rights it has, and no others: each access of a row of different regions
// and rights is judged by itself.
func TestCacheKnowsRights(t *testing.T) {
	m := machine(t)
	at := enginetest.RegionAddr
	readable := []enginetest.Region{{Bytes: []byte{7, 0, 0, 0, 0, 0, 0, 0}}, {Bytes: make([]byte, 8), Writable: true}}
	load := func(addr uint32) []byte { // r1 = addr, r0 = *(u8 *)r1
		return append(lddw(1, addr), enginetest.Hex("71 10 0000 00000000")...)
	}
	store := enginetest.Hex("72 01 0000 05000000") // *(u8 *)r1 = 5
	exit := enginetest.Hex("95 00 0000 00000000")
	for _, c := range []struct {
		name string
		text []byte
		want string
		r0   uint64
	}{
		{"read twice", slices.Concat(load(at(4, 8)), load(at(4, 8)), exit), "ok", 7},
		{"write after read", slices.Concat(load(at(4, 8)), store, exit), "e-write", 0},
		{"write another", slices.Concat(load(at(4, 8)), lddw(1, at(5, 8)), store, load(at(5, 8)), exit), "ok", 5},
		{"beyond the cached end", slices.Concat(load(at(5, 8)), load(at(5, 8)+8), exit), "e-read", 0},
	} {
		for i, engine := range rbpf.Variants() {
			r, err := m.Run(engine, enginetest.Program{Text: c.text, Granted: readable})
			if err != nil {
				t.Fatal(err)
			}
			if r.Fault.Status.Name() != c.want || r.R0 != c.r0 {
				t.Errorf("%s, variant %d: %v, want %s and %d", c.name, i, r, c.want, c.r0)
			}
		}
	}
}

// lddw is r = addr.
func lddw(r byte, addr uint32) []byte {
	text := make([]byte, 16)
	text[0], text[1] = 0x18, r
	binary.LittleEndian.PutUint32(text[4:], addr)
	return text
}
