// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

// The points of the system, as the kernel numbers them (device/os.h).
var points = []string{"tracepoint/sched_switch", "tracepoint/irq_enter", "tracepoint/irq_exit"}

// The counter of instructions is a timer that ticks each nanosecond, and an instruction takes 2^costShift of them: so few instructions
// fit between two ticks of the clock, of which this waits for hundreds.
const costShift = 4

var empty = program(movImm(0, 0), exit())

// What a hook costs at whom an empty program is, beside a function of C that does nothing at the same place: the table of docs/hooks.md.
// The counter of instructions is the emulator's; what a tick adds now and then is left out by taking the fewest of several.
func TestHookCosts(t *testing.T) {
	d := Boot(t, Boards[0], costShift)
	for point, section := range points {
		none := d.toSwitch(t)
		d.observe(t, byte(point))
		inC := d.toSwitch(t)
		d.observe(t, 255)
		one := d.Started(t, hook(t, "one", section), empty)
		with := d.toSwitch(t)
		two := d.Started(t, hook(t, "two", section), empty)
		both := d.toSwitch(t)
		for _, n := range []int{one, two} {
			if err := d.Unload(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s: %d instructions from thread to thread with nobody there; C %d more, a program on vm %d, another %d", section, none, inC-none, with-none, both-with)
		if inC <= none || with <= inC || both <= with {
			t.Errorf("%s: %d instructions, %d with C, %d with a program, %d with two", section, none, inC, with, both)
		}
		if again := d.toSwitch(t); again > none+10 { // of the loop that reads the counter
			t.Errorf("%s: when they are gone it takes %d instructions, it took %d", section, again, none)
		}
	}

	const calls = 100
	asks := d.Started(t, device.Config{Name: "asks", Format: abi.TextOnly, Engine: device.JIT, Helpers: []uint16{0x20}},
		program(bytes.Repeat(callHelper(0x20), calls), exit()))
	without := d.fewest(t, asks)
	d.Started(t, hook(t, "one", "tracepoint/helper"), empty)
	with := d.fewest(t, asks)
	d.Started(t, hook(t, "two", "tracepoint/helper"), empty)
	both := d.fewest(t, asks)
	t.Logf("tracepoint/helper: a program on vm %d more for each call, another %d", (with-without)/calls, (both-with)/calls)
	if with <= without || both <= with {
		t.Errorf("%d calls: %d instructions, %d with a program attached, %d with two", calls, without, with, both)
	}

	for _, engine := range everyEngine {
		n := d.Started(t, device.Config{Name: "thread", Format: abi.TextOnly, Engine: engine}, empty)
		t.Logf("in a thread, %v: %d instructions from what happens until the run is over", engine, d.fewest(t, n))
		if err := d.Unload(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
}

// toSwitch is how many instructions there are from an interrupted thread to the next one: a tick, both of whose ends are points, and a switch.
func (d *Device) toSwitch(t *testing.T) uint32 {
	t.Helper()
	return le.Uint32(d.ask(t, []byte{testSwitch})) >> costShift // the fewest of twenty
}

// fewest is how many instructions a call takes.
func (d *Device) fewest(t *testing.T, number int) uint32 {
	t.Helper()
	best := ^uint32(0)
	for range 5 {
		r, err := d.Call(t.Context(), number, nil)
		if err != nil || r.Fault.Status != abi.OK {
			t.Fatal(r.Fault, err)
		}
		best = min(best, r.Instructions>>costShift)
	}
	return best
}

func (d *Device) observe(t *testing.T, point byte) {
	t.Helper()
	d.ask(t, []byte{testObserve, point})
}
