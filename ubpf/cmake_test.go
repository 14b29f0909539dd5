// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf_test

import (
	"encoding/json"
	"os"
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
