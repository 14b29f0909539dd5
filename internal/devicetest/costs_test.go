// SPDX-License-Identifier: GPL-2.0-or-later

package devicetest

import (
	"bytes"
	"context"
	"debug/elf"
	"math"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/image"
)

// called is what a call of a program costs the device, in instructions. Calls are repeated: ticks come into some.
func (d *Device) called(t testing.TB, number int, context []byte) uint32 {
	t.Helper()
	fewest := uint32(math.MaxUint32)
	for range 7 {
		r, err := d.Call(t.Context(), number, context)
		if err != nil || r.Fault.Status != abi.OK {
			t.Fatalf("program %d: %v %v", number, r.Fault, err)
		}
		fewest = min(fewest, r.Instructions)
	}
	return fewest
}

// Costs of the walls, in instructions; figures of docs/device.md. Limits are those the design is held to.
func TestCosts(t *testing.T) {
	const board = "netduinoplus2"
	d := Boot(t, board, 0)
	p, err := d.Test(t.Context(), []byte{testSwitch})
	if err != nil {
		t.Fatal(err)
	}
	fewest, most := le.Uint32(p), le.Uint32(p[4:])
	t.Logf("from an interrupt to the next thread: %d to %d instructions", fewest, most)
	if most > 250 {
		t.Errorf("%d instructions from an interrupt to the next thread, more than 250", most)
	}

	open, err := qemu.Open(t.Context(), qemu.Options{Machine: board})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	without := func(engine string, job emu.Job) uint64 {
		t.Helper()
		job.Engine = engine
		s, err := open.Run(context.Background(), job)
		if err != nil || s.Fault.Status != abi.OK {
			t.Fatalf("%s: %v %v", engine, s.Fault, err)
		}
		return s.Execute.Instructions
	}
	for _, e := range []device.Engine{device.VM, device.JIT} {
		engine := e.String()
		walled := func(image []byte) uint32 {
			n := d.Started(t, device.Config{Name: "cost", Format: abi.TextOnly, Engine: e, AllHelpers: true, Keys: []device.Keys{{First: 0, Last: 9, Rights: 3}}}, image)
			defer func() {
				if err := d.Unload(t.Context(), n); err != nil {
					t.Fatal(err)
				}
			}()
			return d.called(t, n, nil)
		}
		t.Logf("%s: a program that does nothing, from the request to its end: %d instructions, without walls %d", engine,
			walled(program(movImm(0, 0), exit())),
			without(engine, emu.Job{Format: abi.TextOnly, Image: program(movImm(0, 0), exit())}))
		store := func(n int) []byte {
			parts := [][]byte{}
			for range n {
				parts = append(parts, movImm(1, 1), movImm(2, 5), callHelper(0x11))
			}
			return program(append(parts, movImm(0, 0), exit())...)
		}
		inside := float64(walled(store(24))-walled(store(8))) / 16
		outside := float64(without(engine, emu.Job{Format: abi.TextOnly, Image: store(24)})-
			without(engine, emu.Job{Format: abi.TextOnly, Image: store(8)})) / 16
		t.Logf("%s: a call of bpf_store_global: %.1f instructions, without walls %.1f", engine, inside, outside)
		if inside-outside > 80 {
			t.Errorf("%s: a helper call costs %.1f instructions more behind walls, more than 80", engine, inside-outside)
		}
	}
	kernels(t, d, without)
}

// kernels runs the benchmarks that need no helper behind walls and without.
func kernels(t *testing.T, d *Device, without func(string, emu.Job) uint64) {
	for _, e := range []device.Engine{device.VM, device.JIT} {
		var sum float64
		n := 0
		for _, b := range benchmarks.All() {
			in := inputOf(b)
			object, err := image.LoadObject(b.Name, b.Object, b.Name)
			if err != nil {
				t.Fatal(err)
			}
			packed, err := object.Encode(abi.Packed)
			if err != nil {
				t.Fatal(err)
			}
			if in == nil || len(b.Helpers) > 0 {
				continue
			}
			number, err := d.Load(t.Context(), device.Config{Name: "kernel", Format: abi.Packed, Engine: e, Context: uint32(len(in)), AllHelpers: true}, packed)
			if err == nil {
				err = d.Start(t.Context(), number)
			}
			if err != nil {
				t.Logf("%s on %v: %v", b.Name, e, err)
				continue
			}
			nothing := d.Started(t, device.Config{Name: "nothing", Format: abi.TextOnly, Engine: e, Context: uint32(len(in))}, program(movImm(0, 0), exit()))
			// The same context is copied for both.
			walled := d.called(t, number, in) - d.called(t, nothing, in)
			if err := d.Unload(t.Context(), nothing); err != nil {
				t.Fatal(err)
			}
			if err := d.Unload(t.Context(), number); err != nil {
				t.Fatal(err)
			}
			open := without(e.String(), emu.Job{Format: abi.Packed, Image: packed, Context: in, Budget: emu.DefaultBudget})
			ratio := float64(walled) / float64(open)
			t.Logf("%s on %v: %d instructions behind walls, %d without: %.4f", b.Name, e, walled, open, ratio)
			sum += math.Log(ratio)
			n++
		}
		if n == 0 {
			t.Fatal("no benchmark fits")
		}
		mean := math.Exp(sum / float64(n))
		t.Logf("%v: geometric mean of %d kernels: %.4f of the instructions without walls", e, n, mean)
		if mean > 1.03 {
			t.Errorf("%v: the walls cost %.1f %%, more than 3", e, 100*(mean-1))
		}
	}
}

// inputOf is the largest input of a benchmark that fits a datagram, nil if none does.
func inputOf(b benchmarks.Benchmark) (in []byte) {
	sizes := b.DefaultSizes
	if !b.Sized {
		sizes = []int{0}
	}
	for _, size := range sizes {
		if got := b.Input(size); len(got) <= 900 && len(got) >= len(in) {
			in = got
		}
	}
	return in
}

// The kernel is at most 4 KB of code.
func TestKernelIsSmall(t *testing.T) {
	f, err := elf.NewFile(bytes.NewReader(ELF(t, "netduinoplus2", false)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	var bytes uint64
	for _, s := range all {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && (strings.HasPrefix(s.Name, "kernel_") || strings.HasPrefix(s.Name, "os_")) {
			bytes += s.Size
		}
	}
	if bytes == 0 || bytes > 4096 {
		t.Errorf("the kernel is %d bytes", bytes)
	}
}
