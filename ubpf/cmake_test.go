// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func root(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// shared is a folder for what several tests need.
var shared string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "ubpf"); err != nil {
		panic(err)
	}
	status := m.Run()
	_ = os.RemoveAll(shared)
	os.Exit(status)
}

// installed is where CMake has put the library, with the compiler.
func installed(t *testing.T) string {
	t.Helper()
	prefix, build := filepath.Join(shared, "installed"), t.TempDir()
	if _, err := os.Stat(filepath.Join(prefix, "lib/libubpf.a")); err == nil {
		return prefix
	}
	run(t, "cmake", "-S", root(t), "-B", build, "-DCMAKE_INSTALL_PREFIX="+prefix, "-DCMAKE_INSTALL_LIBDIR=lib", "-DUBPF_JIT=ON")
	run(t, "cmake", "--build", build)
	run(t, "cmake", "--install", build)
	return prefix
}

// zephyr/CMakeLists.txt and the sample, with stubs for what they call of Zephyr.
func TestZephyrModule(t *testing.T) {
	need(t, "cmake", "gcc")
	build := t.TempDir()
	run(t, "cmake", "-S", "testdata/zephyr", "-B", build)
	run(t, "cmake", "--build", build)
	if got, want := run(t, filepath.Join(build, "greeting")), "the sum is 28\nok 28\n"; got != want {
		t.Errorf("the sample prints %q, want %q", got, want)
	}
}

// What library.json compiles and exports is there.
func TestLibraryJSON(t *testing.T) {
	text, err := os.ReadFile("../library.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Name, Version, Headers string
		Export                 struct{ Include []string }
		Build                  struct{ SrcFilter []string }
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	paths := append(manifest.Export.Include, manifest.Headers)
	for _, filter := range manifest.Build.SrcFilter {
		if pattern, ok := strings.CutPrefix(filter, "+<"); ok {
			paths = append(paths, strings.TrimSuffix(pattern, ">"))
		}
	}
	if manifest.Name == "" || manifest.Version == "" || len(paths) < 5 {
		t.Errorf("library.json says too little: %+v", manifest)
	}
	for _, path := range paths {
		if found, err := filepath.Glob("../" + path); err != nil || len(found) == 0 {
			t.Errorf("library.json names %s: %v", path, err)
		}
	}
}

// The module for RIOT, with stubs for what it calls of RIOT, and the flags that RIOT sets: it runs here, and compiles for boards.
func TestRIOTModule(t *testing.T) {
	need(t, "gcc", "make")
	build := t.TempDir()
	args := []string{"-s", "-C", "testdata/riot", "USEMODULE=ubpf ubpf_helpers"}
	run(t, "make", append(args, "BINDIR="+build)...)
	if got, want := run(t, filepath.Join(build, "thermometer")), "215\nok 215\n"; got != want {
		t.Errorf("the example prints %q, want %q", got, want)
	}
	for _, b := range []struct{ cpu, modules string }{
		{"cortex-m0plus", "ubpf ubpf_helpers"}, {"cortex-m4", "ubpf ubpf_helpers ubpf_jit"}, {"cortex-m33", "ubpf ubpf_jit"},
	} {
		t.Run(b.cpu, func(t *testing.T) {
			need(t, "arm-none-eabi-gcc")
			run(t, "make", "-s", "-C", "testdata/riot", "USEMODULE="+b.modules, "BINDIR="+t.TempDir(), "PREFIX=arm-none-eabi-",
				"CPUFLAGS=-mcpu="+b.cpu+" -mthumb -mfloat-abi=soft -fshort-enums -fsingle-precision-constant")
		})
	}
	out, err := exec.Command("make", "-s", "-C", "testdata/riot", "USEMODULE=ubpf ubpf_jit mpu_noexec_ram", "BINDIR="+build).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "mpu_noexec_ram forbids") {
		t.Errorf("with RAM that must not be executed: %v, %s", err, out)
	}
}
