// SPDX-License-Identifier: GPL-2.0-or-later

package examples_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

// variants are ways of compiling a program that must all give the same results.
func variants(flags ...[]string) (all [][]string) {
	for _, cpu := range []string{"v1", "v2", "v3", "v4"} {
		for _, flags := range flags {
			all = append(all, append([]string{"-mcpu=" + cpu}, flags...))
		}
	}
	return all
}

// compile runs clang, which not every machine has.
func compile(t *testing.T, source string, flags []string) []byte {
	t.Helper()
	clang := ""
	for _, name := range []string{"clang-19", "clang-18", "clang-17", "clang-16", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			clang = path
			break
		}
	}
	if clang == "" {
		t.Skip("no clang")
	}
	object := filepath.Join(t.TempDir(), "program.o")
	args := append([]string{"--target=bpfel", "-Iinclude", "-c", source, "-o", object}, flags...)
	if out, err := exec.Command(clang, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", clang, args, err, out)
	}
	data, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Whatever the instruction set and the optimisation, with debug information or without, an example
// loads and does the same.
func TestVariants(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles every example 8 times")
	}
	target, err := targets.Open(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	for _, e := range examples.All() {
		for _, flags := range variants([]string{"-O2", "-g"}, []string{"-Oz"}) {
			p, err := image.LoadObject(e.Name, compile(t, filepath.Join(e.Folder, e.Name+".bpf.c"), flags), "")
			if err != nil {
				t.Errorf("%v: %v", flags, err)
				continue
			}
			runIn(t, target, "vm", p, e)
		}
	}
}

// everything.c has all that objects can hold: its result is computed by hand.
func TestEverything(t *testing.T) {
	target, err := targets.Open(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	e := examples.Example{
		Name: "everything", Context: make([]byte, 5), Result: 27 + 3 + 9 + 2 + 9 + 2 + 6, Printed: "hello three 5\n",
	}
	for _, flags := range variants([]string{"-O1"}, []string{"-O2", "-g"}, []string{"-Os", "-g"}, []string{"-Oz"}) {
		p, err := image.LoadObject("everything.o", compile(t, "../image/testdata/objects/everything.c", flags), "everything")
		if err != nil {
			t.Errorf("%v: %v", flags, err)
			continue
		}
		runIn(t, target, "vm", p, e)
	}
}

// runIn runs a program in all formats it can have.
func runIn(t *testing.T, target emu.Target, engine string, p *image.Program, e examples.Example) (ran int) {
	t.Helper()
	trace, err := abi.ParseTrace(e.Trace)
	if err != nil {
		t.Fatalf("%s: %v", e.Name, err)
	}
	for _, format := range abi.Formats() {
		data, err := p.Encode(format)
		if errors.Is(err, image.ErrUnsupported) {
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		s, err := target.Run(context.Background(), emu.Job{
			Engine: engine, Format: format, Image: data, Entry: p.EntryIndex(format), Context: e.Context, Trace: trace,
			WantContext: true, WantOutput: true, Unsafe: true,
		})
		if err != nil {
			t.Fatalf("%s: %s: %s: %v", e.Name, engine, format, err)
		}
		if s.Fault.Status == abi.StatusUnsupported {
			continue
		}
		ran++
		check(t, e, engine+": "+format.String(), s)
	}
	return ran
}
