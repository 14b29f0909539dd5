// SPDX-License-Identifier: GPL-2.0-or-later

package enginetest_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/baseline/native"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/enginetest"
)

// kernel is a benchmark's program, linked to where the machine has its sections.
func kernel(t *testing.T, b benchmarks.Benchmark) enginetest.Program {
	t.Helper()
	p, err := image.LoadObject(b.Name, b.Object, b.Name)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Pointers) > 0 {
		t.Fatalf("%s has pointers in data", b.Name)
	}
	if !slices.Equal(p.Helpers, b.Helpers) {
		t.Errorf("%s calls helpers %#x, and lists %#x", b.Name, p.Helpers, b.Helpers)
	}
	program := enginetest.Program{
		Text: p.Text, Rodata: p.Rodata, Data: append(p.Data, make([]byte, p.BSS)...),
		Budget: 1 << 31, Helpers: true, Trace: b.Trace,
	}
	for _, a := range p.Addresses {
		addr := a.Offset + enginetest.RegionAddr(2, len(program.Rodata))
		if a.Section == image.Data {
			addr = a.Offset + enginetest.RegionAddr(3, len(program.Data))
		}
		binary.LittleEndian.PutUint32(program.Text[8*a.Slot+4:], addr)
	}
	return program
}

// sizesOf are sizes worth testing: the small ones, those around powers of two, and the defaults.
func sizesOf(b benchmarks.Benchmark) []int {
	s := slices.Clone(b.DefaultSizes)
	for i := range 20 {
		s = append(s, i)
	}
	for i := 32; i <= 1024; i *= 2 {
		s = append(s, i-1, i, i+1)
	}
	s = slices.DeleteFunc(s, func(n int) bool {
		return n < b.MinSize || n > b.MaxSize || n > 4*b.DefaultSizes[len(b.DefaultSizes)-1]
	})
	slices.Sort(s)
	return slices.Compact(s)
}

func check(t *testing.T, what string, b benchmarks.Benchmark, ctx []byte, r enginetest.Result) {
	t.Helper()
	want, after := b.Oracle(ctx)
	if after == nil {
		after = ctx
	}
	if r.Fault.Status != abi.OK || r.R0 != want {
		t.Errorf("%s: r0 %#x, %v; want %#x", what, r.R0, r.Fault, want)
	} else if !bytes.Equal(r.Context, after) {
		t.Errorf("%s: leaves another context than the oracle", what)
	}
}

// Every kernel's object gives the oracle's answers on every engine that can run it.
func TestKernelObjects(t *testing.T) {
	lacking := map[string][]string{"femto": {"fib", "cbor", "aes128"}} // kernels an engine's design cannot run: local calls
	for _, b := range benchmarks.All() {
		t.Run(b.Name, func(t *testing.T) {
			m, p := machine(t), kernel(t, b)
			for _, e := range engines {
				if slices.Contains(lacking[e.name], b.Name) {
					r, err := m.Run(e.engine, p)
					if err != nil {
						t.Fatal(err)
					}
					if r.Fault.Status != abi.StatusUnsupported {
						t.Errorf("%s: %v, want e-unsupported", e.name, r)
					}
					continue
				}
				for _, size := range sizesOf(b) {
					p.Context = b.Input(size)
					r, err := m.Run(e.engine, p)
					if err != nil {
						t.Fatal(err)
					}
					check(t, fmt.Sprintf("%s, size %d", e.name, size), b, p.Context, r)
				}
			}
		})
	}
}

// nativeKernel is the index of a kernel.
func nativeKernel(t *testing.T, name string) uint32 {
	t.Helper()
	i := slices.Index(native.Kernels(), name)
	if i < 0 {
		t.Fatalf("native code lacks %s", name)
	}
	return uint32(i)
}

// Native code is the same algorithm: the same answers, at every level.
func TestNativeKernels(t *testing.T) {
	if n, m := len(native.Kernels()), len(benchmarks.All()); n != m {
		t.Errorf("%d native kernels, %d benchmarks", n, m)
	}
	m := machine(t)
	for _, b := range benchmarks.All() {
		for level, engine := range native.Engines() {
			for _, size := range sizesOf(b) {
				p := enginetest.Program{Kernel: nativeKernel(t, b.Name), Context: b.Input(size), Helpers: true, Trace: b.Trace}
				r, err := m.Run(engine, p)
				if err != nil {
					t.Fatal(err)
				}
				check(t, fmt.Sprintf("%s, level %d, size %d", b.Name, level, size), b, p.Context, r)
			}
		}
	}
	r, err := m.Run(native.Engines()[0], enginetest.Program{Kernel: uint32(len(native.Kernels()))})
	if err != nil {
		t.Fatal(err)
	}
	if r.Fault.Status.Name() != "e-kernel" || !r.Refused {
		t.Errorf("a kernel too many: %v", r)
	}
}

// A context that is shorter than it claims is refused by every kernel on every engine, native code
// included, and never touched: what lies behind it is not mapped.
func TestKernelsRefuseLyingContexts(t *testing.T) {
	m := machine(t)
	for _, b := range benchmarks.All() {
		p := kernel(t, b)
		p.Kernel = nativeKernel(t, b.Name)
		size := max(b.MinSize, 24)
		good := b.Input(size)
		lengths := []int{0, 1, 2, 3, len(good) - 1, len(good) - 3, len(good) - 8, len(good) / 2}
		var contexts [][]byte
		for _, n := range lengths {
			contexts = append(contexts, good[:max(n, 0)])
		}
		for _, claim := range []uint32{uint32(size) + 1, 1 << 16, 1 << 29, 1<<30 + 1, 1 << 31, 1<<32 - 1} {
			if b.Name == "fib" || b.Name == "sensor" { // a claim of rounds is no lie
				continue
			}
			ctx := bytes.Clone(good)
			binary.LittleEndian.PutUint32(ctx, claim)
			contexts = append(contexts, ctx)
		}
		all := append([]unsafe.Pointer{engines[0].engine}, native.Engines()...)
		for _, ctx := range contexts {
			if want, _ := b.Oracle(ctx); want != benchmarks.Refused {
				continue
			}
			for i, engine := range all {
				p.Context = ctx
				q := p
				if i == 0 {
					q.Kernel = 0
				}
				r, err := m.Run(engine, q)
				if err != nil {
					t.Fatal(err)
				}
				check(t, fmt.Sprintf("%s: %d bytes of context", b.Name, len(ctx)), b, ctx, r)
			}
		}
	}
}
