// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/report"
	"github.com/ubench-dev/ubench/results"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// ubench runs a command line on fake targets.
func ubench(ctx context.Context, stdin string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	e := newEnv(strings.NewReader(stdin), &out, &errs)
	e.targets = fakeTargets{}
	fletcher16, _ := benchmarks.Lookup("fletcher16")
	e.benchmarks = []benchmarks.Benchmark{fletcher16}
	status = e.run(ctx, args)
	return status, out.String(), errs.String()
}

// fakeResults measures a fake target and gives the results the name of the real one.
func fakeResults(t *testing.T, format, target string) []byte {
	_, stdout, stderr := ubench(t.Context(), "", "run", "fletcher16", "--sizes", "80", "--engines", "native-O2,vm", "--target", target, format)
	if stderr != "" {
		t.Fatal(stderr)
	}
	return []byte(strings.ReplaceAll(stdout, target, "unicorn"))
}

var (
	commandChoices = regexp.MustCompile(`\(choices: run, exec, [^)]*\)`)
	versionMember  = regexp.MustCompile(`"version": "[^"]*"`)
	createdMember  = regexp.MustCompile(`"created": "20[^"]*"`)
)

func TestHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"-h"}, {"help"}} {
		status, stdout, stderr := ubench(t.Context(), "", args...)
		for _, constructor := range commands {
			if name := constructor(&env{}).Name; !strings.Contains(stdout, "\n  "+name+" ") {
				t.Errorf("ubench %v does not list %s", args, name)
			}
		}
		if status != 0 || stderr != "" {
			t.Errorf("ubench %v: status %d, stderr %q", args, status, stderr)
		}
	}
	for _, constructor := range commands {
		name := constructor(&env{}).Name
		status, stdout, stderr := ubench(t.Context(), "", name, "--help")
		if status != 0 || stderr != "" || !strings.Contains(stdout, "Examples:\n  ") {
			t.Errorf("ubench %s --help: status %d, stderr %q, or no examples", name, status, stderr)
		}
	}
}

func TestDoctor(t *testing.T) {
	status, stdout, stderr := ubench(t.Context(), "", "doctor")
	for _, want := range []string{
		"unicorn       yes    cortex-m4, 8 engines right\n",
		"fake:crash    no     fletcher16 on vm: the firmware crashed: HardFault at 0x08000123\n",
		"fake:missing  no     emulator is not installed: apt-get install emulator\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no line %q in:\n%s", want, stdout)
		}
	}
	if status != 0 || stderr != "" {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

func TestJSONOutputIsJSON(t *testing.T) {
	for _, command := range []string{"list", "doctor"} {
		status, stdout, _ := ubench(t.Context(), "", command, "--json")
		var v map[string]any
		if err := json.Unmarshal([]byte(stdout), &v); err != nil || status != 0 || v["targets"] == nil {
			t.Errorf("%s --json: status %d, %v", command, status, err)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"rnu", "run"}, {"exce", "exec"}, {"zzz", ""}, {"", ""}, {strings.Repeat("x", 1000), ""},
	} {
		if got := nearest(c.name, []string{"run", "exec", "list"}); got != c.want {
			t.Errorf("nearest(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFlagsAnywhereAreTheSame(t *testing.T) {
	_, want, _ := ubench(t.Context(), "", "run", "--sizes", "80", "--engines", "vm", "fletcher16")
	for _, args := range [][]string{
		{"run", "fletcher16", "--sizes", "80", "--engines", "vm"},
		{"run", "--sizes=80", "fletcher16", "--engines=vm"},
		{"run", "-sizes", "80", "--engines", "vm", "--", "fletcher16"},
	} {
		if status, got, stderr := ubench(t.Context(), "", args...); got != want || status != 0 {
			t.Errorf("%v: status %d, stderr %q", args, status, stderr)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, stdout, stderr := ubench(ctx, "", "run", "fletcher16")
	if status != exitInterrupted || stdout != "" || stderr != "ubench run: interrupted\n" {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

func TestPlotsAreWrittenWhole(t *testing.T) {
	dir := t.TempDir()
	for _, ext := range []string{".svg", ".png", ".pdf"} {
		file := filepath.Join(dir, "plot"+ext)
		if status, _, stderr := ubench(t.Context(), "", "run", "fletcher16", "--plot", file); status != 0 {
			t.Fatalf("status %d: %s", status, stderr)
		}
		if info, err := os.Stat(file); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", file, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
}

func TestFigures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	status, stdout, stderr := ubench(t.Context(), "", "figures", "-o", dir, "--target", "fake:cycles")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, name := range []string{"a-fletcher16", "c-jit-once", "d-rbpf-variants", "d-memory-checks", "d-memory-engines", "e-rom-and-ram", "f-boards", "g-all-kernels"} {
		for _, ext := range []string{".svg", ".png", ".csv"} {
			data, err := os.ReadFile(filepath.Join(dir, name+ext))
			if err != nil || len(data) < 300 {
				t.Errorf("%s%s: %d bytes, %v", name, ext, len(data), err)
			}
			if bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Inf,")) {
				t.Errorf("%s%s has a number that is none", name, ext)
			}
		}
		if !strings.Contains(stdout, name) {
			t.Errorf("%s is not listed", name)
		}
	}
	checkPublished(t, dir)
	if os.Getenv("UBENCH_KEEP") != "" {
		t.Log(os.CopyFS(os.Getenv("UBENCH_KEEP"), os.DirFS(dir)))
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := ubench(t.Context(), "", "figures", "-o", file); status != 1 || !strings.Contains(stderr, file) {
		t.Errorf("a folder that cannot be: status %d, %s", status, stderr)
	}
}

// checkPublished looks for every published number, with its source, in the figures' CSV files.
func checkPublished(t *testing.T, dir string) {
	t.Helper()
	shown := ""
	files, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		shown += string(data)
	}
	for _, file := range []string{"published/mubpf-fletcher16.csv", "published/mubpf-memory-check-cache.csv"} {
		for _, row := range results.Rows(file) {
			point := cmp.Or(row["size_bytes"], row["allowed_regions"])
			pattern := fmt.Sprintf("(?m)^[^,]+(, [^,]+)?\"?,%s,[^,]+,%s,µs,.*%s", point, row["microseconds"], regexp.QuoteMeta(results.Paper))
			if !regexp.MustCompile(pattern).MatchString(shown) {
				t.Errorf("%s: %v is in no figure", file, row)
			}
		}
	}
	for _, s := range report.PublishedSizes() {
		if line := fmt.Sprintf("%s,%s,size,%d,bytes,\"%s\"", s.Format, s.Program, s.Bytes, results.Paper); !strings.Contains(shown, line) {
			t.Errorf("no figure has %s", line)
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// Whatever a command prints, it fails if that cannot be written.
func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "exit.hex", []byte("9500000000000000"))
	for _, args := range []string{
		"--help", "--version", "run --help", "list", "list --json", "doctor", "exec exit.hex", "exec exit.hex --json", "disasm exit.hex",
		"run fletcher16", "run fletcher16 --csv", "run fletcher16 --format bench", "size exit.hex", "profile fletcher16 --size 80",
		"profile fletcher16 --size 80 --listing", "inspect exit.hex --format text-only",
	} {
		var stderr bytes.Buffer
		e := newEnv(strings.NewReader(""), full{}, &stderr)
		e.targets = fakeTargets{}
		if status := e.run(t.Context(), strings.Fields(args)); status == exitOK || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: status %d, %q", args, status, stderr.String())
		}
	}
}
