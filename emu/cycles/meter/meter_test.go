// SPDX-License-Identifier: GPL-2.0-or-later

package meter

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/ubench-dev/ubench/emu/cycles"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// fletcher16 is gcc -Os's loop: r0 data, r1 bytes.
var fletcher16 = []uint16{0xf64f, 0x72ff, 0xb570, 0x0849, 0x4613, 0xf240, 0x1567, 0xb941, 0x0c19, 0x0c10, 0xfa10, 0xf082,
	0xfa11, 0xf383, 0xea43, 0x4000, 0xbd70, 0x42a9, 0x460c, 0xbf28, 0x462c, 0x1b09, 0xeb00, 0x0444, 0xf830, 0x6b02, 0x4433,
	0x42a0, 0x441a, 0xd1f9, 0x0c1c, 0xfa14, 0xf383, 0x0c14, 0xfa14, 0xf282, 0xe7e1}

func machine(t testing.TB, core unicorn.Core, code []uint16) (*unicorn.Machine, *Meter) {
	return machineAt(t, core, 0x08000000, code, cycles.Options{})
}

// machineAt has the code at an address.
func machineAt(t testing.TB, core unicorn.Core, at uint32, code []uint16, o cycles.Options) (*unicorn.Machine, *Meter) {
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
	if err := m.Write(at, bytes); err != nil {
		t.Fatal(err)
	}
	meter, err := New(core, o)
	if err != nil {
		t.Fatal(err)
	}
	m.SetModel(meter)
	return m, meter
}

func call(t testing.TB, m *unicorn.Machine, args ...uint32) {
	t.Helper()
	callAt(t, m, 0x08000000, args...)
}

func callAt(t testing.TB, m *unicorn.Machine, at uint32, args ...uint32) {
	t.Helper()
	for i, a := range args {
		m.SetReg(i, a)
	}
	m.SetReg(unicorn.SP, 0x20010000)
	m.SetReg(unicorn.LR, unicorn.ReturnAddress|1)
	m.SetReg(unicorn.PC, at|1)
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

// cyclesOf is what a call of the code at an address costs, which the profile must add up to.
func cyclesOf(t *testing.T, at uint32, code []uint16, o cycles.Options) uint64 {
	t.Helper()
	m, meter := machineAt(t, unicorn.CortexM4, at, code, o)
	callAt(t, m, at, 0x20000000, 2560)
	total := meter.Cycles(m.Reg(unicorn.PC))
	var spent uint64
	for _, s := range meter.Profile() {
		spent += s.Cycles
	}
	if spent != total {
		t.Errorf("%+v: the profile has %d cycles, the run %d", o, spent, total)
	}
	return total
}

func TestFlashSpeed(t *testing.T) {
	const flash, sram = 0x08000000, 0x20004000
	inFlash := cyclesOf(t, flash, fletcher16, cycles.Options{})
	inSRAM := cyclesOf(t, sram, fletcher16, cycles.Options{})
	atFlashSpeed := cyclesOf(t, sram, fletcher16, cycles.Options{FetchAtFlashSpeed: true})
	if inSRAM < inFlash*12/10 || atFlashSpeed != inFlash {
		t.Errorf("%d cycles in flash, %d in SRAM, %d in SRAM at flash speed", inFlash, inSRAM, atFlashSpeed)
	}
}

// A loop that fits the cache hardly waits; code that is executed once does.
func TestWaitStates(t *testing.T) {
	const flash, wait = 0x08000000, 5
	none, some := cyclesOf(t, flash, fletcher16, cycles.Options{}), cyclesOf(t, flash, fletcher16, cycles.Options{FlashWaitStates: wait})
	if some <= none || some > none+10*wait {
		t.Errorf("loop: %d cycles, %d with wait states", none, some)
	}
	const lines = 128 // twice the cache
	var straight []uint16
	for range lines * 4 {
		straight = append(straight, 0xeb00, 0x0001) // add.w r0, r0, r1
	}
	straight = append(straight, 0x4770)
	none, some = cyclesOf(t, flash, straight, cycles.Options{}), cyclesOf(t, flash, straight, cycles.Options{FlashWaitStates: wait})
	if d := some - none; d < lines || d > lines+2*wait { // four instructions of five cycles are hidden
		t.Errorf("straight: %d cycles, %d with wait states", none, some)
	}
}

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		o    cycles.Options
		want string
	}{
		{cycles.Options{}, Label},
		{cycles.Options{FetchAtFlashSpeed: true}, Label + ", code in SRAM fetched at flash speed"},
		{cycles.Options{FlashWaitStates: 5}, "modelled, 5 flash wait states and cache, not validated"},
	} {
		m, err := New(unicorn.CortexM3, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Label(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.o, got, c.want)
		}
		m.Close()
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
