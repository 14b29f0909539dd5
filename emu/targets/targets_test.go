// SPDX-License-Identifier: GPL-2.0-or-later

package targets

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/cycles/meter"
	"github.com/ubench-dev/ubench/emu/qemu"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

func openTarget(t *testing.T, spec string) emu.Target {
	t.Helper()
	if strings.HasPrefix(spec, "qemu:") {
		if _, _, err := qemu.Find(context.Background()); err != nil {
			t.Skip(err)
		}
	}
	target, err := Open(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

// runsKernels tells engines that run a kernel of the firmware. Package bench, which knows them, may not be imported here.
func runsKernels(engine string) bool {
	return strings.HasPrefix(engine, "native") || engine == "wasm2c"
}

func job(t *testing.T, engine string, b benchmarks.Benchmark, size int) emu.Job {
	t.Helper()
	j := emu.Job{Engine: engine, Kernel: b.Name, Context: b.Input(size), Trace: b.Trace, Unsafe: true}
	if runsKernels(engine) {
		return j
	}
	p, err := image.LoadObject(b.Name, b.Object, b.Name)
	if err != nil {
		t.Fatal(err)
	}
	j.Kernel, j.Helpers = "", p.Helpers
	for _, j.Format = range []abi.Format{abi.TextOnly, abi.Packed} {
		if engine == "femto" {
			j.Format = abi.FemtoContainers
		}
		if j.Image, err = p.Encode(j.Format); !errors.Is(err, image.ErrUnsupported) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func run(t *testing.T, target emu.Target, j emu.Job) emu.Outcome {
	t.Helper()
	s, err := target.Run(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*emu.Counts{s.Load, s.Verify, s.Compile, s.Execute} {
		if c != nil {
			c.Cycles = 0 // only one of two targets has them
		}
	}
	return s
}

// Unicorn counts blocks of code, QEMU ticks a timer once per instruction: two unrelated ways to
// count, which must agree to the instruction in every phase, and so must everything else the
// firmware reports.
func TestUnicornAndQEMUAgree(t *testing.T) {
	for k, pair := range [][2]string{{"unicorn:cortex-m4", "qemu:netduinoplus2"}, {"unicorn:cortex-m3", "qemu:netduino2"}} {
		spec, other := pair[0], pair[1]
		t.Run(spec, func(t *testing.T) {
			t.Parallel()
			a, b := openTarget(t, spec), openTarget(t, other)
			compared := 0
			for i, bench := range benchmarks.All() {
				if bench.Name != "fletcher16" && !testenv.Share(i+k, 5) {
					continue
				}
				sizes := []int{0}
				if bench.Sized {
					sizes = bench.DefaultSizes[:1]
				}
				if bench.Name == "fletcher16" {
					sizes = []int{0, 1, 80, 640}
					if testenv.Whole() {
						sizes = append(sizes, 160, 320, 1280, 2560)
					}
				}
				for _, size := range sizes {
					for _, engine := range a.Info().Engines {
						if runsKernels(engine) && !slices.Contains(a.Info().Kernels, bench.Name) {
							continue
						}
						// Every engine counts alike: the other benchmarks need but one interpreter.
						if bench.Name != "fletcher16" && engine != "vm" && engine != "native-O2" {
							continue
						}
						name := fmt.Sprintf("%s, %d, %s", bench.Name, size, engine)
						j := job(t, engine, bench, size)
						// QEMU's serial line takes some 0.1 ms a byte: spare it.
						small := len(j.Context) <= 400
						j.WantContext = small
						first, second := run(t, a, j), run(t, b, j)
						if compiles := strings.HasPrefix(engine, "jit"); first.Aliased != compiles || second.Aliased {
							t.Errorf("%s: code was fetched through an alias on %s: %v, on %s: %v", name, spec, first.Aliased, other, second.Aliased)
						}
						first.Aliased = false
						if first.Fault.Status != 0 {
							t.Errorf("%s: %v", name, first.Fault)
							continue
						}
						if want, _ := bench.Oracle(j.Context); first.Result != want {
							t.Errorf("%s: result %#x, want %#x", name, first.Result, want)
						}
						compared++
						if first.Execute.Instructions == 0 {
							t.Errorf("%s: nothing was counted", name)
						}
						if !reflect.DeepEqual(first, second) {
							t.Errorf("%s: %s", name, difference(first, second))
						}
						again := run(t, a, j)
						again.Aliased = false
						if !reflect.DeepEqual(first, again) {
							t.Errorf("%s, twice on %s: %s", name, spec, difference(first, again))
						}
						if !small || engine != "vm" {
							continue
						}
						if again := run(t, b, j); !reflect.DeepEqual(second, again) {
							t.Errorf("%s, twice on %s: %s", name, other, difference(second, again))
						}
					}
				}
			}
			t.Log(compared, "jobs compared")
		})
	}
}

func difference(a, b emu.Outcome) string {
	show := func(c *emu.Counts) uint64 {
		if c == nil {
			return 0
		}
		return c.Instructions
	}
	text := ""
	for _, p := range []struct {
		name string
		a, b *emu.Counts
	}{{"load", a.Load, b.Load}, {"verify", a.Verify, b.Verify}, {"compile", a.Compile, b.Compile}, {"execute", a.Execute, b.Execute}} {
		if show(p.a) != show(p.b) {
			text += fmt.Sprintf("%s %d against %d; ", p.name, show(p.a), show(p.b))
		}
	}
	if text == "" {
		text = fmt.Sprintf("%.200v against %.200v", a, b)
	}
	return text
}

// A program that reads or writes outside, or never ends, is stopped alike everywhere.
func TestEscapes(t *testing.T) {
	slot := func(op, regs byte, off int16, imm int32) []byte {
		return []byte{op, regs, byte(off), byte(uint16(off) >> 8), byte(imm), byte(uint32(imm) >> 8), byte(uint32(imm) >> 16), byte(uint32(imm) >> 24)}
	}
	exit := slot(0x95, 0, 0, 0)
	escapes := []struct {
		name string
		text []byte
		want string
		pc   uint32
	}{
		{"reads past the context", slices.Concat(slot(0x71, 0x10, 16, 0), exit), "e-read", 0},
		{"reads the vector table", slices.Concat(slot(0xb7, 1, 0, 0x08000000), slot(0x61, 0x10, 0, 0), exit), "e-read", 1},
		{"reads the counter", slices.Concat(slot(0xb7, 1, 0, 0x40000024), slot(0x61, 0x10, 0, 0), exit), "e-read", 1},
		{"writes the C stack", slices.Concat(slot(0xb7, 1, 0, 0x20001f00), slot(0x62, 1, 0, -1), exit), "e-write", 1},
		{"writes the arena where SRAM is seen at 0", slices.Concat(slot(0xb7, 1, 0, 0x5000), slot(0x62, 1, 0, -1), exit), "e-write", 1},
		{"never ends", slices.Concat(slot(0x05, 0, -1, 0), exit), "e-budget", 0},
	}
	for _, spec := range Names() {
		if strings.HasPrefix(spec, "serial:") {
			continue
		}
		t.Run(spec, func(t *testing.T) {
			target := openTarget(t, spec)
			for _, c := range escapes {
				s := run(t, target, emu.Job{Engine: "vm", Format: abi.TextOnly, Image: c.text, Context: make([]byte, 16), Budget: 1000})
				if s.Fault.Status.Name() != c.want || s.Fault.PC != c.pc {
					t.Errorf("%s: %v (%s) at %d, want %s at %d", c.name, s.Fault, s.Fault.Status.Name(), s.Fault.PC, c.want, c.pc)
				}
			}
		})
	}
}

func TestOptions(t *testing.T) {
	b, ok := benchmarks.Lookup("fletcher16")
	if !ok {
		t.Fatal("no fletcher16")
	}
	samples := map[string]emu.Outcome{}
	for spec, label := range map[string]string{
		"unicorn":                           "modelled, zero wait states" + meter.AliasLabel,
		"unicorn+code=alias":                "modelled, zero wait states" + meter.AliasLabel,
		"unicorn+code=sram":                 "modelled, zero wait states",
		"unicorn+flash-speed":               "modelled, zero wait states, code in SRAM fetched at flash speed",
		"unicorn:cortex-m4+wait-states=5":   "modelled, 5 flash wait states and cache, not validated" + meter.AliasLabel,
		"unicorn:cortex-m3+no-cycles":       "",
		"unicorn+wait-states=3+flash-speed": "modelled, 3 flash wait states and cache, not validated, code in SRAM fetched at flash speed",
	} {
		target := openTarget(t, spec)
		info := target.Info()
		if info.Target != spec || info.CyclesLabel != label || info.HasCycles != (label != "") {
			t.Errorf("%s: %+v", spec, info)
		}
		sample, err := target.Run(context.Background(), job(t, "jit", b, 640))
		if err != nil || sample.Fault.Status != abi.OK {
			t.Fatal(err, sample.Fault)
		}
		samples[spec] = sample
	}
	alias, slow, fast := samples["unicorn"], samples["unicorn+code=sram"], samples["unicorn+flash-speed"]
	if alias.Execute.Instructions != slow.Execute.Instructions || slow.Execute.Instructions != fast.Execute.Instructions ||
		slow.Execute.Cycles <= alias.Execute.Cycles || alias.Execute.Cycles < fast.Execute.Cycles {
		t.Errorf("compiled code from SRAM %+v, through the alias %+v, at flash speed %+v", *slow.Execute, *alias.Execute, *fast.Execute)
	}
	if !alias.Aliased || slow.Aliased || alias.CodeAddr != slow.CodeAddr {
		t.Errorf("code through the alias: %v, asked not to: %v; at %#x, %#x", alias.Aliased, slow.Aliased, alias.CodeAddr, slow.CodeAddr)
	}
	for _, spec := range []string{"unicorn+", "unicorn+speed", "unicorn+wait-states", "unicorn+wait-states=16", "unicorn+wait-states=-1", "unicorn+code", "unicorn+code=flash", "qemu:netduino2+code=alias",
		"unicorn+no-cycles+flash-speed", "host+no-cycles", "qemu:netduino2+flash-speed", "unicorns+no-cycles"} {
		if _, err := Open(context.Background(), spec); !errors.Is(err, ErrSpec) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestNames(t *testing.T) {
	for _, spec := range []string{"unicorn", "unicorn:cortex-m3", "qemu:netduino2", "host", "serial:/dev/ttyUSB0@9600"} {
		if err := Check(spec); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
	}
	for _, spec := range []string{"", "unicorn:", "unicorn:cortex-m0", "qemu", "qemu:toaster", "host:x", "serial", "serial:", "serial:/dev/x@fast", "Unicorn", "unicorn "} {
		_, err := Open(context.Background(), spec)
		if !errors.Is(err, ErrSpec) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

func TestList(t *testing.T) {
	list := List(context.Background())
	find := func(spec string) Status {
		t.Helper()
		for _, s := range list {
			if s.Spec == spec {
				return s
			}
		}
		t.Fatal(spec, "is not listed")
		return Status{}
	}
	if s := find("unicorn"); !s.Works || !strings.Contains(s.Reason, "libunicorn 2.") {
		t.Errorf("%+v", s)
	}
	t.Setenv(qemu.EnvBinary, "/nonexistent/qemu")
	list = List(context.Background())
	if s := find("qemu:netduino2"); s.Works || !strings.Contains(s.Install, "qemu-system-arm") || !strings.Contains(s.Reason, "not found") {
		t.Errorf("%+v", s)
	}
}

// Code is told by where it lies, wherever it is fetched: a fault of the CPU in it has the same address everywhere.
func TestFaultInCode(t *testing.T) {
	read := []byte{0xb7, 1, 0, 0, 0, 0, 0, 0x60, 0x61, 0x10, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0} // r0 = *(u32 *)0x60000000
	var first uint32
	for _, spec := range []string{"unicorn", "unicorn+code=sram", "qemu:netduinoplus2"} {
		t.Run(spec, func(t *testing.T) {
			s := run(t, openTarget(t, spec), emu.Job{Engine: "jit-unchecked", Format: abi.TextOnly, Image: read, Unsafe: true})
			if !s.Fault.OfCPU() || s.Fault.Addr != 0x60000000 || s.Aliased != (spec == "unicorn") {
				t.Errorf("%v, through the alias: %v", s.Fault, s.Aliased)
			}
			if s.Fault.PC-s.CodeAddr >= uint32(s.CodeBytes) {
				t.Errorf("a fault at %#x, code at %#x, %d bytes", s.Fault.PC, s.CodeAddr, s.CodeBytes)
			}
			if first == 0 {
				first = s.Fault.PC
			}
			if s.Fault.PC != first {
				t.Errorf("a fault at %#x, on the first target at %#x", s.Fault.PC, first)
			}
		})
	}
}

// What a program reads and writes lies in a block of SRAM of its own if it fits, and its image is not large; the rest does not
// depend on that.
func TestLayout(t *testing.T) {
	const first, block = 0x20004000, 0x2001c000
	fill := func(n int) []byte { // r0 = 1, n/8 times, and exit
		var text []byte
		for range n / 8 {
			text = append(text, 0xb7, 0, 0, 0, 1, 0, 0, 0)
		}
		return append(text, 0x95, 0, 0, 0, 0, 0, 0, 0)
	}
	const most = 16<<10 - 8*40 - 8*512
	for _, c := range []struct {
		name           string
		context, image int
		granted        int
		want           uint32
	}{
		{"small", 16, 64, 0, block},
		{"context as large as fits", most, 64, 0, block},
		{"context larger than that", most + 8, 64, 0, first},
		{"context and granted region", most / 2, 64, most / 2, block},
		{"together too large", most / 2, 64, most/2 + 8, first},
		{"large image", 16, 8 << 10, 0, first},
	} {
		for _, spec := range []string{"unicorn", "host"} {
			job := emu.Job{Engine: "vm", Format: abi.TextOnly, Image: fill(c.image), Context: make([]byte, c.context)}
			if c.granted > 0 {
				job.Granted = []emu.Region{{Bytes: make([]byte, c.granted)}}
			}
			s := run(t, openTarget(t, spec), job)
			if s.Fault.Status != abi.OK || s.Result != 1 || s.ContextAddr != c.want {
				t.Errorf("%s on %s: context at %#x, want %#x; %v, r0 = %d", c.name, spec, s.ContextAddr, c.want, s.Fault, s.Result)
			}
			if image := job.ImageAddr(s.ContextAddr); c.want == block && image != first || c.want == first && image <= first {
				t.Errorf("%s: the image is said to be at %#x", c.name, image)
			}
		}
	}
}
