// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/internal/testenv"
)

const example = "../examples/embed"

// need skips where a tool is missing, as on a host that only runs ubench.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: run scripts/setup.sh test", tool)
		}
	}
}

// run returns what a command prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func sources(t *testing.T, folders ...string) []string {
	t.Helper()
	var all []string
	for _, folder := range folders {
		files, err := filepath.Glob("../" + folder + "/*.c")
		if err != nil || len(files) == 0 {
			t.Fatalf("no sources in %s: %v", folder, err)
		}
		all = append(all, files...)
	}
	return all
}

var verdict = regexp.MustCompile(`^cases [1-9][0-9]{2,}\nfailed 0\n$`)

func checkVerdict(t *testing.T, out string) {
	t.Helper()
	if !verdict.MatchString(out) {
		t.Errorf("testdata/behaviour.c says\n%s", out)
	}
}

// library is an archive of the library's sources, made by a C compiler with flags, once for all tests.
func library(t *testing.T, compiler string, flags ...string) string {
	t.Helper()
	dir := filepath.Join(shared, strings.Join(append([]string{compiler}, flags...), ""))
	lib := filepath.Join(dir, "libubpf.a")
	if _, err := os.Stat(lib); err == nil {
		return lib
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var objects []string
	for _, source := range sources(t, "ubpf", "image", "maps", "verify", "vm") {
		object := filepath.Join(dir, strings.ReplaceAll(strings.TrimPrefix(source, "../"), "/", "-")+".o")
		run(t, compiler, append(flags, "-I..", "-c", source, "-o", object)...)
		objects = append(objects, object)
	}
	run(t, "ar", append([]string{"rcs", lib}, objects...)...)
	return lib
}

func TestBehaviourOnHosts(t *testing.T) {
	plans(t)
	for _, c := range []struct {
		name, compiler, caller string
		flags, callerFlags     []string
		run                    []string // what runs the program, where this CPU does not
	}{
		{"gcc", "gcc", "gcc", []string{"-std=gnu99", "-O2"}, nil, nil},
		{"clang", "clang-19", "clang-19", []string{"-std=gnu11", "-Os"}, nil, nil},
		{"C++", "gcc", "g++", []string{"-std=gnu99", "-O2"}, []string{"-x", "c++", "-std=c++17"}, nil},
		{"sanitizers", "gcc", "gcc", []string{"-std=gnu99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"},
			[]string{"-fsanitize=address,undefined"}, nil},
		{"32-bit Arm Linux", "arm-linux-gnueabihf-gcc", "arm-linux-gnueabihf-gcc", []string{"-std=gnu99", "-O2"}, []string{"-static"}, []string{"qemu-arm-static"}},
	} {
		if c.name != "sanitizers" && !testenv.Whole() {
			continue // TestBuildsBehaveAsTheFirmware has gcc without
		}
		t.Run(c.name, func(t *testing.T) {
			need(t, append(c.run, c.compiler, c.caller)...)
			lib, program := library(t, c.compiler, c.flags...), filepath.Join(t.TempDir(), "behaviour")
			args := append(c.callerFlags, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I..", "-I"+example,
				"testdata/behaviour.c", "-x", "none", lib, "-o", program)
			run(t, c.caller, args...)
			command := append(c.run, program)
			checkVerdict(t, run(t, command[0], command[1:]...))
		})
	}
}

// boards are the configurations of examples/embed.
var boards = []struct{ cpu, engine string }{
	{"cortex-m0plus", "vm"},
	{"cortex-m3", "vm"}, {"cortex-m3", "jit"}, {"cortex-m3", "jit_plan"},
	{"cortex-m4", "vm"}, {"cortex-m4", "jit"}, {"cortex-m4", "jit_plan"},
	{"cortex-m7", "vm"}, {"cortex-m7", "jit"},
	{"cortex-m33", "vm"}, {"cortex-m33", "jit"}, {"cortex-m33", "jit_plan"},
}

// checkBoard runs the example, then testdata/behaviour.c in its place, with the same library, whose objects are in a folder that
// engines share. `more` are variables of the example's Makefile.
func checkBoard(t *testing.T, cpu, engine, objects string, more ...string) {
	t.Helper()
	need(t, "arm-none-eabi-gcc", "qemu-system-arm", "make")
	plans(t)
	main, err := filepath.Abs("testdata/behaviour.c")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(shared, objects)
	for _, linked := range []string{"libubpf.a", "embed.elf"} { // with another engine
		if err := os.Remove(filepath.Join(out, linked)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	args := append([]string{"-s", "-C", example, "CPU=" + cpu, "ENGINE=" + engine, "OUT=" + out}, more...)
	run(t, "make", args...)
	if got, want := run(t, "make", append(args, "run")...), "the sum is 28\nok 28\n"; got != want {
		t.Errorf("the example prints %q, want %q", got, want)
	}
	if err := os.Remove(filepath.Join(out, "embed.elf")); err != nil {
		t.Fatal(err)
	}
	args = append(args, "MAIN="+main, fmt.Sprintf("MEMORY_%s=8192", engine))
	run(t, "make", args...)
	checkVerdict(t, run(t, "make", append(args, "run")...))
}

func TestOnBoards(t *testing.T) {
	for _, b := range boards {
		if !testenv.Whole() && b.cpu != "cortex-m0plus" {
			continue // TestAmalgamationOnBoards has a compiler; others have the instructions of Cortex-M4, without some or with other timing
		}
		t.Run(b.cpu+"/"+b.engine, func(t *testing.T) { checkBoard(t, b.cpu, b.engine, b.cpu) })
	}
}

// The compiler is refused where the CPU cannot run its code, by a sentence.
func TestNoCompilerForARMv6M(t *testing.T) {
	need(t, "arm-none-eabi-gcc")
	out, err := exec.Command("arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb", "-std=gnu99", "-I..", "-fsyntax-only", "../jit/jit.c").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "leave jit/ out of the build") {
		t.Errorf("%v: %s", err, out)
	}
}
