// SPDX-License-Identifier: GPL-2.0-or-later

package toolchains

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/testenv"
)

var update = flag.Bool("update", false, "write the objects of bpf-gcc that are kept")

// compiler is a compiler for eBPF, and the options it is tried with.
type compiler struct {
	name    string
	command []string
	options []string
	// lacks says what it cannot compile, by source; these are left out.
	lacks map[string]string
}

var compilers = []compiler{
	{
		name:    "clang",
		command: []string{"clang-19", "--target=bpfel"},
		options: []string{
			"-O1 -mcpu=v1",
			"-O2 -mcpu=v2",
			"-O2 -mcpu=v3 -g",
			"-Os -mcpu=v3 -fmerge-all-constants",
			"-Oz -mcpu=v4",
			"-O3 -mcpu=v4 -g",
			"-O2 -mcpu=v3 -ffunction-sections -fdata-sections",
			"-O1 -mcpu=v3 -falign-functions=64 -fno-addrsig",
		},
	},
	{
		name:    "gcc",
		command: []string{"bpf-gcc", "-fno-builtin", "-fno-tree-loop-distribute-patterns"},
		options: []string{
			"-O1",
			"-O2 -g",
			"-O2",
			"-Os",
			"-O3",
			"-O0",
			"-O2 -ffunction-sections -fdata-sections -fmerge-all-constants",
			"-O1 -falign-functions=64 -fno-ident",
		},
		lacks: map[string]string{
			"callbacks": "bpf-gcc 12 has no indirect calls",
			"hash":      "bpf-gcc 12 spills a byte (stxb) and loads it again as eight (ldxdw)",
		},
	},
}

// kept are the sets of options whose objects are kept.
const kept = 2

// lengths are those of the contexts programs run with.
var lengths = []int{8, 61, 200}

func context(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*37 ^ i>>2 ^ n)
	}
	return b
}

// answer is what a program returns and leaves in its context.
type answer struct {
	result  uint64
	context []byte
}

func sources(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/src/*.c")
	if err != nil || len(files) < 25 {
		t.Fatal(len(files), "sources", err)
	}
	return files
}

func nameOf(source string) string {
	return strings.TrimSuffix(filepath.Base(source), filepath.Ext(source))
}

// desk compiles every source for this computer and runs it.
func desk(t *testing.T) map[string][]answer {
	t.Helper()
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the sources count on 64-bit longs, little-endian")
	}
	dir := t.TempDir()
	answers := map[string][]answer{}
	for _, source := range sources(t) {
		name := nameOf(source)
		program := filepath.Join(dir, name)
		out, err := exec.Command("cc", "-O1", "-w", "-fwrapv", "-fno-strict-aliasing", "-fno-common", "-o", program,
			source, "testdata/desk.c").CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", source, err, out)
		}
		for _, n := range lengths {
			out, err := exec.Command(program, hex.EncodeToString(context(n))).Output()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			fields := strings.Fields(string(out))
			result, err := strconv.ParseUint(fields[0], 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			left, err := hex.DecodeString(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			answers[name] = append(answers[name], answer{result, left})
		}
	}
	return answers
}

// lane is a target with the engines that are tried on it.
type lane struct {
	emu.Target
	engines []string
}

// everything tells whether all there is has to be tried; else every pair of what can differ is, which takes
// seconds. "host" is all there is, but only with the interpreters on this computer.
var everything = os.Getenv("UBENCH_TOOLCHAINS") == "all" || os.Getenv("UBENCH_TOOLCHAINS") == "host"

// lanes are the host, with the interpreters, and Cortex-M4, with all engines that take programs and check them.
func lanes(t *testing.T) []lane {
	t.Helper()
	var ls []lane
	specs := []string{"host", "unicorn"}
	if os.Getenv("UBENCH_TOOLCHAINS") == "host" {
		specs = specs[:1]
	}
	for _, spec := range specs {
		target, err := targets.Open(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { target.Close() })
		l := lane{Target: target}
		for _, e := range target.Info().Engines {
			// Without checks and a budget nothing ends a program that is given what it is not made for.
			if !bench.RunsKernels(e) && !strings.HasSuffix(e, "unchecked") && !(spec == "host" && strings.HasPrefix(e, "jit")) {
				l.engines = append(l.engines, e)
			}
		}
		ls = append(ls, l)
	}
	return ls
}

// jobs calls f for the program in every format it can have.
func jobs(t *testing.T, p *image.Program, f func(job emu.Job)) {
	t.Helper()
	for _, format := range abi.Formats() {
		data, err := p.Encode(format)
		if errors.Is(err, image.ErrUnsupported) {
			continue
		}
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		f(emu.Job{Format: format, Image: data, Entry: p.EntryIndex(format), Helpers: p.Helpers, WantContext: true, WantOutput: true})
	}
}

// check runs an object in all formats on all engines of the lanes and compares with the host.
func check(t *testing.T, ls []lane, how string, object []byte, want []answer) (ran int) {
	t.Helper()
	p, err := image.LoadObject(how, object, "prog")
	if err != nil {
		t.Error(err)
		return 0
	}
	turn := 0
	jobs(t, p, func(job emu.Job) {
		for i, n := range lengths {
			for k, l := range ls {
				for _, engine := range l.engines {
					if turn++; k > 0 && !everything && turn%len(lengths) != i {
						continue
					}
					job.Engine, job.Context = engine, context(n)
					got, err := l.Run(t.Context(), job)
					if err != nil {
						t.Fatalf("%s: %s, %s on %s: %v", how, job.Format, engine, l.Info().Target, err)
					}
					switch {
					case lacks(engine, got.Fault.Status):
						continue
					case got.Fault.Status != abi.OK:
						t.Errorf("%s: %s, %s on %s, %d bytes: %v", how, job.Format, engine, l.Info().Target, n, got.Fault)
					case got.Result != want[i].result || !bytes.Equal(got.Context, want[i].context):
						t.Errorf("%s: %s, %s on %s, %d bytes: %#x, want %#x; context\n%x, want\n%x", how, job.Format, engine, l.Info().Target, n,
							got.Result, want[i].result, got.Context, want[i].context)
					}
					ran++
				}
			}
		}
	})
	return ran
}

// lacks tells whether an engine refuses what its original does not have.
func lacks(engine string, status abi.Status) bool {
	return status == abi.StatusUnsupported && (engine == "femto" || strings.HasPrefix(engine, "rbpf"))
}

// TestCompilers compiles the sources with each compiler that is installed, and with the first sets of options;
// UBENCH_TOOLCHAINS=all takes all of them.
func TestCompilers(t *testing.T) {
	want, ls := desk(t), lanes(t)
	for _, c := range compilers {
		cc, err := exec.LookPath(c.command[0])
		if err != nil {
			t.Logf("%s is not installed", c.command[0])
			continue
		}
		options := c.options
		if !everything {
			options = options[:kept]
		}
		for i, flags := range options {
			if !everything && !testenv.Share(i, kept) {
				continue
			}
			t.Run(c.name+" "+flags, func(t *testing.T) {
				objects := compile(t, c, cc, flags)
				ran := 0
				for k, source := range sources(t) {
					if object := objects[nameOf(source)]; object != nil && (everything || testenv.Share(k, 2)) {
						ran += check(t, ls, nameOf(source), object, want[nameOf(source)])
					}
				}
				t.Logf("%d objects, %d runs", len(objects), ran)
			})
		}
	}
}

// compile compiles all sources, several at a time.
func compile(t *testing.T, c compiler, cc, flags string) map[string][]byte {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	objects := map[string][]byte{}
	var mutex sync.Mutex
	var group sync.WaitGroup
	turns := make(chan struct{}, runtime.NumCPU())
	for _, source := range sources(t) {
		name := nameOf(source)
		if c.lacks[name] != "" {
			continue
		}
		group.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			out := filepath.Join(dir, name+".o")
			args := slices.Concat(c.command[1:], strings.Fields(flags), []string{"-w", "-fwrapv", "-fno-strict-aliasing", "-fdebug-prefix-map=" + here + "=.", "-c", source, "-o", out})
			if text, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", source, err, text)
				return
			}
			object, err := os.ReadFile(out)
			if err != nil {
				t.Error(err)
				return
			}
			mutex.Lock()
			objects[name] = object
			mutex.Unlock()
		})
	}
	group.Wait()
	return objects
}

// TestKeptObjects runs the objects of bpf-gcc that are kept. Where it is installed TestCompilers has compiled and run the same, and
// those that are kept run on the host.
func TestKeptObjects(t *testing.T) {
	if _, err := exec.LookPath(compilers[1].command[0]); err == nil && !everything && !*update && !testenv.Whole() {
		t.Skip("TestCompilers has the compiler itself; UBENCH_TESTS=all reads what it made elsewhere, too")
	}
	want, ls := desk(t), lanes(t)
	gcc := compilers[1]
	if _, err := exec.LookPath(gcc.command[0]); err == nil && !everything {
		ls = ls[:1]
	}
	for i, flags := range gcc.options[:kept] {
		if !everything && !*update && !testenv.Share(i, kept) {
			continue
		}
		dir := fmt.Sprintf("testdata/gcc%d", i)
		if *update {
			keep(t, gcc, flags, dir)
		}
		for _, source := range sources(t) {
			name := nameOf(source)
			if gcc.lacks[name] != "" {
				continue
			}
			object, err := os.ReadFile(filepath.Join(dir, name+".o"))
			if err != nil {
				t.Fatal(err)
			}
			check(t, ls, dir+"/"+name, object, want[name])
		}
	}
}

func keep(t *testing.T, c compiler, flags, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, object := range compile(t, c, c.command[0], flags) {
		if err := os.WriteFile(filepath.Join(dir, name+".o"), object, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
