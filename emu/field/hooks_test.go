// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/client"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu/field"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// counting counts the datagrams that a client sends and gets.
type counting struct {
	client.Transport
	sent, got uint32
}

func (c *counting) Send(b []byte) error {
	c.sent++
	return c.Transport.Send(b)
}

func (c *counting) Receive(ctx context.Context, wait time.Duration) ([]byte, error) {
	b, err := c.Transport.Receive(ctx, wait)
	if err == nil {
		c.got++
	}
	return b, err
}

// every is a device with a program at each hook (testdata/every.bpf.c), by the names of their functions.
type every struct {
	deploy.Device
	box      *field.Device
	programs []string
	sequence int64
	next     uint64            // of the ring buffer
	records  map[uint32]uint32 // that came, by hook
	missing  map[uint32]uint32 // numbers that did not, in between
	numbers  map[uint32]uint32 // the next one, by hook
}

// counts are those of a program, as it has them.
type counts struct{ Happened, Runs, Put, Dropped, Calls, Other uint32 }

func (e *every) deploy(t *testing.T) {
	t.Helper()
	object, err := os.ReadFile("testdata/every.bpf.o")
	if err != nil {
		t.Fatal(err)
	}
	var job deploy.Job // no application: one of them faults, which would be the end of all
	for _, name := range e.programs {
		p, err := image.LoadObject("every.bpf.o", object, name)
		if err != nil {
			t.Fatal(err)
		}
		spec := deploy.Spec{Name: name, Source: "every.bpf.o", Entry: name, Maps: []deploy.MapShare{{Name: "events", Rights: "rw"}}}
		if name == "timer" {
			spec.Events, spec.Mailbox = []string{"input", "message"}, 64
		}
		job.Programs = append(job.Programs, deploy.Built{Spec: spec, Program: p})
	}
	e.sequence++
	job.Key, job.Sequence = suit.DevelopmentKey.SigningKey, uint32(e.sequence)
	if _, err := job.Do(t.Context(), e.Device); err != nil {
		t.Fatal(err)
	}
}

func (e *every) remove(t *testing.T) {
	t.Helper()
	for _, name := range e.programs {
		if err := e.Remove(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

func (e *every) counts(t *testing.T, name string) (c counts) {
	t.Helper()
	v, err := e.Entry(t.Context(), deploy.MapName{Program: name, Map: "counts"}, make([]byte, 4))
	if err == nil {
		_, err = binary.Decode(v, binary.LittleEndian, &c)
	}
	if err != nil {
		t.Fatal(name, err)
	}
	return c
}

// drain reads the ring buffer until it is empty, or has been refilled so often that it never will be.
func (e *every) drain(t *testing.T) (dropped uint32) {
	t.Helper()
	for range 20 {
		r, err := e.Records(t.Context(), deploy.MapName{Program: e.programs[0], Map: "events"}, e.next)
		if err != nil {
			t.Fatal(err)
		}
		e.next, dropped = r.Next, r.Dropped
		for _, b := range r.Entries {
			hook, number := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
			if number < e.numbers[hook] {
				t.Fatalf("hook %d: record %d came after %d", hook, number, e.numbers[hook]-1)
			}
			e.records[hook]++
			e.missing[hook] += number - e.numbers[hook]
			e.numbers[hook] = number + 1
		}
		if len(r.Entries) == 0 {
			break
		}
	}
	return dropped
}

// What pins and sensors read in a round: six changes of a pin, and more readings than there is time for.
const (
	edges = 6
	round = "sensor 130 2 -1 215 216 217 218 219\ninput 0 0 0 0 1 1 0 0 1 1 0 0 1 1 0 0"
)

// Every hook there is has a program, for a while, which UBENCH_HOOKS_SECONDS says: 3600 is an hour of the device's time, which goes by a few
// times as fast as ours. Nothing is lost but what the ring buffer counts as dropped, and in the end there is as much memory as
// there was.
func TestEveryHook(t *testing.T) {
	seconds := uint64(testenv.Many(t, "UBENCH_HOOKS_SECONDS", 4, 10))
	all := []string{"helper", "faulted", "timer", "gpio", "sensor", "request", "started", "switches", "irq_enter", "irq_exit"}
	// A device has room for twelve programs: datagrams on one board, frames on another.
	t.Run("datagrams", func(t *testing.T) {
		t.Parallel()
		box := startWith(t, field.Options{Target: "qemu:netduinoplus2", State: t.TempDir(), Fast: true})
		to, err := client.DialUDP(box.Address)
		if err != nil {
			t.Fatal(err)
		}
		c := &counting{Transport: to}
		everyHook(t, &every{Device: connect(t, c), box: box, programs: append(slices.Clone(all), "packet_in", "packet_out")}, seconds, func() (uint32, uint32) { return c.sent, c.got })
	})
	t.Run("frames", func(t *testing.T) {
		t.Parallel()
		c, d := onCable(t, mps2(), true)
		everyHook(t, &every{Device: d, box: c.box, programs: append(slices.Clone(all), "frame_in", "frame_out")}, seconds, func() (uint32, uint32) {
			_, _ = c.next(100 * time.Millisecond) // what it has to say by itself
			return c.sent, c.got
		})
	})
}

func everyHook(t *testing.T, e *every, seconds uint64, passed func() (in, out uint32)) {
	e.records, e.missing, e.numbers, e.sequence = map[uint32]uint32{}, map[uint32]uint32{}, map[uint32]uint32{}, time.Now().Unix()
	info := func() deploy.Info {
		i, err := e.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	trace, err := abi.ParseTrace(round)
	if err != nil {
		t.Fatal(err)
	}
	read := func() { // what pins and sensors are to read
		if err := e.Trace(t.Context(), trace); err != nil {
			t.Fatal(err)
		}
	}
	// Compiled code is kept when its program is gone, until its memory is needed: so they come twice, and what is free is compared
	// between the first time and the last. In between the device starts anew.
	e.deploy(t)
	if err := e.box.Reset(); err != nil {
		t.Fatal(err)
	}
	if n := e.counts(t, "started").Happened; n != 1 {
		t.Errorf("after a reset the program for that ran %d times", n)
	}
	read()
	e.remove(t)
	before := info()
	e.deploy(t)
	// Of the reading that was going on nothing is left by then.
	for until := info().UptimeMS + 300; info().UptimeMS < until; {
		time.Sleep(time.Millisecond)
	}
	pin := e.counts(t, "gpio").Happened
	earlier, timer, from, began := info().UptimeMS, e.counts(t, "timer").Calls, info().UptimeMS, time.Now()
	filters := e.programs[len(e.programs)-2:]
	// How much more a filter has seen than we have sent, or got, when it is asked: as much in the beginning as in the end.
	ahead := func(name string) (of [2]uint32) {
		seen := e.counts(t, name).Happened
		sent, got := passed()
		return [2]uint32{seen - sent, seen - got}
	}
	in, out, resent := ahead(filters[0])[0], ahead(filters[1])[1], e.Resent
	rounds, asked := uint32(0), uint32(0)
	for ; info().UptimeMS-from < seconds*1000; rounds++ {
		read()
		for range 3 {
			if _, err := e.Ask(t.Context(), "every/hook"); err != nil {
				t.Fatal(err)
			}
			asked++
		}
		e.drain(t)
		// What the pins read takes a while of the device's.
		for until := info().UptimeMS + 20*10; info().UptimeMS < until; {
			time.Sleep(time.Millisecond)
		}
	}
	// Programs that make others run come to rest first.
	hooks, err := e.Hooks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hooks {
		if !h.Attached || h.Over != 0 {
			t.Errorf("%s was detached from %v", h.Program, h.Hook())
		}
	}
	took := info().UptimeMS - from
	timer = e.counts(t, "timer").Calls - timer
	most := info().UptimeMS - earlier
	for _, name := range slices.Backward(e.programs[:len(e.programs)-2]) { // who is called last, for all that others do
		if err := e.Detach(t.Context(), name, nil); err != nil {
			t.Fatal(name, err)
		}
	}
	// Filters see what asks for their counts as well.
	if n := ahead(filters[0])[0]; n != in {
		t.Errorf("%s saw %d more than were sent", filters[0], int32(n-in))
	}
	if n := ahead(filters[1])[1]; n != out && e.Resent == resent { // of an answer that came twice one may still be on its way
		t.Errorf("%s saw %d more than came", filters[1], int32(n-out))
	}
	for _, name := range filters {
		if err := e.Detach(t.Context(), name, nil); err != nil {
			t.Fatal(name, err)
		}
	}
	dropped := e.drain(t)
	sum, total := uint32(0), uint32(0)
	state := map[string]counts{}
	text := ""
	for _, name := range e.programs {
		c := e.counts(t, name)
		h, is, err := device.ParseHook(hookOf(hooks, name))
		if err != nil || !is {
			t.Fatal(name, err)
		}
		p, err := e.Program(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		kind := uint32(h.Kind)
		state[name] = c
		text += fmt.Sprintf("\n%-28s %9d times, %8d runs, %7d records, %d dropped, %d faults", h, c.Happened, c.Runs, c.Put, c.Dropped, p.Faults)
		// Those that came, and those dropped, in between and at the end.
		if e.records[kind] != c.Put || e.missing[kind]+c.Put+c.Dropped-e.numbers[kind] != c.Dropped {
			t.Errorf("%s: put %d records and %d were dropped; %d came, %d are missing, the last is %d", name, c.Put, c.Dropped, e.records[kind], e.missing[kind], e.numbers[kind])
		}
		sum, total = sum+c.Dropped, total+c.Put
	}
	t.Logf("%d s of the device's time in %v of ours, %d rounds; %d records came, %d were dropped:%s", took/1000, time.Since(began).Round(time.Second), rounds, total, dropped, text)
	if dropped != sum {
		t.Errorf("the ring buffer has dropped %d, programs %d", dropped, sum)
	}
	for _, c := range []struct {
		what      string
		got, want uint32
	}{
		{"changes of the pin", state["gpio"].Happened - pin, rounds * edges},
		{"requests", state["request"].Happened, asked},
		{"calls of the helper", state["helper"].Happened, state["timer"].Calls + state["gpio"].Calls},
		{"faults", state["faulted"].Happened, state["sensor"].Other},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
		}
	}
	if least, most := uint32(took/20), uint32(most/20)+1; timer > most || timer+least/50+1 < least {
		t.Errorf("timer ran %d times of %d to %d", timer, least, most)
	}
	if c := state["timer"]; c.Other != c.Calls && c.Other+1 != c.Calls { // the last may have come when it was detached
		t.Errorf("%d messages were sent, %d came", c.Calls, c.Other)
	}
	for _, name := range []string{"sensor", "switches", "irq_enter", "irq_exit", "faulted"} {
		if state[name].Runs == 0 {
			t.Errorf("%s never ran", name)
		}
	}
	e.remove(t)
	after := info()
	if after.MemoryFree != before.MemoryFree || after.Panic != abi.OK {
		t.Errorf("%d bytes were free, now %d; the firmware's fault: %v", before.MemoryFree, after.MemoryFree, after.Panic)
	}
}

func hookOf(hooks []deploy.Hook, program string) (section string) {
	for _, h := range hooks {
		if h.Program == program && section == "" {
			section = h.Hook().String()
		}
	}
	return section
}
