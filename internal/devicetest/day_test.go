// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
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

// A day in short: eight programs that a device is to live with, at once. None disturbs another, and when they are gone
// there is as much memory as before. UBENCH_DAY_SECONDS=3600 is an hour of the device's time; a core that sleeps takes
// none of ours.
func TestDay(t *testing.T) {
	seconds := uint32(many(t, "UBENCH_DAY_SECONDS", 20))
	d := Boot(t, "netduinoplus2", 6)
	before := d.info(t)
	all := func(c device.Config) device.Config {
		c.Format, c.AllHelpers, c.Keys = abi.TextOnly, true, []device.Keys{{First: 0, Last: 15, Rights: 3}}
		return c
	}
	reader := d.Started(t, all(device.Config{Name: "reader", Engine: device.VM, Context: 4, Priority: 1}), valueOf)
	numbers := map[string]int{}
	start := func(c device.Config, image []byte) {
		numbers[c.Name] = d.Started(t, all(c), image)
	}
	start(device.Config{Name: "steady", Engine: device.JIT, LongRunning: true, Ticks: 10, Priority: 2}, steady)
	start(device.Config{Name: "minutely", Engine: device.VM, Events: device.EventTimer, PeriodMS: 1000, Priority: 2}, beat(2))
	start(device.Config{Name: "short", Engine: device.JIT, Events: device.EventTimer, PeriodMS: 10, Priority: 2}, beat(3))
	start(device.Config{Name: "faulting", Engine: device.JITMPU, Events: device.EventTimer, PeriodMS: 500, Restart: device.OnFault}, faulting)
	start(device.Config{Name: "spinning", Engine: device.JITMPU, LongRunning: true, Ticks: 20, Restart: device.OnFault, Priority: 5}, spinning)
	start(device.Config{Name: "recursing", Engine: device.JITMPU, Events: device.EventTimer, PeriodMS: 300, Restart: device.OnFault}, recurse)
	start(device.Config{Name: "flood", Engine: device.VM, Events: device.EventTimer, PeriodMS: 10, Mailbox: 256}, flood)
	replaced := device.Config{Name: "replaced", Engine: device.JIT, Events: device.EventTimer, PeriodMS: 20, Priority: 4}
	start(replaced, beat(4))

	value := func(key byte) uint64 {
		t.Helper()
		r, err := d.Call(t.Context(), reader, []byte{key, 0, 0, 0})
		if err != nil || r.Fault.Status != abi.OK {
			t.Fatalf("key %d: %v %v", key, r.Fault, err)
		}
		return r.R0
	}
	began := d.info(t).NowMS
	from := [5]uint64{1: value(1), 2: value(2), 3: value(3), 4: value(4)}
	counted := d.info(t).NowMS
	replacements := 0
	var slowest time.Duration
	for d.info(t).NowMS-began < seconds*1000 {
		asked := time.Now()
		if err := d.Replace(t.Context(), numbers["replaced"], all(replaced), beat(int32(4+replacements%2))); err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(asked))
		replacements++
		value(1)
		time.Sleep(20 * time.Millisecond)
	}
	took := d.info(t).NowMS - began
	for key, period := range map[byte]uint32{1: 50, 2: 1000, 3: 10} {
		// Its time goes on between requests, faster than ours.
		least := (d.info(t).NowMS - counted) / period
		got := uint32(value(key) - from[key])
		most := (d.info(t).NowMS - began) / period
		t.Logf("every %d ms: %d times, of %d to %d", period, got, least, most)
		// A wake of 50 ms comes with the next tick, so it takes up to 51.
		if got > most+1 || got < least*48/50-2 {
			t.Errorf("every %d ms in %d ms: %d times", period, took, got)
		}
	}
	if value(4)+value(5) == 0 && replacements > 0 && took > 1000 {
		t.Error("what was replaced never ran")
	}
	for name, n := range numbers {
		s, err := d.State(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v, %d runs, at most %d µs late, %d faults, last %v", name, s.State, s.Runs, s.LateUS, s.Faults, s.Fault.Status)
		wantFaults := map[string]string{"faulting": "e-mem-fault", "spinning": "e-time", "recursing": "e-mem-fault"}[name]
		if (wantFaults == "") != (s.Faults == 0) || wantFaults != "" && s.Fault.Status.Name() != wantFaults {
			t.Errorf("%s: %d faults, the last %v", name, s.Faults, s.Fault)
		}
		if seconds >= 60 && wantFaults != "" && s.State != device.Failed {
			t.Errorf("%s was not left stopped: %v", name, s.State)
		}
	}
	if s, _ := d.State(t.Context(), numbers["flood"]); s.MailboxUsed < 240 || s.Faults != 0 {
		t.Errorf("flood: %+v", s)
	}
	t.Logf("%d ms of the device's time, %d replacements, the slowest in %v of ours", took, replacements, slowest)
	d.clear(t)
	after := d.info(t)
	if after.Panic != abi.OK {
		t.Errorf("the firmware faulted: %v", after.Panic)
	}
	// Compiled code is kept, until memory is needed: ask for nearly all.
	d.Started(t, all(device.Config{Name: "all", Engine: device.VM, Context: before.PoolLargest - 8<<10}), callsTwo)
	d.clear(t)
	if after = d.info(t); after.PoolFree != before.PoolFree || after.PoolPieces != before.PoolPieces {
		t.Errorf("%d bytes were free in %d pieces, now %d in %d", before.PoolFree, before.PoolPieces, after.PoolFree, after.PoolPieces)
	}
}
