// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"github.com/ubench-dev/ubench/bench"
)

// made is a sample with a cost.
func made(benchmark, engine string, size int, instructions uint64) bench.Sample {
	return bench.Sample{
		Benchmark: benchmark, Size: size, Engine: engine, Target: "unicorn", Core: "cortex-m4", OK: true,
		Phases: bench.Phases{Execute: &bench.Counts{Instructions: bench.Known(instructions)}},
	}
}

// sweep is samples of the usual engines over sizes.
func sweep(sizes ...int) []bench.Sample {
	var samples []bench.Sample
	for _, size := range sizes {
		for cost, engine := range []string{14: "native-Os", 15: "native-O2", 17: "jit", 230: "vm", 380: "femto"} {
			if engine != "" {
				samples = append(samples, made("fletcher16", engine, size, uint64(cost*size+12)))
			}
		}
	}
	return samples
}

func TestSpread(t *testing.T) {
	const height, low, high = 10, 0, 200
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 20; n++ {
		wanted := make([]vg.Length, n)
		for i := range wanted {
			wanted[i] = vg.Length(random.Float64()*240 - 20)
		}
		placed := spread(wanted, height, low, high)
		for i := range placed {
			if placed[i] < low-1e-9 || placed[i] > high+1e-9 {
				t.Fatalf("%d labels: one at %v is outside", n, placed[i])
			}
			for j := range placed {
				apart := placed[i] - placed[j]
				if i != j && wanted[i] > wanted[j] && apart < height-1e-9 {
					t.Fatalf("%d labels: %v and %v are too close", n, placed[i], placed[j])
				}
			}
		}
	}
	if got := spread([]vg.Length{50, 100}, height, low, high); got[0] != 50 || got[1] != 100 {
		t.Errorf("labels with room moved: %v", got)
	}
}

var svgText = regexp.MustCompile(`>([^<>]+)</text>`)

func TestPlotNamesEveryEngineOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plot.svg")
	if err := PlotRun(file, sweep(80, 160, 320)); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, m := range svgText.FindAllStringSubmatch(string(svg), -1) {
		seen[m[1]]++
	}
	for _, name := range []string{"native-O2", "native-Os", "vm", "femto", "jit", "80", "160", "320"} {
		if seen[name] != 1 {
			t.Errorf("%q is written %d times", name, seen[name])
		}
	}
}

func TestGapsAreGaps(t *testing.T) {
	c := &lineChart{xs: []float64{80, 160, 320, 640}}
	s := series{points: nil}
	for _, x := range []float64{80, 320, 640} {
		s.points = append(s.points, struct{ X, Y float64 }{x, 1})
	}
	if runs := c.runs(s.points); len(runs) != 2 || len(runs[0]) != 1 || len(runs[1]) != 2 {
		t.Errorf("a missing point must break the line: %v", runs)
	}
}

// Whatever is missing, zero or alone must neither fail nor be drawn as if it were there.
func TestOddPlots(t *testing.T) {
	bad := made("fletcher16", "vm", 80, 10)
	bad.OK = false
	for _, c := range []struct {
		name    string
		samples []bench.Sample
		nothing bool
	}{
		{"none", nil, true},
		{"only failures", []bench.Sample{bad}, true},
		{"one size", sweep(80), false},
		{"no sizes", []bench.Sample{made("sort", "vm", 0, 100), made("sort", "native-O2", 0, 10)}, false},
		{"size zero", sweep(0, 80, 160), false},
		{"zero cost", []bench.Sample{made("a", "vm", 80, 0), made("a", "vm", 160, 0)}, true},
		{"zero reference", []bench.Sample{made("a", "native-O2", 0, 0), made("a", "vm", 0, 5)}, true},
		{"equal costs", []bench.Sample{made("a", "vm", 80, 7), made("a", "vm", 160, 7)}, false},
		{"no reference", []bench.Sample{made("a", "vm", 0, 7), made("b", "vm", 0, 9)}, false},
		{"many engines", append(sweep(80, 160), made("fletcher16", "x", 80, 9), made("fletcher16", "y", 80, 8)), false},
	} {
		for _, ext := range PlotFormats {
			file := filepath.Join(t.TempDir(), "plot"+ext)
			err := PlotRun(file, c.samples)
			if c.nothing != (err == ErrNothingToPlot) || !c.nothing && err != nil {
				t.Errorf("%s%s: %v", c.name, ext, err)
			}
			if _, err := os.Stat(file); c.nothing == (err == nil) {
				t.Errorf("%s%s: a file was written: %v", c.name, ext, err == nil)
			}
		}
	}
}

func TestPlotErrors(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"plot.jpg", "unknown extension"}, {"plot", "unknown extension"}, {"nowhere/plot.svg", "no such file"},
	} {
		if err := PlotRun(c.file, sweep(80, 160)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.file, err)
		}
	}
}

func TestWriteFileReplacesOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("/dev/null", link); err != nil {
		t.Fatal(err)
	}
	hello := func(w io.Writer) error { _, err := io.WriteString(w, "hello"); return err }
	for _, name := range []string{"/dev/null", link} {
		if err := WriteFile(name, hello); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s was replaced", name)
		}
	}
	if err := WriteFile(dir, hello); err == nil {
		t.Error("a folder can be written to")
	}
}

func TestWriteFileLeavesNothingHalfWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := WriteFile(file, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF
	})
	left, _ := os.ReadDir(dir)
	text, _ := os.ReadFile(file)
	if err == nil || len(left) != 1 || string(text) != "old" {
		t.Errorf("error %v, %d files, contents %q", err, len(left), text)
	}
}
