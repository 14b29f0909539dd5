// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu/unicorn"
)

// beat adds one to a key of the global store each time it is run: to the key its number, of its first word, says.
func beat(key int32) []byte {
	return program(
		movImm(1, key), mov(2, 10), addImm(2, -8), callHelper(0x13),
		load32(2, 10, -8), addImm(2, 1), movImm(1, key), callHelper(0x11), exit())
}

// steady wakes every 50 ms, for ever, and counts in key 1.
var steady = program(
	movImm(1, 50), callHelper(0x93),
	movImm(1, 1), mov(2, 10), addImm(2, -8), callHelper(0x13),
	load32(2, 10, -8), addImm(2, 1), movImm(1, 1), callHelper(0x11), jump(-11), exit())

// flood sends to its own mailbox, and never looks into it.
var flood = program(
	onStack("flood"), callHelper(0x90), mov(1, 0), mov(2, 10), addImm(2, -8), movImm(3, 8), callHelper(0x91), exit())

// valueOf returns the value of the key that its context says.
var valueOf = program(load32(1, 1, 0), mov(2, 10), addImm(2, -8), callHelper(0x13), load32(0, 10, -8), exit())

// day is a device with the programs it is to live with.
type day struct {
	*Device
	reader  int
	numbers map[string]int
	configs map[string]device.Config
}

func (d *day) start(t *testing.T, c device.Config, image []byte) {
	t.Helper()
	c.Format, c.AllHelpers, c.Keys = abi.TextOnly, true, []device.Keys{{First: 0, Last: 15, Rights: 3}}
	d.configs[c.Name] = c
	d.numbers[c.Name] = d.Started(t, c, image)
}

// newDay starts them. Where nothing enforces the walls, those that would walk through them are stopped by the compiler's checks.
func newDay(t *testing.T, booted *Device, engine device.Engine) *day {
	t.Helper()
	d := &day{Device: booted, numbers: map[string]int{}, configs: map[string]device.Config{}}
	d.start(t, device.Config{Name: "reader", Engine: device.VM, Context: 4, Priority: 1}, valueOf)
	d.start(t, device.Config{Name: "steady", Engine: device.JIT, LongRunning: true, Ticks: 10, Priority: 2}, steady)
	d.start(t, device.Config{Name: "periodic", Engine: device.VM, Events: device.EventTimer, PeriodMS: 1000, Priority: 2}, beat(2))
	d.start(t, device.Config{Name: "short", Engine: device.JIT, Events: device.EventTimer, PeriodMS: 10, Priority: 2}, beat(3))
	d.start(t, device.Config{Name: "faulting", Engine: engine, Events: device.EventTimer, PeriodMS: 500, Restart: device.OnFault}, faulting)
	d.start(t, device.Config{Name: "spinning", Engine: device.JITMPU, LongRunning: true, Ticks: 3, Restart: device.OnFault, Priority: 5}, spinning)
	d.start(t, device.Config{Name: "recursing", Engine: engine, Events: device.EventTimer, PeriodMS: 300, Restart: device.OnFault}, recurse)
	d.start(t, device.Config{Name: "flood", Engine: device.VM, Events: device.EventTimer, PeriodMS: 10, Mailbox: 256}, flood)
	d.start(t, device.Config{Name: "replaced", Engine: device.JIT, Events: device.EventTimer, PeriodMS: 20, Priority: 4}, beat(4))
	return d
}

// value is what a key of the global store has.
func (d *day) value(t *testing.T, key byte) uint64 {
	t.Helper()
	r, err := d.Call(t.Context(), d.reader, []byte{key, 0, 0, 0})
	if err != nil || r.Fault.Status != abi.OK {
		t.Fatalf("key %d: %v %v", key, r.Fault, err)
	}
	return r.R0
}

// revive starts what was left stopped after too many faults, so that it goes on faulting.
func (d *day) revive(t *testing.T) (revived int) {
	t.Helper()
	for _, name := range []string{"faulting", "spinning", "recursing"} {
		s, err := d.State(t.Context(), d.numbers[name])
		if err == nil && s.State == device.Failed {
			err = d.Start(t.Context(), d.numbers[name])
			revived++
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return revived
}

// What each of them does in the end.
func (d *day) judge(t *testing.T, engine device.Engine) {
	t.Helper()
	want := map[string]string{"faulting": "e-mem-fault", "spinning": "e-time", "recursing": "e-mem-fault"}
	if engine == device.JIT {
		want["faulting"], want["recursing"] = "e-read", "e-depth"
	}
	for name, n := range d.numbers {
		s, err := d.State(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v, %d runs, at most %d µs late, %d faults, last %v", name, s.State, s.Runs, s.LateUS, s.Faults, s.Fault.Status)
		if (want[name] == "") != (s.Faults == 0) || want[name] != "" && s.Fault.Status.Name() != want[name] {
			t.Errorf("%s: %d faults, the last %v", name, s.Faults, s.Fault)
		}
	}
	if s, _ := d.State(t.Context(), d.numbers["flood"]); s.MailboxUsed < 240 || s.Faults != 0 {
		t.Errorf("flood: %+v", s)
	}
}

// A day in short: eight programs that a device is to live with, at once. None disturbs another, and when they
// are gone there is as much memory as before. UBENCH_DAY_SECONDS=3600 is an hour of each device's time, which QEMU lets go by
// some two to four times as fast as ours: what wakes a core that sleeps is another thread of it.
func TestDay(t *testing.T) {
	seconds := uint32(many(t, "UBENCH_DAY_SECONDS", 4))
	for _, board := range one() {
		t.Run(board, func(t *testing.T) {
			t.Parallel()
			aDay(t, Boot(t, board, 5), device.JITMPU, seconds, func() { time.Sleep(20 * time.Millisecond) })
		})
	}
}

// The same under Unicorn, which has no walls, and lets an hour go by in a minute or two. UBENCH_HOUR_SECONDS=3600 is one.
func TestHour(t *testing.T) {
	seconds := uint32(many(t, "UBENCH_HOUR_SECONDS", 10))
	for _, core := range []unicorn.Core{unicorn.CortexM4, unicorn.CortexM3} {
		t.Run(unicorn.Board(core), func(t *testing.T) {
			b, err := unicorn.Boot(core, ELF(t, unicorn.Board(core), true), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close() })
			aDay(t, meet(t, b), device.JIT, seconds, func() {
				if err := b.Run(t.Context(), 2_000_000); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// aDay lets a device live with them, and replaces one of them each time that `live` lets time go on.
func aDay(t *testing.T, booted *Device, engine device.Engine, seconds uint32, live func()) {
	d := newDay(t, booted, engine)
	before := d.Info
	began := d.info(t).NowMS
	from := [4]uint64{1: d.value(t, 1), 2: d.value(t, 2), 3: d.value(t, 3)}
	counted := d.info(t).NowMS
	replacements, revived := 0, 0
	asked := time.Now()
	for d.info(t).NowMS-began < seconds*1000 {
		if err := d.Replace(t.Context(), d.numbers["replaced"], d.configs["replaced"], beat(int32(4+replacements%2))); err != nil {
			t.Fatal(err)
		}
		replacements++
		d.value(t, 1)
		revived += d.revive(t)
		live()
	}
	took := d.info(t).NowMS - began
	t.Logf("%d s of the device's time in %v of ours, %d replacements, %d times started after eight faults", took/1000,
		time.Since(asked).Round(time.Second), replacements, revived)
	for _, p := range []struct {
		key    byte
		name   string
		period uint32
	}{{1, "steady", 50}, {2, "periodic", 1000}, {3, "short", 10}} {
		least := (d.info(t).NowMS - counted) / p.period
		got := uint32(d.value(t, p.key) - from[p.key])
		most := (d.info(t).NowMS - began) / p.period
		s, err := d.State(t.Context(), d.numbers[p.name])
		if err != nil {
			t.Fatal(err)
		}
		// While the server replaces a program nobody else runs, and of the periods that are over then a program runs once: so
		// many may be missed under QEMU. Under Unicorn, where no time goes by but that of instructions, none is.
		missed := uint32(0)
		if engine == device.JITMPU {
			missed = uint32(replacements) * (s.LateUS / (p.period * 1000))
		}
		t.Logf("every %d ms: %d times, of %d to %d, of which %d may be missed", p.period, got, least, most, missed)
		if p.name == "steady" { // its 50 ms begin when it goes to sleep, and end with a tick
			least = least * 45 / 50
		}
		if got > most+1 || got+2+missed < least {
			t.Errorf("every %d ms in %d ms: %d times, at least %d less %d are due", p.period, took, got, least, missed)
		}
	}
	if d.value(t, 4)+d.value(t, 5) == 0 && took > 1000 {
		t.Error("what was replaced never ran")
	}
	d.judge(t, engine)
	d.clear(t)
	if _, err := d.Test(t.Context(), []byte{testForget}); err != nil { // compiled code is kept until memory is needed
		t.Fatal(err)
	}
	after := d.info(t)
	if after.Panic != abi.OK {
		t.Errorf("the firmware faulted: %v", after.Panic)
	}
	if after.PoolFree != before.PoolFree || after.PoolPieces != before.PoolPieces {
		t.Errorf("%d bytes were free in %d pieces, now %d in %d", before.PoolFree, before.PoolPieces, after.PoolFree, after.PoolPieces)
	}
}
