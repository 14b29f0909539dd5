// SPDX-License-Identifier: GPL-2.0-or-later

package house

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ubench-dev/ubench"

// layers lists the folders from the bottom up: a package may import packages of lower layers and
// of its own folder. Tests are free to look at anything.
var layers = [][]string{
	{"abi", "results"},
	{"internal/devmem", "internal/thumb", "internal/style", "benchmarks", "maps"},
	{"image", "verify", "vm", "jit", "femto", "baseline"},
	{"ubpf"},
	{"firmware", "examples", "planner"},
	{"device"},
	{"deploy"},
	{"emu"},
	{"internal"}, // what tests of several packages share
	{"bench"},
	{"report"},
	{"cmd"},
}

// engines never import each other.
var engines = []string{"vm", "jit", "femto", "baseline/rbpf", "baseline/native", "baseline/wasm2c"}

// owners are the only folders that may import a library.
var owners = map[string][]string{
	"github.com/cilium/ebpf":                   {"image", "internal/linux"},
	"gonum.org/v1/plot":                        {"report"},
	"github.com/urfave/cli/v2":                 {"cmd/ubench"},
	"go.bug.st/serial":                         {"emu/serial"},
	"github.com/google/pprof":                  {"cmd/ubench"},
	"github.com/creack/pty":                    {}, // tests only
	"github.com/santhosh-tekuri/jsonschema/v6": {}, // tests only
	"github.com/plgd-dev/go-coap/v3":           {}, // tests only
	"github.com/fxamacker/cbor/v2":             {"deploy"},
	"golang.org/x/term":                        {"cmd/ubench"},
	"github.com/ubench-dev/ubench/emu/unicorn": {"emu", "cmd", "internal"},
	"github.com/ubench-dev/ubench/emu/qemu":    {"emu", "internal/devicetest"},
	"github.com/ubench-dev/ubench/emu/serial":  {"emu"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var ps []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

const root = "../.."

// within tells whether a package path is the folder or below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// layer is the index of the most specific folder in layers that holds the package.
func layer(path string) (index int, folder string) {
	index = -1
	for i, l := range layers {
		for _, f := range l {
			if within(path, f) && len(f) > len(folder) {
				index, folder = i, f
			}
		}
	}
	return index, folder
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		fromLayer, fromFolder := layer(from)
		if p.ImportPath == module { // the front page of the documentation
			if len(p.Imports) > 0 {
				t.Errorf("doc.go says what there is, and imports nothing: %v", p.Imports)
			}
			continue
		}
		if fromLayer < 0 {
			t.Errorf("%s is in no layer: add its folder to layers", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if !within(imp, module) {
				continue
			}
			to := strings.TrimPrefix(imp, module+"/")
			toLayer, toFolder := layer(to)
			if toLayer > fromLayer || toLayer == fromLayer && toFolder != fromFolder {
				t.Errorf("%s (layer %s) must not import %s (layer %s)", from, fromFolder, to, toFolder)
			}
			for _, e := range engines {
				if within(to, e) && slices.ContainsFunc(engines, func(o string) bool { return o != e && within(from, o) }) {
					t.Errorf("engine %s must not import engine %s", from, to)
				}
			}
		}
	}
}

func TestLibrariesHaveOneOwner(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imp := range p.Imports {
			for lib, folders := range owners {
				if within(imp, lib) && !within(from, strings.TrimPrefix(lib, module+"/")) &&
					!slices.ContainsFunc(folders, func(f string) bool { return within(from, f) }) {
					t.Errorf("%s must not import %s: only %v may", from, imp, folders)
				}
			}
		}
	}
}

// tracked lists the files git has or would add.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("not a git checkout: %v", err)
	}
	return strings.Fields(string(out))
}

var sourceFile = regexp.MustCompile(`\.(go|c|h|S|ld|mk|sh|yml)$|^Makefile$|^\.ci/run$`)

var deviceCode = regexp.MustCompile(`^(ubpf|abi|maps|image|verify|vm|jit|femto|baseline|firmware|device|benchmarks|examples|deploy/trace/programs)/.*\.(c|h|S|ld)$|^zephyr/|^riot/`)

func TestEveryFileNamesItsLicence(t *testing.T) {
	for _, name := range tracked(t) {
		if !sourceFile.MatchString(name) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted in the work tree
		}
		want := "GPL-2.0-or-later"
		if deviceCode.MatchString(name) {
			want = "BSD-2-Clause"
		}
		head := text[:min(len(text), 300)]
		if !bytes.Contains(head, []byte("SPDX-License-Identifier: "+want)) {
			t.Errorf("%s: its first lines lack SPDX-License-Identifier: %s", name, want)
		}
	}
}

func TestFilesFitInAHead(t *testing.T) {
	const most = 600
	for _, name := range tracked(t) {
		if !regexp.MustCompile(`\.(go|c|h|S|sh)$`).MatchString(name) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || bytes.Contains(text[:min(len(text), 500)], []byte("generated by")) {
			continue
		}
		if n := bytes.Count(text, []byte("\n")); n > most {
			t.Errorf("%s has %d lines, more than %d: split it by subject", name, n, most)
		}
	}
}

// machinePath matches absolute paths of somebody's machine, which mean nothing to a reader.
var machinePath = regexp.MustCompile(`(^|[^A-Za-z0-9_.~$})-])/(work|root|home/\w+|Users/\w+)/`)

func TestNoPathsOfAMachine(t *testing.T) {
	for _, name := range tracked(t) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || strings.HasPrefix(name, "internal/house/") {
			continue
		}
		if m := machinePath.Find(text); m != nil {
			t.Errorf("%s contains the path of a machine: %q", name, m)
		}
	}
}

// TestMessagesNameSlots looks for messages that call a slot an instruction: an lddw is one instruction in two slots, so
// the two are numbered differently. What is executed is counted in instructions.
func TestMessagesNameSlots(t *testing.T) {
	named := regexp.MustCompile(`"[^"]*\binstruction %[dv]`)
	for _, name := range tracked(t) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted in the work tree
		}
		for i, line := range strings.Split(string(text), "\n") {
			if named.MatchString(line) {
				t.Errorf("%s:%d: say slot: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}
