// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The builds that people expect give what the sources give: a folder of another CMake project, an installed package,
// and pkg-config.
func TestBuildFiles(t *testing.T) {
	need(t, "cmake", "gcc", "pkg-config")
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	installed := t.TempDir()
	consumer := func(t *testing.T, flag string) {
		build := t.TempDir()
		run(t, "cmake", "-S", "testdata/consumer", "-B", build, flag)
		run(t, "cmake", "--build", build, "--target", "behaviour")
		checkVerdict(t, run(t, filepath.Join(build, "behaviour")))
	}
	t.Run("add_subdirectory", func(t *testing.T) { consumer(t, "-DFOLDER="+root) })
	build := t.TempDir()
	run(t, "cmake", "-S", root, "-B", build, "-DCMAKE_INSTALL_PREFIX="+installed, "-DCMAKE_INSTALL_LIBDIR=lib", "-DUBPF_JIT=ON")
	run(t, "cmake", "--build", build)
	run(t, "cmake", "--install", build)
	t.Run("find_package", func(t *testing.T) { consumer(t, "-DCMAKE_PREFIX_PATH="+installed) })
	t.Run("pkg-config", func(t *testing.T) {
		t.Setenv("PKG_CONFIG_PATH", filepath.Join(installed, "lib/pkgconfig"))
		program := filepath.Join(t.TempDir(), "behaviour")
		args := []string{"-I" + example, "testdata/behaviour.c", "-o", program}
		args = append(args, strings.Fields(run(t, "pkg-config", "--cflags", "--libs", "ubpf"))...)
		run(t, "gcc", args...)
		checkVerdict(t, run(t, program))
	})
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
