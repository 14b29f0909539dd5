// SPDX-License-Identifier: GPL-2.0-or-later

package femto_test

import (
	"encoding/binary"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/femto"
	"github.com/ubench-dev/ubench/internal/enginetest"
	"github.com/ubench-dev/ubench/vm"
)

func run(t testing.TB, m *enginetest.Machine, p enginetest.Program) enginetest.Result {
	t.Helper()
	r, err := m.Run(femto.Engine(), p)
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

// lddwd and lddwr add the address of .data and .rodata when they are executed.
func TestSectionRelativeLoads(t *testing.T) {
	const rodata, data = 2, 3
	p := enginetest.Program{
		Femto:  true,
		Rodata: binary.LittleEndian.AppendUint64(nil, 40),
		Data:   binary.LittleEndian.AppendUint64(make([]byte, 8), 2),
		Text: enginetest.Hex(`
# r1 = .data + 8, r2 = .rodata, r0 = *r1 + *r2, *r1 = r0
			b8 01 0000 08000000 00 00 0000 00000000
			d8 02 0000 00000000 00 00 0000 00000000
			79 10 0000 00000000
			79 22 0000 00000000
			0f 20 0000 00000000
			7b 01 0000 00000000
			95 00 0000 00000000`),
	}
	m := machine(t)
	r := run(t, m, p)
	if r.Fault.Status != abi.OK || r.R0 != 42 || r.Data[8] != 42 {
		t.Errorf("%v, want 42", r)
	}
	p.Text = enginetest.Hex("b8 00 0000 10000000 00 00 0000 00000000 9500000000000000")
	if r := run(t, m, p); r.R0 != uint64(enginetest.RegionAddr(data, 16))+16 {
		t.Errorf("%v, want the end of .data", r)
	}
	p.Text = enginetest.Hex("d8 00 0000 ffffffff 00 00 0000 ffffffff 9500000000000000")
	if r := run(t, m, p); r.R0 != uint64(enginetest.RegionAddr(rodata, 8))-1 {
		t.Errorf("%v, want the byte before .rodata", r)
	}
	p.Femto = false
	if r := run(t, m, p); !r.Refused {
		t.Errorf("lddwr in a program of another format: %v", r)
	}
}

// What the design lacks is refused with the instruction's slot.
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
		"call local":    "85 10 0000 feffffff",
		"callx":         "8d 01 0000 00000000",
		"lddw function": "18 43 0000 feffffff 00 00 0000 00000000",
	} {
		r := run(t, m, enginetest.Program{Text: enginetest.Hex("b700000000000000" + insn + "9500000000000000")})
		if !r.Refused || r.Fault.Status != abi.StatusUnsupported || r.Fault.PC != 1 {
			t.Errorf("%s: %v, want e-unsupported at 1", name, r)
		}
	}
}

// Any program the verifier takes ends as it does on the interpreter.
func FuzzFemto(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x17the quick brown fox jumps over the lazy dog, several times over"))
	m := machine(f)
	f.Fuzz(func(t *testing.T, seed []byte) {
		p := enginetest.Generate(seed, false)
		got := run(t, m, p)
		want, err := m.Run(vm.Engine(), p)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) {
			t.Errorf("%x:\nfemto %v\nvm    %v", p.Text, got, want)
		}
	})
}
