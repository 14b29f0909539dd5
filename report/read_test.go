// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/bench"
)

// full is a sample with every member set.
var full = bench.Sample{
	Benchmark: "fletcher16", Size: 80, Engine: "jit", Target: "unicorn:cortex-m3", Core: "cortex-m3", OK: true, Result: "0x7fe6",
	Phases: bench.Phases{
		Load: &bench.Counts{Instructions: bench.Known(1), Cycles: bench.Known(2)}, Verify: &bench.Counts{Instructions: bench.Known(3), Cycles: bench.Known(4)},
		Compile: &bench.Counts{Instructions: bench.Known(5), Cycles: bench.Known(6)}, Execute: &bench.Counts{Instructions: bench.Known(7), Cycles: bench.Known(8)},
	},
	ImageBytes: bench.Known(9), CodeBytes: bench.Known(10), RAMBytes: bench.Known(11), StackBytes: bench.Known(12), CyclesLabel: "modelled, zero wait states",
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	wrong := made("fletcher16", "vm", 80, 5)
	wrong.Target = "=HYPERLINK(\"x\")"
	wrong.OK, wrong.Error = false, "wrong answer: \"0x1\", want 0x2"
	samples := []bench.Sample{full, made("sort", "native-O2", 0, 100), wrong}
	for _, c := range []struct {
		name  string
		write func(*bytes.Buffer) error
		want  []bench.Sample
	}{
		{"JSON", func(b *bytes.Buffer) error { return (&Results{Samples: samples, Incomplete: "why"}).WriteJSON(b) }, samples},
		{"CSV", func(b *bytes.Buffer) error { return WriteCSV(b, &Results{Samples: samples, Incomplete: "why"}) }, samples},
		{"bench lines", func(b *bytes.Buffer) error { return WriteGoBench(b, &Results{Samples: samples, Incomplete: "why"}) }, samples[:2]},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			t.Fatal(err)
		}
		r, err := Read("file", &b)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for i := range c.want {
			got, want := r.Samples[i], c.want[i]
			if c.name == "bench lines" {
				want.Result = "" // Go benchmark lines have no place for it
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: sample %d is %+v, want %+v", c.name, i, got, want)
			}
		}
		if r.Incomplete != "why" {
			t.Errorf("%s: incomplete %q", c.name, r.Incomplete)
		}
		if len(r.Samples) != len(c.want) {
			t.Errorf("%s: %d samples, want %d", c.name, len(r.Samples), len(c.want))
		}
	}
}

func TestReadForeignFiles(t *testing.T) {
	for _, c := range []struct{ name, text, err string }{
		{"empty", "", "empty"},
		{"prose", "hello\nworld", `begins with "hello"`},
		{"other JSON", `{"a": 1}`, `no member "schema"`},
		{"other schema", `{"schema": "ubench.results/v2"}`, `schema is "ubench.results/v2", expected "ubench.results/v1"`},
		{"too large", strings.Repeat(" ", maxFile+1), "more than 64 MB"},
		{"negative count", "{\"schema\": \"ubench.results/v1\",\n\"samples\": [{\"code_bytes\": -1}]}", "line 2, sample 1: -1 is no count: a whole number"},
		{"count as text", "{\"schema\": \"ubench.results/v1\",\n\"samples\": [{\"code_bytes\": \"12\"}]}", `line 2, sample 1: "12" is no count`},
		{"second sample", "{\"schema\": \"ubench.results/v1\",\n\"samples\": [{},\n\n{\"code_bytes\": -2}]}", "line 4, sample 2: -2 is no count"},
		{"schema not text", `{"schema": 1}`, "not a result file: line 1"},
		{"truncated", "{\"schema\": \"ubench.results/v1\",\n\"samples\": [", "line 2"},
		{"type", "{\"schema\": \"ubench.results/v1\",\n\"samples\": [{\"size\": \"x\"}]}", "line 2"},
		{"nothing in it", `{"schema": "ubench.results/v1", "samples": []}`, "no samples"},
		{"other CSV", "benchmark,seconds\na,1\n", `no column "size"`},
		{"CSV number", "benchmark,size,engine,execute_instructions\na,1,vm,many\n", `line 2: column execute_instructions: "many" is not a count`},
		{"CSV size", "benchmark,size,engine,execute_instructions\na,x,vm,1\n", "line 2: column size"},
		{"CSV row", "benchmark,size,engine,execute_instructions\na,1\n", "wrong number of fields"},
		{"other benchmarks", "goos: linux\nBenchmarkFoo-8 100 12 ns/op\n", "not benchmark lines of ubench"},
		{"bench number", "BenchmarkA/engine=vm 1 x instructions\n", "is not a count"},
		{"bench size", "BenchmarkA/size=x/engine=vm 1 1 instructions\n", "is not a number"},
		{"bench nameless", "Benchmark/engine=vm 1 1 instructions\n", "names no benchmark"},
	} {
		_, err := Read("file", strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), "file: ") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
	}
}

func TestReadersIgnoreWhatTheyDoNotKnow(t *testing.T) {
	r, err := Read("file", strings.NewReader(`{"schema": "ubench.results/v1", "mood": "good", "samples": [{"benchmark": "a", "joules": 3}]}`))
	if err != nil || len(r.Samples) != 1 || r.Samples[0].Benchmark != "a" {
		t.Errorf("%+v, %v", r, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema": "ubench.results/v1", "samples": [{"benchmark": "a", "ok": true, "phases": {"execute": {"instructions": 3}}}]}`))
	f.Add([]byte("benchmark,size,engine,execute_instructions\na,1,vm,1\n"))
	f.Add([]byte("target: x\nBenchmarkA/size=1/engine=vm 1 1 instructions 2 cycles\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read("file", bytes.NewReader(data))
		if err != nil {
			return
		}
		// Whatever could be read must survive everything that is done with it.
		for _, table := range append(RunTables(r.Samples), SummaryTables(r.Samples)...) {
			if err := table.WriteText(&bytes.Buffer{}, true); err != nil {
				t.Error(err)
			}
		}
		if err := WriteGoBench(&bytes.Buffer{}, r); err != nil {
			t.Error(err)
		}
		bad := r.Incomplete != "" || slices.ContainsFunc(r.Samples, func(s bench.Sample) bool { return !s.OK })
		if c, err := Compare(r, r, nil); err == nil && !bad && (!c.Identical() || c.Regressions() != 0) {
			t.Errorf("differs from itself: %s", c.Verdict())
		}
	})
}

func TestCompare(t *testing.T) {
	before := &Results{Samples: []bench.Sample{
		made("a", "vm", 80, 100), made("a", "jit", 80, 200), made("b", "vm", 0, 0), made("gone", "vm", 0, 1), made("c", "vm", 0, 5),
	}, Sizes: []Size{{Program: "p", Format: "packed", Bytes: 100}}}
	broken := made("c", "vm", 0, 5)
	broken.OK, broken.Error = false, "wrong answer"
	after := &Results{Samples: []bench.Sample{
		made("a", "vm", 80, 101), made("a", "jit", 80, 190), made("b", "vm", 0, 3), made("new", "vm", 0, 1), broken,
	}, Sizes: []Size{{Program: "p", Format: "packed", Bytes: 100}}}
	c, err := Compare(before, after, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := "3 regressions, 1 improvement, 1 equal, 1 only in the old file, 1 only in the new file"
	if c.Verdict() != want {
		t.Errorf("verdict %q, want %q", c.Verdict(), want)
	}
	if md := c.Markdown(); !strings.Contains(md, "| instructions | a 80 vm unicorn | 100 | 101 | +1.00 % | **worse** |") ||
		strings.Contains(md, "NaN") || strings.Contains(md, "Inf") || !strings.Contains(md, "wrong answer") {
		t.Errorf("markdown:\n%s", md)
	}
	if c, err = Compare(before, after, map[string]float64{"instructions": 1}); err != nil || c.Regressions() != 2 {
		t.Errorf("with a threshold: %d regressions, %v", c.Regressions(), err)
	}
	twice := &Results{Samples: []bench.Sample{made("a", "vm", 80, 1), made("a", "vm", 80, 2)}}
	if _, err := Compare(before, twice, nil); err == nil || !strings.Contains(err.Error(), "appears twice") {
		t.Errorf("twice: %v", err)
	}
	failed := made("a", "vm", 80, 100)
	failed.OK, failed.Error = false, "it stopped"
	twice.Samples[0], twice.Samples[1] = before.Samples[0], failed
	if c, err := Compare(before, twice, nil); err != nil || len(c.Broken) == 0 {
		t.Errorf("good once and failed once: %+v, %v", c, err)
	}
}

// benchstat must understand our lines.
func TestBenchstat(t *testing.T) {
	benchstat, err := exec.LookPath("benchstat")
	if err != nil {
		benchstat = filepath.Join(t.TempDir(), "benchstat")
		install := exec.Command("go", "install", "golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da")
		install.Env = append(os.Environ(), "GOBIN="+filepath.Dir(benchstat), "GOFLAGS=-mod=mod")
		if out, err := install.CombinedOutput(); err != nil {
			t.Skipf("benchstat is not installed and cannot be: %v\n%s", err, out)
		}
	}
	dir := t.TempDir()
	var files []string
	for i, cost := range []uint64{18412, 16570} {
		var b bytes.Buffer
		if err := WriteGoBench(&b, &Results{Samples: []bench.Sample{full, made("fletcher16", "vm", 80, cost)}}); err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Join(dir, []string{"old.txt", "new.txt"}[i]))
		if err := os.WriteFile(files[i], b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(benchstat, files...).CombinedOutput()
	if err != nil {
		t.Fatalf("benchstat: %v\n%s", err, out)
	}
	for _, want := range []string{"instructions", "Fletcher16/size=80/engine=vm", "18.41k", "16.57k", "cycles"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("benchstat's output lacks %q:\n%s", want, out)
		}
	}
}

// What spreadsheets would compute is text for them, and numbers stay numbers.
func TestCellsAreText(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "vm": "vm", "-12.5": "-12.5", "+3": "+3", "=1+1": "'=1+1", "+cmd": "'+cmd", "-O2": "'-O2", "@SUM(A1)": "'@SUM(A1)",
		"\tx": "'\tx", "'quoted": "''quoted", "12": "12",
	} {
		if got := neutral(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}
