// SPDX-License-Identifier: GPL-2.0-or-later

package meter

import (
	"context"
	"encoding/binary"
	"testing"

	"ubench/emu/cycles"
	"ubench/emu/unicorn"
)

// fletcher16 is gcc -Os's loop: r0 data, r1 bytes.
var fletcher16 = []uint16{0xf64f, 0x72ff, 0xb570, 0x0849, 0x4613, 0xf240, 0x1567, 0xb941, 0x0c19, 0x0c10, 0xfa10, 0xf082,
	0xfa11, 0xf383, 0xea43, 0x4000, 0xbd70, 0x42a9, 0x460c, 0xbf28, 0x462c, 0x1b09, 0xeb00, 0x0444, 0xf830, 0x6b02, 0x4433,
	0x42a0, 0x441a, 0xd1f9, 0x0c1c, 0xfa14, 0xf383, 0x0c14, 0xfa14, 0xf282, 0xe7e1}

func machine(t testing.TB, core unicorn.Core, code []uint16) (*unicorn.Machine, *Meter) {
	t.Helper()
	m, err := unicorn.NewBoard(core)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	var bytes []byte
	for _, h := range code {
		bytes = binary.LittleEndian.AppendUint16(bytes, h)
	}
	if err := m.Write(0x08000000, bytes); err != nil {
		t.Fatal(err)
	}
	meter, err := New(core, cycles.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.SetModel(meter)
	return m, meter
}

func call(t testing.TB, m *unicorn.Machine, args ...uint32) {
	t.Helper()
	for i, a := range args {
		m.SetReg(i, a)
	}
	m.SetReg(unicorn.SP, 0x20010000)
	m.SetReg(unicorn.LR, unicorn.ReturnAddress|1)
	m.SetReg(unicorn.PC, 0x08000001)
	reason, err := m.Run(context.Background(), unicorn.ReturnAddress, 1<<40)
	if err != nil || reason != unicorn.Until {
		t.Fatalf("%v, %v", reason, err)
	}
}

func TestFletcher16(t *testing.T) {
	m, meter := machine(t, unicorn.CortexM4, fletcher16)
	call(t, m, 0x20000000, 2560)
	got := meter.Cycles(m.Reg(unicorn.PC))
	if got < 8000 || got > 14000 {
		t.Errorf("%d cycles for %d instructions", got, m.Instructions())
	}
	t.Logf("%d cycles, %d instructions, %d entries", got, m.Instructions(), meter.c.entries)
	var spent, executed uint64
	for _, s := range meter.Profile() {
		spent += s.Cycles
		executed += s.Executions
	}
	if spent != got || executed != m.Instructions() {
		t.Errorf("the profile has %d cycles and %d instructions, the run %d and %d", spent, executed, got, m.Instructions())
	}
}

func BenchmarkFletcher16(b *testing.B) {
	m, meter := machine(b, unicorn.CortexM4, fletcher16)
	before := m.Instructions()
	for b.Loop() {
		call(b, m, 0x20000000, 2560)
	}
	meter.Cycles(0)
	b.ReportMetric(float64(m.Instructions()-before)/b.Elapsed().Seconds()/1e6, "Minsn/s")
}
