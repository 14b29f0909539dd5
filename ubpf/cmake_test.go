// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ubench-dev/ubench/internal/testenv"
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

// installed is where CMake has put the library, without compilers, which hosts do not run: release_test.go builds these.
func installed(t *testing.T) string {
	t.Helper()
	prefix, build := filepath.Join(shared, "installed"), t.TempDir()
	if _, err := os.Stat(filepath.Join(prefix, "lib/libubpf.a")); err == nil {
		return prefix
	}
	run(t, "cmake", "-S", root(t), "-B", build, "-DCMAKE_INSTALL_PREFIX="+prefix, "-DCMAKE_INSTALL_LIBDIR=lib")
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
	const tests = "test_runs\ntest_refuses_what_is_no_image\ntest_ends_by_its_budget\n"
	if got := run(t, filepath.Join(build, "ubpf_test")); got != tests {
		t.Errorf("the test prints %q, want %q", got, tests)
	}
}

// What Zephyr's tools read of the module: they know no other members, and what it names is there.
func TestZephyrFiles(t *testing.T) {
	read := func(file string, into any) {
		t.Helper()
		text, err := os.ReadFile("../" + file)
		if err != nil {
			t.Fatal(err)
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(into); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	var module struct { // doc/develop/modules.rst of Zephyr
		Name           string
		Build          struct{ CMake, Kconfig string }
		Samples, Tests []string
	}
	read("zephyr/module.yml", &module)
	for _, path := range append(append(module.Samples, module.Tests...), module.Build.CMake+"/CMakeLists.txt", module.Build.Kconfig) {
		if _, err := os.Stat("../" + path); err != nil {
			t.Errorf("module.yml: %v", err)
		}
	}
	if module.Name != "ubpf" || len(module.Samples) != 1 || len(module.Tests) != 1 {
		t.Errorf("module.yml: %+v", module)
	}
	type test struct { // doc/develop/test/twister.rst
		Tags          string
		Platforms     []string `yaml:"platform_allow"`
		Integration   []string `yaml:"integration_platforms"`
		Configs       []string `yaml:"extra_configs"`
		Harness       string
		HarnessConfig struct {
			Type  string
			Regex []string
		} `yaml:"harness_config"`
	}
	var sample struct {
		Sample struct{ Name string }
		Tests  map[string]test
	}
	read("zephyr/samples/greeting/sample.yaml", &sample)
	var cases struct {
		Common test
		Tests  map[string]test
	}
	read("zephyr/tests/ubpf/testcase.yaml", &cases)
	options := kconfig(t, "../zephyr/Kconfig")
	for name, c := range cases.Tests {
		for _, config := range c.Configs {
			option, _, _ := strings.Cut(strings.TrimPrefix(config, "CONFIG_"), "=")
			if strings.HasPrefix(option, "UBPF") && !options[option] {
				t.Errorf("%s sets %s, which Kconfig has not", name, option)
			}
		}
	}
	if len(cases.Tests) < 3 || len(sample.Tests) != 1 {
		t.Errorf("%d tests, %d samples", len(cases.Tests), len(sample.Tests))
	}
	cmake, err := os.ReadFile("../zephyr/CMakeLists.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`CONFIG_(UBPF\w*)`).FindAllStringSubmatch(string(cmake), -1) {
		if !options[m[1]] {
			t.Errorf("CMakeLists.txt asks for CONFIG_%s, which Kconfig has not", m[1])
		}
	}
}

// kconfig reads the options of a Kconfig file, whose lines are of the few kinds that ours has (doc/build/kconfig of Zephyr).
func kconfig(t *testing.T, file string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	options := map[string]bool{}
	kind, open, help := "", 0, false
	for n, line := range strings.Split(string(text), "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		indented := strings.HasPrefix(line, "\t")
		switch {
		case word == "" || strings.HasPrefix(word, "#"):
		case help && strings.HasPrefix(line, "\t  "):
		case !indented && (word == "config" || word == "menuconfig") && regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`).MatchString(rest):
			options[rest], kind, help = true, "", false
		case !indented && word == "if" && rest != "":
			open, help = open+1, false
		case !indented && word == "endif":
			open, help = open-1, false
		case indented && word == "bool" && kind == "" && strings.HasPrefix(rest, `"`) && strings.HasSuffix(rest, `"`):
			kind = word
		case indented && (word == "depends" && strings.HasPrefix(rest, "on ") || word == "default" || word == "select") && kind != "":
		case indented && word == "help" && kind != "":
			help = true
		default:
			t.Errorf("%s:%d: not understood: %q", file, n+1, line)
		}
	}
	if open != 0 || len(options) == 0 {
		t.Errorf("%s: %d options, %d open ifs", file, len(options), open)
	}
	return options
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
	run(t, "make", append(args, "BINDIR="+build, "PREFIX=")...) // whatever the environment calls PREFIX
	if got, want := run(t, filepath.Join(build, "thermometer")), "215\nok 215\n"; got != want {
		t.Errorf("the example prints %q, want %q", got, want)
	}
	for _, b := range []struct{ cpu, modules string }{
		{"cortex-m0plus", "ubpf ubpf_helpers"}, {"cortex-m4", "ubpf ubpf_helpers ubpf_jit"}, {"cortex-m33", "ubpf ubpf_jit_plan"},
	} {
		if !testenv.Whole() { // TestOnBoards and TestAmalgamationOnBoards compile as much for boards
			continue
		}
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
