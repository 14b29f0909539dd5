// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/device/posix"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// Programs in every state a kill may find them in.
var (
	spinning = program(movImm(0, 0), addImm(0, 1), jump(-2), exit())
	// A turn costs one of its budget however long it is: the largest budget lasts for a quarter of an hour of the fastest machine.
	computing = program(movImm(0, 0), bytes.Repeat(addImm(0, 1), 500), jump(-501), exit())
	sleeping  = program(movImm(1, 1000000), callHelper(0x93), jump(-3), exit())
	// It copies over itself, as much as there is, and then often so little that it costs nothing of its budget.
	inHelper = program(mov(6, 1), copying(2048), bytes.Repeat(copying(15), 100), jump(-4*101-1), exit())
	counting = program(mov(6, 1), movImm(3, 1), bytes.Repeat(fetchAdd64(6, 0, 3), 500), jump(-502), exit())
	recurse  = program(callLocal(-1), exit())
	faulting = program(movImm(3, 16), load32(0, 3, 0), exit())
	callsTwo = program(movImm(0, 2), exit())
)

func copying(n int32) []byte { return program(mov(1, 6), mov(2, 6), movImm(3, n), callHelper(0x02)) }

// awaits asks for a program's state until it is as wanted. It fails after a time no device takes.
func (d *Device) awaits(t testing.TB, number int, what string, is func(device.State) bool) device.State {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; {
		s, err := d.State(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		if is(s) {
			return s
		}
		if time.Now().After(end) {
			t.Fatalf("never %s: %+v", what, s)
		}
		time.Sleep(time.Millisecond)
	}
}

// everyEngine is those of a board.
var everyEngine = []device.Engine{device.VM, device.JIT, device.JITPlan, device.JITMPU}

// everywhere runs a test on the host and on boards.
func everywhere(t *testing.T, boards []string, test func(t *testing.T, d *Device, engines []device.Engine)) {
	t.Run("host", func(t *testing.T) { test(t, Host(t), []device.Engine{device.VM}) })
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			test(t, Boot(t, board, 3), everyEngine)
		})
	}
}

// A kill ends a program in any state, and everything it had is free again.
func TestKill(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		victims := []struct {
			name  string
			image []byte
		}{{"sleeping", sleeping}, {"in-helper", inHelper}, {"counting", counting}, {"computing", computing}}
		if posix.HoldsSignals { // nothing would end what only computes, but its budget
			victims = victims[:2]
		}
		for k, e := range engines {
			for i, v := range victims {
				if !testenv.Share(i+k, 2) {
					continue
				}
				before := d.info(t)
				n := d.Started(t, device.Config{
					Name: v.name, Format: abi.TextOnly, Engine: e, LongRunning: true, Context: 2048, AllHelpers: true,
					Ticks: 1 << 30, Mailbox: 64,
				}, v.image)
				for range 3 {
					d.awaits(t, n, "running", func(s device.State) bool { return s.State == device.Running })
					if err := d.kill(t, n); err != nil {
						t.Fatalf("%s on %v: %v", v.name, e, err)
					}
					s, err := d.State(t.Context(), n)
					if err != nil || s.State != device.Loaded || s.BlockBytes != 0 || s.Status.Name() != "e-killed" {
						t.Errorf("%s on %v: %+v %v", v.name, e, s, err)
					}
					if got := name(d.Kill(t.Context(), n)); got != "e-stopped" {
						t.Errorf("killed again: %s", got)
					}
					if err := d.Start(t.Context(), n); err != nil {
						t.Fatal(err)
					}
				}
				if err := d.Unload(t.Context(), n); err != nil {
					t.Fatal(err)
				}
				d.freed(t, before, v.name)
			}
		}
	})
}

// kill kills a program, and on boards sees to it that it is gone within two ticks.
func (d *Device) kill(t testing.TB, number int) error {
	t.Helper()
	if d.Info.Board == "host" {
		return d.Kill(t.Context(), number)
	}
	p, err := d.Test(t.Context(), []byte{testKill, byte(number)})
	if err != nil {
		return err
	}
	took := le.Uint32(p)
	if took > 2000 {
		t.Errorf("the program was gone %d µs after the kill was due, more than two ticks", took)
	}
	t.Logf("gone after %d µs", took)
	return nil
}

// freed checks that all memory is free that was, but for compiled code that is kept.
func (d *Device) freed(t testing.TB, before device.Info, what string) {
	t.Helper()
	after := d.info(t)
	if after.PoolPieces > before.PoolPieces+after.Compiled-before.Compiled {
		t.Errorf("%s: %d pieces of memory were in use, now %d", what, before.PoolPieces, after.PoolPieces)
	}
	if after.Compiled == before.Compiled && after.PoolFree != before.PoolFree {
		t.Errorf("%s: %d bytes were free, now %d", what, before.PoolFree, after.PoolFree)
	}
}

// What ends a program: its budget, running time, a fault, too many frames.
func TestEnds(t *testing.T) {
	everywhere(t, Boards[:2], func(t *testing.T, d *Device, engines []device.Engine) {
		for _, e := range engines {
			for _, c := range []struct {
				name   string
				image  []byte
				config device.Config
				want   map[device.Engine]string
			}{
				{"budget", spinning, device.Config{Budget: 1000, Ticks: 50}, map[device.Engine]string{device.VM: "e-budget", device.JIT: "e-budget", device.JITPlan: "e-budget", device.JITMPU: "e-time"}},
				{"fault", faulting, device.Config{}, map[device.Engine]string{device.VM: "e-read", device.JIT: "e-read", device.JITPlan: "e-read", device.JITMPU: "e-mem-fault"}},
				{"frames", recurse, device.Config{Ticks: 50}, map[device.Engine]string{device.VM: "e-depth", device.JIT: "e-depth", device.JITPlan: "e-depth", device.JITMPU: "e-mem-fault"}},
				{"ok", callsTwo, device.Config{}, map[device.Engine]string{device.VM: "ok", device.JIT: "ok", device.JITPlan: "ok", device.JITMPU: "ok"}},
			} {
				c.config.Name, c.config.Format, c.config.Engine, c.config.Restart = c.name, abi.TextOnly, e, device.OnFault
				n := d.Started(t, c.config, c.image)
				r, err := d.Call(t.Context(), n, nil)
				if err != nil || r.Fault.Status.Name() != c.want[e] {
					t.Errorf("%s on %v: %v %v, want %s", c.name, e, r.Fault, err, c.want[e])
				}
				if err := d.Unload(t.Context(), n); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// Running time ends a program on boards, whatever it does.
func TestTime(t *testing.T) {
	d := Boot(t, "netduino2", 3)
	for _, e := range everyEngine {
		n := d.Started(t, device.Config{Name: "spinning", Format: abi.TextOnly, Engine: e, Ticks: 5}, spinning)
		r, err := d.Call(t.Context(), n, nil)
		if err != nil || r.Fault.Status.Name() != "e-time" || r.Ticks < 5 || r.Ticks > 7 {
			t.Errorf("%v: %+v %v", e, r, err)
		}
		if err := d.Unload(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
}

// A program that keeps crashing is started again later and later, and then left stopped. Starting it by hand begins anew.
func TestRestart(t *testing.T) {
	everywhere(t, Boards[1:2], func(t *testing.T, d *Device, _ []device.Engine) {
		config := device.Config{Name: "faulting", Format: abi.TextOnly, Restart: device.OnFault, LongRunning: true}
		before := d.info(t).NowMS
		n := d.Started(t, config, faulting)
		s := d.awaits(t, n, "left stopped", func(s device.State) bool {
			if d.skip != nil {
				d.skip(10 * time.Millisecond)
			}
			return s.State == device.Failed
		})
		if s.Faults != 8 || s.Crashes != 8 || s.Fault.Status.Name() != "e-read" || s.Fault.Addr != 16 || s.Fault.PC != 1 {
			t.Errorf("%+v", s)
		}
		if took := d.info(t).NowMS - before; took < 100*(1<<7-1) {
			t.Errorf("left stopped after %d ms: it did not wait longer each time", took)
		}
		if err := d.Start(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		/* Its crashes are counted anew: else it would be left stopped at once. By now it may have been for the second time. */
		d.awaits(t, n, "started again", func(s device.State) bool { return s.Faults > 9 || (s.Faults == 9 && s.Crashes < 8) })
		if err := d.Unload(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		config.Restart = device.Never
		n = d.Started(t, config, faulting)
		if s := d.awaits(t, n, "stopped", func(s device.State) bool { return s.State == device.Loaded }); s.Faults != 1 {
			t.Errorf("never: %+v", s)
		}
	})
}

// Replacing puts the new one in place of the old; where it cannot, the old one goes on.
func TestReplace(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, engines []device.Engine) {
		for _, e := range engines {
			config := device.Config{Name: "two", Format: abi.TextOnly, Engine: e}
			n := d.Started(t, config, callsTwo)
			calls := func(want uint64) {
				t.Helper()
				if r, err := d.Call(t.Context(), n, nil); err != nil || r.R0 != want {
					t.Errorf("%v: %+v %v, want %d", e, r, err, want)
				}
			}
			calls(2)
			three := program(movImm(0, 3), exit())
			if err := d.Replace(t.Context(), n, config, three); err != nil {
				t.Fatal(err)
			}
			calls(3)
			for what, bad := range map[string]struct {
				config device.Config
				image  []byte
				want   string
			}{
				"not a program":  {config, []byte{1, 2, 3, 4, 5, 6, 7, 8}, "e-verify-opcode"},
				"no image":       {config, nil, "e-verify-empty"},
				"too much":       {device.Config{Name: "two", Format: abi.TextOnly, Engine: e, Context: 1 << 20}, three, "e-memory"},
				"no name":        {device.Config{Format: abi.TextOnly}, three, "e-name"},
				"no such engine": {device.Config{Name: "two", Format: abi.TextOnly, Engine: 9}, three, "e-engine"},
				"no such format": {device.Config{Name: "two", Format: 77}, three, "e-image-format"},
			} {
				if got := name(d.Replace(t.Context(), n, bad.config, bad.image)); got != bad.want {
					t.Errorf("%s: %s, want %s", what, got, bad.want)
				}
				calls(3)
			}
			if err := d.Unload(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// More programs than there is room for, or memory; names and grants that are none. Nothing is lost by being refused.
func TestRefusals(t *testing.T) {
	everywhere(t, Boards[:1], func(t *testing.T, d *Device, _ []device.Engine) {
		before := d.info(t)
		load := func(c device.Config, image []byte) string {
			t.Helper()
			c.Format = abi.TextOnly
			_, err := d.Load(t.Context(), c, image)
			return name(err)
		}
		printing := program(callHelper(0x03), exit())
		for what, c := range map[string]struct {
			config device.Config
			image  []byte
			want   string
		}{
			"name with a space":      {device.Config{Name: "a b"}, callsTwo, "e-name"},
			"helper without a grant": {device.Config{Name: "a"}, printing, "e-verify-helper"},
			"keys the wrong way":     {device.Config{Name: "a", Keys: []device.Keys{{First: 2, Last: 1, Rights: 1}}}, callsTwo, "e-grant"},
			"rights that are none":   {device.Config{Name: "a", Keys: []device.Keys{{First: 1, Last: 1, Rights: 8}}}, callsTwo, "e-grant"},
			"devices that are none":  {device.Config{Name: "a", Devices: 1 << 30}, callsTwo, "e-grant"},
			"the server's priority":  {device.Config{Name: "a", Priority: 7}, callsTwo, "e-argument"},
			"a period of nothing":    {device.Config{Name: "a", Events: device.EventTimer}, callsTwo, "e-argument"},
			"events that are none":   {device.Config{Name: "a", Events: 1 << 30}, callsTwo, "e-argument"},
			"a context of gigabytes": {device.Config{Name: "a", Context: 1<<32 - 1}, callsTwo, "e-argument"},
			"a mailbox of gigabytes": {device.Config{Name: "a", Mailbox: 1<<32 - 1}, callsTwo, "e-argument"},
			"restart policy unknown": {device.Config{Name: "a", Restart: 3}, callsTwo, "e-argument"},
			"not whole instructions": {device.Config{Name: "a"}, []byte{1, 2, 3}, "e-image-truncated"},
		} {
			if got := load(c.config, c.image); got != c.want {
				t.Errorf("%s: %s, want %s", what, got, c.want)
			}
		}
		if after := d.info(t); after.PoolFree != before.PoolFree {
			t.Errorf("refusals took %d bytes", before.PoolFree-after.PoolFree)
		}
		for _, f := range []func(int) error{
			func(n int) error { return d.Start(t.Context(), n) },
			func(n int) error { return d.Stop(t.Context(), n) },
			func(n int) error { return d.Kill(t.Context(), n) },
			func(n int) error { return d.Unload(t.Context(), n) },
			func(n int) error { _, err := d.Call(t.Context(), n, nil); return err },
			func(n int) error { _, err := d.State(t.Context(), n); return err },
		} {
			for _, n := range []int{0, 11, 12, 255} {
				if got := name(f(n)); got != "e-program" {
					t.Errorf("program %d, which is none: %s", n, got)
				}
			}
		}
		for n := range d.Info.Programs {
			if got := load(device.Config{Name: string(rune('a' + n))}, callsTwo); got != "ok" {
				t.Fatalf("program %d: %s", n, got)
			}
			if n == 0 {
				if got := load(device.Config{Name: "a"}, callsTwo); got != "e-name" {
					t.Errorf("a name that is taken: %s", got)
				}
			}
		}
		if got := load(device.Config{Name: "more"}, callsTwo); got != "e-slots" {
			t.Errorf("one too many: %s", got)
		}
		d.clear(t)
		// Memory runs out long before programs do, and comes back.
		full := 0
		for n := range 6 {
			c := device.Config{Name: string(rune('a' + n)), Format: abi.TextOnly, Context: 30000}
			number, err := d.Load(t.Context(), c, callsTwo)
			if err == nil {
				err = d.Start(t.Context(), number)
			}
			if got := name(err); got == "e-memory" {
				full++
			} else if got != "ok" {
				t.Errorf("%d of 30 KB: %s", n, got)
			}
		}
		if full == 0 {
			t.Error("180 KB fit")
		}
		d.clear(t)
		d.freed(t, before, "all of it")
	})
}
