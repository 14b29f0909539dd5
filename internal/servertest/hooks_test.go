// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/device/posix/field"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

// hooked deploys an example of examples/hooks as its SEC says.
func hooked(t testing.TB, d deploy.Device, name string, change func(s *deploy.Spec)) (deploy.Program, error) {
	t.Helper()
	for _, x := range examples.Hooks() {
		if x.Name != name {
			continue
		}
		p, err := image.LoadObject(name, x.Object, "")
		must(t, err)
		spec := deploy.Spec{Name: name, Source: name}
		if change != nil {
			change(&spec)
		}
		job := deploy.Job{Programs: []deploy.Built{{Spec: spec, Program: p}}, Key: suit.DevelopmentKey.SigningKey}
		done, err := job.Do(t.Context(), d)
		if err != nil {
			return deploy.Program{}, err
		}
		return done.Programs[0], nil
	}
	t.Fatalf("no example %s", name)
	return deploy.Program{}, nil
}

func attached(t testing.TB, d deploy.Device, name string, change func(s *deploy.Spec)) {
	t.Helper()
	_, err := hooked(t, d, name, change)
	must(t, err)
}

// code deploys instructions that are run by a hook.
func code(t testing.TB, d deploy.Device, name, hook string, sequence uint32, change func(m *suit.Manifest), slots ...[8]byte) error {
	t.Helper()
	h, is, err := device.ParseHook(hook)
	if err != nil || !is {
		t.Fatal(hook, err)
	}
	m := manifest(name, sequence)
	m.Config.Format, m.Config.AllHelpers, m.Config.Devices = abi.TextOnly, false, 0
	m.Config.Events, m.Config.PeriodMS = 1<<h.Kind, h.PeriodMS
	if h.Kind.Own() {
		m.Config.Hook = device.Hook{Argument: h.Argument, Path: h.Path, Priority: h.Priority}
	}
	if change != nil {
		change(&m)
	}
	_, err = install(t, d, m, bytes.Join(flat(slots), nil))
	return err
}

func flat(slots [][8]byte) (all [][]byte) {
	for i := range slots {
		all = append(all, slots[i][:])
	}
	return all
}

// Instructions.
var (
	exit = [8]byte{0x95}
	zero = [8]byte{0xb7}                               // r0 = 0
	one  = [8]byte{0xb7, 0, 0, 0, 1}                   // r0 = 1
	back = [8]byte{0x05, 0, 0xfe, 0xff}                // to the one before
	bad  = [8]byte{0x79, 0x00}                         // r0 = *(u64 *)r0
	now  = [8]byte{0x85, 0, 0, 0, 0x20}                // bpf_now_ms
	text = [8]byte{0x85, 0, 0, 0, 0x03}                // bpf_debug_print
	drop = [8]byte{0xb7, 0, 0, 0, 1}                   // r0 = BPF_PACKET_DROP
	plus = [8]byte{0x07, 0, 0, 0, 1}                   // r0 += 1
	over = [8]byte{0x79, 0x10, 0xff, 0x7f, 0, 0, 0, 0} // r0 = *(u64 *)(r1 + 32767)
	read = [8]byte{0x61, 0x10, 0, 0, 0, 0, 0, 0}       // r0 = *(u32 *)r1
)

func logText(t testing.TB, d deploy.Device, name string) string {
	t.Helper()
	l, err := d.Log(t.Context(), name, 0)
	must(t, err)
	var b strings.Builder
	for _, line := range l.Lines {
		b.Write(line.Text)
	}
	return b.String()
}

// until lets the device's time go by until something is so; a minute of it at most.
func until(t testing.TB, box *field.Device, what string, is func() bool) {
	t.Helper()
	for range 60 * 500 {
		if is() {
			return
		}
		box.Skip(2 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func traced(t testing.TB, d deploy.Device, text string) {
	t.Helper()
	trace, err := abi.ParseTrace(text)
	must(t, err)
	must(t, d.Trace(t.Context(), trace))
}

func TestHooksOfDevices(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	for _, name := range []string{"heartbeat", "button", "thermometer", "reading"} {
		attached(t, d, name, nil)
	}
	attached(t, d, "no_reading", func(s *deploy.Spec) { s.HookOrder = new(uint8); *s.HookOrder = 200 })
	// No reading so far: the first has no answer, the second has.
	if _, err := d.Ask(t.Context(), "sensors/temp"); refusal(err) != "4.04 " {
		t.Errorf("without a reading: %v", err)
	}
	// Three presses, each of which is but one rise; levels are looked at every 10 ms.
	traced(t, d, "sensor 130 2 -1 215 216 217\ninput 0 0 0 1 1 0 0 0 0 0 0 1 1 1 0 0 0 0 0 0 1")
	until(t, box, "a reading", func() bool { v, err := d.Value(t.Context(), "global", 1); return err == nil && v == 217 })
	body, err := d.Ask(t.Context(), "sensors/temp")
	if err != nil || string(body) != "21.7" {
		t.Errorf("%q %v", body, err)
	}
	until(t, box, "three presses", func() bool { return strings.HasSuffix(logText(t, d, "button"), "pressed 3 times\n") })
	until(t, box, "ten beats", func() bool { return strings.Contains(logText(t, d, "heartbeat"), "10 beats") })
	hooks, err := d.Hooks(t.Context())
	must(t, err)
	var lines []string
	for _, h := range hooks {
		if !h.Attached || h.Over != 0 {
			t.Errorf("%+v", h)
		}
		lines = append(lines, h.Program+" "+h.Hook().String())
	}
	want := "heartbeat timer/100ms, button gpio/PA0/rising, thermometer sensor/temp/100ms, reading coap/sensors/temp, no_reading coap/sensors/temp"
	if got := strings.Join(lines, ", "); got != want {
		t.Errorf("hooks: %s", got)
	}
	if hooks[3].Order != 0 || hooks[4].Order != 1 {
		t.Errorf("orders %+v", hooks[3:])
	}
}

// The device boots, a program faults.
func TestHooksOfTheSystem(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	attached(t, d, "started", nil)
	attached(t, d, "watch", nil)
	if s := logText(t, d, "started"); s != "" {
		t.Errorf("started before it is: %q", s)
	}
	must(t, code(t, d, "wrong", "timer/20ms", 1, func(m *suit.Manifest) { m.Config.Restart = device.Never }, zero, bad, exit))
	until(t, box, "the fault is told", func() bool {
		return strings.HasPrefix(logText(t, d, "watch"), "wrong was stopped: -80 at slot 1, its fault 1\n")
	})
	box.Halt()
	must(t, box.Start())
	d = by(t, box, 0)
	until(t, box, "started", func() bool { return logText(t, d, "started") == "started; the firmware's last fault: 0\n" })
}

// Of several on one hook that with the lowest priority runs first, then that attached first; while they run it can be changed.
func TestHooksInOrder(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	order := func() string {
		hooks, err := d.Hooks(t.Context())
		must(t, err)
		names := make([]string, len(hooks))
		for _, h := range hooks {
			if h.Attached {
				names[h.Order] += h.Program
			}
		}
		return strings.Join(names, " ")
	}
	for i, name := range []string{"a", "b", "c"} {
		must(t, code(t, d, name, "packet/in", uint32(i+1), nil, zero, exit))
	}
	if got := order(); got != "a b c" {
		t.Errorf("order %q", got)
	}
	must(t, d.Detach(t.Context(), "a", nil))
	must(t, d.Attach(t.Context(), "a", nil))
	if got := order(); got != "b c a" {
		t.Errorf("attached again: order %q", got)
	}
	h := device.Hook{Kind: device.HookPacketIn, Priority: 3}
	must(t, d.Detach(t.Context(), "c", &h))
	must(t, d.Attach(t.Context(), "c", &h))
	if got := order(); got != "c b a" {
		t.Errorf("with a priority: order %q", got)
	}
}

// A filter that drops what has a 0xff somewhere is deployed; other datagrams pass, and it can be taken away.
func TestPacketFilter(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	attached(t, d, "packet_filter", nil)
	if _, err := d.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := d.Program(t.Context(), "packet_filter")
	must(t, err)
	if p.Runs == 0 || p.Faults != 0 {
		t.Errorf("%+v", p)
	}
	box.Give(7, []byte{0xff, 0xff, 0xff, 0xff, 0xff}) // is dropped
	q, err := d.Program(t.Context(), "packet_filter")
	if err != nil || q.Runs != p.Runs+2 || q.Result != 0 {
		t.Errorf("%+v %v", q, err)
	}
	// Whoever drops everything is not heard of again; a reset takes back what is on trial.
	must(t, code(t, d, "wall", "packet/in", q.Sequence+10, func(m *suit.Manifest) { m.Trial, m.Application = time.Hour, "trial" }, drop, exit))
	for id := range byte(2) { // pings
		box.Give(0, []byte{0x40, 0, 0, id})
		box.Settle()
	}
	if _, b := box.Take(); b != nil {
		t.Errorf("a datagram passed: %x", b)
	}
	box.Halt()
	must(t, box.Start())
	d = by(t, box, 0)
	if _, err := d.Info(t.Context()); err != nil {
		t.Error(err)
	}
}

// Frames are filtered as datagrams are, by several in their order, until the last of them is gone. Here a frame is a datagram.
func TestFrameFilter(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	// Drops what begins with 0x50, an ack of CoAP's that nobody waits for.
	begins := [8]byte{0x71, 0x10, 24}  // r0 = the frame's first byte
	is := [8]byte{0x15, 0, 2, 0, 0x50} // if it is that, two further
	must(t, code(t, d, "first", "frame/in", 1, nil, begins, is, zero, exit, drop, exit))
	must(t, code(t, d, "then", "frame/in", 2, nil, zero, exit))
	must(t, code(t, d, "leaves", "frame/out", 3, nil, read, zero, exit))
	runs := func(name string) uint32 {
		p, err := d.Program(t.Context(), name)
		must(t, err)
		if p.Faults != 0 {
			t.Errorf("%s: %+v", name, p)
		}
		return p.Runs
	}
	first, then, leaves := runs("first"), runs("then"), runs("leaves")
	for range 3 {
		box.Give(7, []byte{0x50, 0, 0, 0})
	}
	// Each question is a frame that both see, and whose answer leaves: four by the time of the last.
	if f := runs("first"); f != first+3+3 {
		t.Errorf("first ran %d times", f-first)
	}
	if n := runs("then"); n != then+3 {
		t.Errorf("then ran %d times, of which none is for what the first drops", n-then)
	}
	if n := runs("leaves"); n != leaves+3 {
		t.Errorf("leaves ran %d times", n-leaves)
	}
	must(t, d.Detach(t.Context(), "first", nil))
	must(t, d.Remove(t.Context(), "then"))
	first = runs("first")
	if n := runs("first"); n != first {
		t.Error("runs though it is detached")
	}
	must(t, d.Kill(t.Context(), "leaves"))
	must(t, d.Start(t.Context(), "leaves"))
	leaves = runs("leaves")
	if n := runs("leaves"); n != leaves+1 {
		t.Errorf("started again it ran %d times", n-leaves)
	}
	must(t, code(t, d, "faults", "frame/out", 4, func(m *suit.Manifest) { m.Config.Restart = device.Never }, over, exit))
	if _, err := d.Info(t.Context()); err != nil {
		t.Errorf("after a fault nothing passes: %v", err)
	}
}

// Who takes more than a hook's budget is detached, with the fault kept; the others go on.
func TestHookBudget(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	for i, hook := range []string{"packet/in", "gpio/PB3/both"} {
		name := "spins" + string(rune('0'+i))
		must(t, code(t, d, name, hook, uint32(i+1), func(m *suit.Manifest) { m.Config.Budget = 1000 }, zero, plus, back, exit))
		traced(t, d, "input 1 3 0 1 0 1 0 1 0 1")
		until(t, box, name+" is detached", func() bool {
			hooks, err := d.Hooks(t.Context())
			must(t, err)
			return !hooks[i].Attached && hooks[i].Over == 1
		})
		f, err := d.Faults(t.Context(), name)
		if err != nil || f.Status != abi.StatusBudget || f.Count != 1 {
			t.Errorf("%s: %+v %v", name, f, err)
		}
		if s := logText(t, d, name); !strings.Contains(s, "detached") {
			t.Errorf("log %q", s)
		}
	}
	must(t, d.Attach(t.Context(), "spins1", nil)) // at one's own risk
}

// Hooks in interrupts take programs that end soon, on vm, with few helpers; on the host there are those of helpers alone.
func TestHooksInInterrupts(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	vm := func(helpers ...uint16) func(m *suit.Manifest) {
		return func(m *suit.Manifest) { m.Config.Helpers = helpers }
	}
	many := make([][8]byte, 513)
	for i := range many {
		many[i] = zero
	}
	many[512] = exit
	for i, c := range []struct {
		name, hook string
		change     func(m *suit.Manifest)
		slots      [][8]byte
		want       string
	}{
		{"loops", "tracepoint/helper", vm(), [][8]byte{zero, plus, back, exit}, "4.22 e-hook-loop"},
		{"calls", "tracepoint/helper", vm(), [][8]byte{{0x85, 0x10, 0, 0, 1}, exit, zero, exit}, "4.22 e-hook-loop"},
		{"prints", "tracepoint/helper", vm(3), [][8]byte{zero, text, exit}, "4.22 e-hook-helper"},
		{"long", "tracepoint/helper", vm(), many, "4.22 e-hook-size"},
		{"compiled", "tracepoint/helper", func(m *suit.Manifest) { m.Config.Engine = device.JIT }, [][8]byte{zero, exit}, "4.22 e-hook-engine"},
		{"and-timer", "tracepoint/helper", func(m *suit.Manifest) { m.Config.Events |= device.EventTimer; m.Config.PeriodMS = 5 }, [][8]byte{zero, exit}, "4.22 e-argument"},
		{"not-granted", "tracepoint/helper", vm(), [][8]byte{now, exit}, "4.22 e-verify-helper"},
		{"switches", "tracepoint/sched_switch", vm(), [][8]byte{zero, exit}, "4.22 e-hook"},
		{"interrupts", "tracepoint/irq_enter", vm(), [][8]byte{zero, exit}, "4.22 e-hook"},
		{"two-hooks", "tracepoint/helper", func(m *suit.Manifest) { m.Config.Events |= 1 << device.HookFault }, [][8]byte{zero, exit}, "4.22 e-argument"},
		{"no-hook", "tracepoint/helper", func(m *suit.Manifest) { m.Config.Hook.Argument = 256 }, [][8]byte{zero, exit}, "4.22 e-argument"},
		{"good", "tracepoint/helper", vm(0x20), [][8]byte{now, one, exit}, ""},
	} {
		if got := refusal(code(t, d, c.name, c.hook, uint32(i+1), c.change, c.slots...)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	// It runs for each call of others, and its own are none: now calls one each time it is run.
	must(t, code(t, d, "asks", "message", 90, vm(0x20), now, zero, now, zero, now, exit))
	before, err := d.Hooks(t.Context())
	must(t, err)
	_, err = d.Run(t.Context(), "asks", nil)
	must(t, err)
	after, err := d.Hooks(t.Context())
	must(t, err)
	if after[0].Runs-before[0].Runs != 3 {
		t.Errorf("it ran %d times for three calls", after[0].Runs-before[0].Runs)
	}
	if _, err := d.Run(t.Context(), "good", nil); refusal(err) != "4.22 e-hook-attached" {
		t.Errorf("run by hand: %v", err)
	}
	// A fault detaches it at once; the caller goes on.
	must(t, code(t, d, "good", "helper/bpf_now_ms", 91, vm(), over, exit))
	r, err := d.Run(t.Context(), "asks", nil)
	if err != nil || r.Status != abi.OK {
		t.Errorf("%+v %v", r, err)
	}
	until(t, box, "its fault is known", func() bool {
		f, err := d.Faults(t.Context(), "good")
		return err == nil && f.Count == 1 && f.Status == abi.StatusRead && f.Slot == 0
	})
	hooks, err := d.Hooks(t.Context())
	if err != nil || hooks[0].Attached || hooks[0].Over != 1 || hooks[0].Hook().String() != "helper/bpf_now_ms" {
		t.Errorf("%+v %v", hooks, err)
	}
	// Killed and removed while it is attached.
	must(t, code(t, d, "good", "tracepoint/helper", 92, vm(), read, exit))
	must(t, d.Kill(t.Context(), "good"))
	_, err = d.Run(t.Context(), "asks", nil)
	must(t, err)
	must(t, d.Start(t.Context(), "good"))
	_, err = d.Run(t.Context(), "asks", nil)
	must(t, err)
	p, err := d.Program(t.Context(), "good")
	if err != nil || p.Result != 1<<device.HookHelper {
		t.Errorf("its context says %#x: %v", p.Result, err)
	}
	must(t, d.Remove(t.Context(), "good"))
	_, err = d.Run(t.Context(), "asks", nil)
	must(t, err)
}

func TestHooksRefused(t *testing.T) {
	box := on(t, setup())
	d := by(t, box, 0)
	attached(t, d, "heartbeat", nil)
	_, image := packed(t, "bpf_strlen")
	_, err := install(t, d, manifest("none", 7), image)
	must(t, err)
	timer := device.Hook{Kind: device.HookTimer, PeriodMS: 100}
	other := device.Hook{Kind: device.HookTimer, PeriodMS: 50}
	pin := device.Hook{Kind: device.HookGPIO, Argument: 1}
	for _, c := range []struct {
		what string
		err  error
		want string
	}{
		{"twice", d.Attach(t.Context(), "heartbeat", &timer), "4.22 e-hook-attached"},
		{"all twice", d.Attach(t.Context(), "heartbeat", nil), "4.22 e-hook-attached"},
		{"another period", d.Attach(t.Context(), "heartbeat", &other), "4.22 e-hook-grant"},
		{"what is not granted", d.Attach(t.Context(), "heartbeat", &pin), "4.22 e-hook-grant"},
		{"nothing is granted", d.Attach(t.Context(), "none", nil), "4.22 e-hook-grant"},
		{"nobody", d.Attach(t.Context(), "nobody", nil), "4.04 no such program"},
		{"detached is nobody", d.Detach(t.Context(), "nobody", nil), "4.04 no such program"},
		{"detached from nothing", d.Detach(t.Context(), "none", nil), "4.22 e-hook-grant"},
		{"detached", d.Detach(t.Context(), "heartbeat", nil), ""},
		{"detached twice", d.Detach(t.Context(), "heartbeat", nil), "4.22 e-hook-detached"},
		{"detached twice, by name", d.Detach(t.Context(), "heartbeat", &timer), "4.22 e-hook-detached"},
		{"no kind of hook", d.Attach(t.Context(), "heartbeat", &device.Hook{Kind: 16}), "4.00 a hook is [number, argument, period, path, priority], in CBOR"},
		{"attached again", d.Attach(t.Context(), "heartbeat", &timer), ""},
	} {
		if got := refusal(c.err); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	must(t, d.Detach(t.Context(), "heartbeat", nil))
	p, err := d.Program(t.Context(), "heartbeat")
	must(t, err)
	for range 10 {
		box.Skip(time.Second)
		if q, err := d.Program(t.Context(), "heartbeat"); err != nil || q.Runs != p.Runs {
			t.Fatalf("it runs though it was detached: %d, %d %v", p.Runs, q.Runs, err)
		}
	}
}
