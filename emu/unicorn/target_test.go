// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/wire"
	"github.com/ubench-dev/ubench/firmware"
	"github.com/ubench-dev/ubench/image"
)

func openTarget(t testing.TB, o Options) *Target {
	t.Helper()
	target, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

func nativeJob(size int) (job emu.Job, want uint64) {
	b, _ := benchmarks.Lookup("fletcher16")
	in := b.Input(size)
	want, _ = b.Oracle(in)
	return emu.Job{Engine: "native-O2", Kernel: b.Name, Context: in}, want
}

func works(t testing.TB, target *Target) emu.Outcome {
	t.Helper()
	job, want := nativeJob(80)
	s, err := target.Run(context.Background(), job)
	if err != nil {
		t.Fatal(err)
	}
	if s.Fault.Status != 0 || s.Result != want || s.Execute.Instructions == 0 {
		t.Fatalf("%v, result %#x, want %#x; %+v", s.Fault.Status, s.Result, want, s.Execute)
	}
	return s
}

func TestTarget(t *testing.T) {
	for core, board := range map[Core]string{CortexM3: "netduino2", CortexM4: "netduinoplus2"} {
		target := openTarget(t, Options{Name: "unicorn:" + string(core), Core: core})
		i := target.Info()
		if i.Target != "unicorn:"+string(core) || i.Board != board || i.Core != string(core) || i.HasCycles || i.CyclesLabel != "" {
			t.Errorf("%+v", i)
		}
		first := works(t, target)
		if again := works(t, target); !reflect.DeepEqual(first, again) {
			t.Errorf("two runs differ: %+v, %+v", first, again)
		}
		if fresh := works(t, openTarget(t, Options{Core: core})); !reflect.DeepEqual(first, fresh) {
			t.Errorf("another boot differs: %+v, %+v", first, fresh)
		}
	}
}

// What the firmware does on purpose, and what it says of it.
func TestTraps(t *testing.T) {
	target := openTarget(t, Options{})
	for _, c := range []struct {
		trap wire.Trap
		want string // named status
		in   string // function of the pc; "" for none
	}{
		{wire.TrapUndefined, "e-usage-fault", "agent_port_trap"},
		{wire.TrapRead, "e-bus-fault", "agent_port_trap"},
		{wire.TrapExecute, "e-mem-fault", ""},
		{wire.TrapStack, "e-bus-fault", ""},
		{wire.TrapEscalate, "e-hard-fault", "agent_port_trap"},
	} {
		var f abi.Fault
		if err := target.client.Trap(context.Background(), c.trap); !errors.As(err, &f) || f.Status.Name() != c.want {
			t.Errorf("trap %d: %v, want %s", c.trap, err, c.want)
		}
		if !strings.Contains(target.symbols.Locate(f.PC), c.in) {
			t.Errorf("trap %d: pc %s, want it in %s", c.trap, target.symbols.Locate(f.PC), c.in)
		}
		works(t, target)
	}
	var crash *wire.CrashError
	if err := target.client.Trap(context.Background(), wire.TrapRestart); !errors.As(err, &crash) {
		t.Error(err)
	}
	works(t, target)
}

func TestFirmwareHangs(t *testing.T) {
	target := openTarget(t, Options{Limit: 1_000_000})
	err := target.client.Trap(context.Background(), wire.TrapHang)
	if err == nil || !strings.Contains(err.Error(), "looping for ever at pc") || !strings.Contains(err.Error(), "agent_port_trap") {
		t.Error(err)
	}
	// The firmware still hangs when the next job comes; the one after works, and meets the limit.
	job := loopForever
	job.Budget = 1 << 31
	if _, err := target.Run(context.Background(), job); err == nil || !strings.Contains(err.Error(), "looping for ever") {
		t.Error(err)
	}
	if _, err := target.Run(context.Background(), job); err == nil || strings.Contains(err.Error(), "\n") ||
		!strings.Contains(err.Error(), "does not end: stopped after 1000000 instructions at pc 0x08") {
		t.Error(err)
	}
	works(t, target)
}

// loopForever is eBPF: goto self.
var loopForever = emu.Job{Engine: "vm", Format: abi.TextOnly, Image: []byte{0x05, 0, 0xff, 0xff, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}}

func TestCancelledRun(t *testing.T) {
	target := openTarget(t, Options{})
	job := loopForever
	job.Budget = 1 << 31
	var err error
	for wait := 50 * time.Millisecond; wait < time.Minute; wait *= 2 { // on a busy machine it may not have begun by then
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		_, err = target.Run(ctx, job)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "stopped at pc 0x08") {
			break
		}
	}
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "stopped at pc 0x08") {
		t.Error(err)
	}
	works(t, target)
	job.Budget = 1000
	s, err := target.Run(context.Background(), job)
	if err != nil || s.Fault.Status != abi.StatusBudget {
		t.Error(s.Fault, err)
	}
}

// segment locates where the file keeps what is loaded.
func textOffset(t *testing.T, data []byte) int {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return int(f.Progs[0].Off)
}

func TestBadFirmware(t *testing.T) {
	good, err := firmware.ELF("netduinoplus2")
	if err != nil {
		t.Fatal(err)
	}
	blank := bytes.Clone(good)
	clear(blank[textOffset(t, good) : textOffset(t, good)+1024]) // no vector table: the core locks up
	garbage := bytes.Clone(good)
	for i := range garbage[textOffset(t, good)+512 : textOffset(t, good)+100_000] { // nearly all code
		garbage[textOffset(t, good)+512+i] = 0xde
	}
	wrong := bytes.Clone(good)
	wrong[18] = 0x3e // x86-64
	for name, elf := range map[string][]byte{
		"empty": {}, "text": []byte("hello"), "header": good[:52], "cut": good[:len(good)/3],
		"blank": blank, "garbage": garbage, "another machine": wrong,
	} {
		if elf == nil {
			elf = []byte{}
		}
		target, err := Open(context.Background(), Options{ELF: elf, Limit: 10_000_000})
		if err == nil {
			target.Close()
			t.Errorf("%s: it boots", name)
			continue
		}
		if !strings.HasPrefix(err.Error(), "unicorn: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v", name, err)
	}
}

func vmJob(t testing.TB, engine, name string, size int) (emu.Job, uint64) {
	t.Helper()
	b, ok := benchmarks.Lookup(name)
	if !ok {
		t.Fatal(name)
	}
	p, err := image.LoadObject(b.Name, b.Object, b.Name)
	if err != nil {
		t.Fatal(err)
	}
	format := abi.TextOnly
	if engine == "femto" {
		format = abi.FemtoContainers
	}
	text, err := p.Encode(format)
	if err != nil {
		t.Fatal(err)
	}
	in := b.Input(size)
	want, _ := b.Oracle(in)
	return emu.Job{Engine: engine, Format: format, Image: text, Context: in, Helpers: b.Helpers}, want
}

// BenchmarkRun shows what a job costs: instructions per second on engines, and jobs per second of
// a program that does nothing.
func BenchmarkRun(b *testing.B) {
	target := openTarget(b, Options{})
	for _, engine := range target.Info().Engines {
		b.Run(engine, func(b *testing.B) {
			job, want := nativeJob(2560)
			job.Engine = engine
			if !strings.HasPrefix(engine, "native") {
				job, want = vmJob(b, engine, "fletcher16", 2560)
			}
			before := target.machine.Instructions()
			for range b.N {
				s, err := target.Run(context.Background(), job)
				if err != nil || s.Result != want {
					b.Fatal(s, err)
				}
			}
			n := target.machine.Instructions() - before
			b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Minstr/s")
		})
	}
	b.Run("exit", func(b *testing.B) {
		job := emu.Job{Engine: "vm", Format: abi.TextOnly, Image: []byte{0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}}
		for range b.N {
			if s, err := target.Run(context.Background(), job); err != nil || s.Result != 1 {
				b.Fatal(s, err)
			}
		}
	})
}

func BenchmarkBoot(b *testing.B) {
	for range b.N {
		openTarget(b, Options{}).Close()
	}
}
