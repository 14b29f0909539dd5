// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/conformance"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// builds are the ways into another project: each returns flags for a C compiler that uses the library.
var builds = []struct {
	name  string
	tools []string
	flags func(t *testing.T) []string
}{
	{"sources", nil, func(t *testing.T) []string { return []string{"-I..", library(t, "gcc", "-std=gnu99", "-O2")} }},
	{"amalgamation", nil, func(t *testing.T) []string {
		dir := amalgamate(t)
		return []string{"-I" + filepath.Dir(dir), filepath.Join(dir, "ubpf.c")}
	}},
	{"pkg-config", []string{"cmake", "pkg-config"}, func(t *testing.T) []string {
		t.Setenv("PKG_CONFIG_PATH", filepath.Join(installed(t), "lib/pkgconfig"))
		return strings.Fields(run(t, "pkg-config", "--cflags", "--libs", "ubpf"))
	}},
}

// amalgamate is a folder named ubpf with ubpf.h and ubpf.c, which are written once for all tests.
func amalgamate(t *testing.T) (dir string) {
	t.Helper()
	need(t, "gcc")
	dir = filepath.Join(shared, "amalgamation", "ubpf")
	if _, err := os.Stat(filepath.Join(dir, "ubpf.c")); err == nil {
		return dir
	}
	run(t, "go", "run", "./amalgamate", "-root", "..", "-cc", "gcc", "-o", dir)
	return dir
}

// sample is programs of every kind: the benchmarks that call no helper, and a part of the table of conformance, which
// has faults as well.
func sample(t *testing.T) (jobs []emu.Job) {
	t.Helper()
	for _, b := range benchmarks.All() {
		if len(b.Helpers) > 0 {
			continue
		}
		p, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		if b.Sized {
			size = b.DefaultSizes[0]
		}
		for _, f := range abi.Formats() {
			data, err := p.Encode(f)
			if err == nil && f != abi.FemtoContainers && p.EntryIndex(f) == 0 {
				jobs = append(jobs, emu.Job{Engine: "vm", Format: f, Image: data, Context: b.Input(size)})
			}
		}
	}
	for i, p := range conformance.All() {
		if i%23 == 0 && !callsHelper(p.Text) {
			jobs = append(jobs, p.Job("vm"))
		}
	}
	return jobs
}

// callsHelper tells whether a slot of a text may be a call of a helper.
func callsHelper(text []byte) bool {
	for at := 0; at < len(text); at += 8 {
		if text[at] == 0x85 && text[at+1]>>4 == 0 {
			return true
		}
	}
	return false
}

// What each build makes of programs is what the firmware makes of them: status, slot, result and context.
func TestBuildsBehaveAsTheFirmware(t *testing.T) {
	need(t, "gcc", "ar")
	firmware, err := unicorn.Open(t.Context(), unicorn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer firmware.Close()
	var want []string
	var file []byte
	for _, job := range sample(t) {
		job.WantContext, job.Budget = true, cmp.Or(job.Budget, emu.DefaultBudget)
		got, err := firmware.Run(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		if got.Fault.Status != abi.OK {
			got.Result = 0
		}
		h := fnv.New32a()
		h.Write(got.Context)
		want = append(want, fmt.Sprintf("%d %d %x %x", int32(got.Fault.Status), got.Fault.PC, got.Result, h.Sum32()))
		for _, v := range []uint32{uint32(job.Format), job.Budget, uint32(len(job.Image)), uint32(len(job.Context))} {
			file = binary.LittleEndian.AppendUint32(file, v)
		}
		for _, part := range [][]byte{job.Image, job.Context} {
			file = append(append(file, part...), make([]byte, -len(part)&7)...)
		}
	}
	input := filepath.Join(t.TempDir(), "programs")
	if err := os.WriteFile(input, file, 0o600); err != nil {
		t.Fatal(err)
	}
	ok, faults := 0, 0
	for _, line := range want {
		if strings.HasPrefix(line, "0 ") {
			ok++
		} else {
			faults++
		}
	}
	if ok < 100 || faults < 10 {
		t.Fatalf("too few programs: %d that end well and %d that do not", ok, faults)
	}
	check := func(t *testing.T, program string) {
		t.Helper()
		got := strings.Split(strings.TrimSpace(run(t, program, input)), "\n")
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("program %d of %d: %q, on the firmware %q", i, len(want), got[min(i, len(got)-1)], want[i])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d lines for %d programs", len(got), len(want))
		}
	}
	for _, b := range builds {
		if b.name == "pkg-config" && !testenv.Whole() {
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			need(t, b.tools...)
			program := filepath.Join(t.TempDir(), "programs")
			run(t, "gcc", append([]string{"-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror", "testdata/programs.c", "-o", program}, b.flags(t)...)...)
			check(t, program)
		})
	}
	for name, flag := range map[string]func(t *testing.T) string{
		"add_subdirectory": func(t *testing.T) string { return "-DFOLDER=" + root(t) },
		"find_package":     func(t *testing.T) string { return "-DCMAKE_PREFIX_PATH=" + installed(t) },
	} {
		if name == "add_subdirectory" && !testenv.Whole() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			need(t, "cmake")
			build := t.TempDir()
			run(t, "cmake", "-S", "testdata/consumer", "-B", build, flag(t))
			run(t, "cmake", "--build", build, "--target", "programs")
			check(t, filepath.Join(build, "programs"))
		})
	}
}

// The one file, as careful projects compile it, and with everything in it.
func TestAmalgamationCompiles(t *testing.T) {
	dir := amalgamate(t)
	strict := []string{"-Wall", "-Wextra", "-Wpedantic", "-Wcast-align", "-Werror", "-c", filepath.Join(dir, "ubpf.c"), "-o", os.DevNull}
	arm := func(cpu string, more ...string) []string {
		return append([]string{"-mcpu=" + cpu, "-mthumb", "-std=c11", "-Os"}, more...)
	}
	for i, c := range []struct {
		compiler string
		flags    []string
	}{
		{"gcc", []string{"-std=gnu99", "-O2"}},
		{"gcc", []string{"-std=c11", "-DUBPF_JIT=1", "-fsyntax-only"}}, // code that hosts do not run
		{"clang-19", []string{"-std=c99", "-DUBPF_JIT=1", "-fsyntax-only"}},
		{"arm-none-eabi-gcc", arm("cortex-m0plus")},
		{"arm-none-eabi-gcc", arm("cortex-m3", "-DUBPF_VM_PORTABLE=1")},
		{"arm-none-eabi-gcc", arm("cortex-m4", "-DUBPF_JIT=1")},
		{"arm-none-eabi-gcc", arm("cortex-m33", "-DUB_VM_THREADED=0", "-DUB_IMAGE_FORMATS=UB_IMAGE_PACKED")},
	} {
		if !testenv.Share(i, 5) {
			continue
		}
		t.Run(c.compiler+" "+strings.Join(c.flags, " "), func(t *testing.T) {
			need(t, c.compiler)
			run(t, c.compiler, append(c.flags, strict...)...)
		})
	}
	t.Run("C++", func(t *testing.T) {
		need(t, "g++")
		out := t.TempDir()
		source := filepath.Join(out, "caller.cpp")
		if err := os.WriteFile(source, []byte("#include \"ubpf.h\"\nint main() { return ubpf_version() != UBPF_VERSION; }\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		object := filepath.Join(out, "ubpf.o")
		run(t, "gcc", "-O1", "-c", filepath.Join(dir, "ubpf.c"), "-o", object)
		run(t, "g++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"+dir, source, object, "-o", filepath.Join(out, "caller"))
		run(t, filepath.Join(out, "caller"))
	})
}

// On boards as well: the example, and what the header promises, with the one file in place of the sources.
func TestAmalgamationOnBoards(t *testing.T) {
	dir := amalgamate(t)
	for _, b := range boards {
		if b.cpu != "cortex-m4" && b.cpu != "cortex-m0plus" || b.cpu+b.engine != "cortex-m4jit_plan" && !testenv.Whole() {
			continue
		}
		objects := "amalgamation-" + b.cpu + map[bool]string{true: "-jit"}[b.engine != "vm"]
		t.Run(b.cpu+"/"+b.engine, func(t *testing.T) { checkBoard(t, b.cpu, b.engine, objects, "DIST="+dir) })
	}
}
