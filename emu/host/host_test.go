// SPDX-License-Identifier: GPL-2.0-or-later

package host

import (
	"bytes"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/firmware/agent"
	"github.com/ubench-dev/ubench/image"
)

func newTarget(t testing.TB) *Target {
	target, err := New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Close(); err != nil {
			t.Error(err)
		}
	})
	return target
}

func TestBenchmarksOnEveryEngine(t *testing.T) {
	target := newTarget(t)
	info := target.Info()
	if len(info.Engines) == 0 || info.Core != "host" || info.HasCycles {
		t.Fatalf("info: %+v", info)
	}
	b, ok := benchmarks.Lookup("fletcher16")
	if !ok {
		t.Fatal("no fletcher16")
	}
	program, err := image.LoadObject(b.Name, b.Object, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 80, 2560, 65536} {
		input := b.Input(size)
		want, _ := b.Oracle(bytes.Clone(input))
		for _, engine := range target.client.Device().Engines {
			job := emu.Job{Engine: engine.Name, Context: input, WantContext: true}
			switch {
			case engine.Caps&(1<<4) != 0: // runs on the device only
				continue
			case engine.Caps&(1<<1) != 0:
				job.Kernel = b.Name
			default:
				job.Format = abi.TextOnly
				if job.Image, err = program.Encode(job.Format); err != nil {
					t.Fatal(err)
				}
			}
			s, err := target.Run(t.Context(), job)
			if err != nil {
				t.Fatalf("%s, %d bytes: %v", engine.Name, size, err)
			}
			if s.Fault.Status != abi.OK || s.Result != want || !bytes.Equal(s.Context, input) {
				t.Errorf("%s, %d bytes: result %#x, %v; want %#x", engine.Name, size, s.Result, s.Fault, want)
			}
			addr := info.ArenaAddr
			if job.Kernel == "" && size <= 2560 {
				addr = agent.BlockAddr
			}
			if s.ContextAddr != addr {
				t.Errorf("%s, %d bytes: context at %#x, want %#x", engine.Name, size, s.ContextAddr, addr)
			}
		}
	}
}

// How many small jobs per second the protocol and the agent take, emulation left out.
func BenchmarkSmallJob(b *testing.B) {
	target := newTarget(b)
	exit := []byte{0xb7, 0, 0, 0, 5, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}
	job := emu.Job{Engine: "vm", Format: abi.TextOnly, Image: exit, Context: make([]byte, 16)}
	for b.Loop() {
		if s, err := target.Run(b.Context(), job); err != nil || s.Result != 5 {
			b.Fatal(s.Result, s.Fault, err)
		}
	}
}
