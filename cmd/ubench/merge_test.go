// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/report"
)

// shards writes what each of n shards of a command prints, and returns the files.
func shards(t *testing.T, prefix, stdin string, n int, args ...string) (names []string) {
	t.Helper()
	for i := 1; i <= n; i++ {
		_, stdout, stderr := ubench(t.Context(), stdin, append(args, "--shard", fmt.Sprintf("%d/%d", i, n))...)
		if stderr != "" {
			t.Fatal(stderr)
		}
		name := fmt.Sprintf("%s-%d-of-%d", prefix, i, n)
		write(t, name, []byte(stdout))
		names = append(names, name)
	}
	return names
}

// What is merged is what one computer writes, byte for byte, in whatever order the files are named.
func TestMergeIsTheWhole(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.hex", []byte("9500000000000000"))
	write(t, "b.hex", []byte("b7000000070000009500000000000000"))
	batch := ""
	for i := range 11 {
		batch += fmt.Sprintf("{\"name\":\"p%d\",\"program\":\"b7000000%02x0000009500000000000000\",\"mem\":\"\"}\n\n", i, i)
	}
	for _, c := range []struct {
		name, stdin, args string
	}{
		{"run", "", "run fletcher16 --sizes 80..640 --json --reproducible"},
		{"targets", "", "run fletcher16 --sizes 80..640 --json --reproducible --target fake,fake:cycles"},
		{"left out", "", "run fletcher16 --sizes 80,160 --json --reproducible --target fake:unsupported,fake"},
		{"wrong answers", "", "run fletcher16 --sizes 80 --json --reproducible --target fake:wrong"},
		{"size", "", "size a.hex b.hex --json --reproducible"},
		{"batch", batch, "exec --batch -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := strings.Fields(c.args)
			_, whole, _ := ubench(t.Context(), c.stdin, args...)
			for _, n := range []int{1, 2, 3, 40} {
				var names []string
				for i := n; i >= 1; i-- {
					_, part, _ := ubench(t.Context(), c.stdin, append(args, "--shard", fmt.Sprintf("%d/%d", i, n))...)
					names = append(names, fmt.Sprint(i))
					write(t, fmt.Sprint(i), []byte(part))
				}
				status, merged, stderr := ubench(t.Context(), "", append([]string{"merge"}, names...)...)
				if status != 0 || merged != whole {
					t.Errorf("%d shards: exit status %d, %s\n%s\nwant\n%s", n, status, stderr, merged, whole)
				}
			}
		})
	}
}

// Gaps, doubles and strangers are refused by name, and nothing is printed.
func TestMergeRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	three := shards(t, "run", "", 3, "run", "fletcher16", "--sizes", "80..640", "--json", "--reproducible")
	two := shards(t, "run", "", 2, "run", "fletcher16", "--sizes", "80..640", "--json", "--reproducible")
	other := shards(t, "other", "", 3, "run", "fletcher16", "--sizes", "80..320", "--json")
	_, whole, _ := ubench(t.Context(), "", "run", "fletcher16", "--sizes", "80", "--json")
	write(t, "whole", []byte(whole))
	const lines = "{\"name\":\"a\",\"program\":\"9500000000000000\"}\n{\"name\":\"b\",\"program\":\"9500000000000000\"}\n{\"name\":\"c\",\"program\":\"9500000000000000\"}\n"
	batch := shards(t, "exec", lines, 2, "exec", "--batch", "-")

	// changed is a copy of a file with something else in it.
	copies := 0
	changed := func(name, old, new string) string {
		copies++
		to := fmt.Sprintf("changed-%d", copies)
		data, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(data), old) {
			t.Fatalf("%s has no %q: %v", name, old, err)
		}
		write(t, to, []byte(strings.Replace(string(data), old, new, 1)))
		return to
	}
	lastLine := func(name string) string {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.SplitAfter(string(data), "\n")
		write(t, "cut-"+name, []byte(strings.Join(all[:len(all)-2], "")))
		return "cut-" + name
	}
	for _, c := range []struct {
		name  string
		files []string
		want  string
	}{
		{"a gap", three[:2], "1 of 3 shards are missing: 3"},
		{"two gaps", three[1:2], "2 of 3 shards are missing: 1, 3"},
		{"a double", append(three[:3:3], three[1]), "run-2-of-3: is shard 2 of 3, and so is run-2-of-3"},
		{"of different numbers", []string{three[0], two[1]}, "run-2-of-2: is shard 2 of 2, but run-1-of-3 is shard 1 of 3"},
		{"no shard", []string{three[0], "whole"}, "whole: is no shard: ubench run --shard I/N --json writes those"},
		{"another plan", []string{three[0], three[1], other[2]}, "is of another plan than run-1-of-3"},
		{"interrupted", []string{three[0], three[1], changed(three[2], `"shard"`, `"incomplete": "interrupted", "shard"`)}, "shard 3 of 3 is incomplete: interrupted"},
		{"another version", []string{three[0], three[1], changed(three[2], `"version": "`, `"version": "9`)}, "was written by ubench 9"},
		{"a point twice", []string{changed(three[0], `"at":[0,3,`, `"at":[0,0,`), three[1], three[2]}, "point 0 is there twice"},
		{"a point of another shard", []string{changed(three[0], `"at":[0,3,`, `"at":[0,4,`), three[1], three[2]}, "point 4 is not of shard 1 of 3"},
		{"a point that is in no plan", []string{changed(three[0], `"at":[0,3,`, `"at":[0,-3,`), three[1], three[2]}, "point -3 is not in a plan of"},
		{"places without samples", []string{changed(three[0], `"at":[0,3,`, `"at":[0,3,6,`), three[1], three[2]}, "samples and 0 sizes, and places for"},
		{"no such shard", []string{changed(three[0], `"of":3`, `"of":-3`)}, "there is no shard 1 of -3"},
		{"a batch cut off", []string{batch[0], lastLine(batch[1])}, "is incomplete: its last line does not say that the shard ended"},
		{"a batch with a gap", batch[1:], "1 of 2 shards are missing: 1"},
		{"batch and results", []string{batch[0], three[0]}, "run-1-of-3: line 1: "},
		{"no file", []string{"nowhere"}, "open nowhere: no such file or directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := ubench(t.Context(), "", append([]string{"merge"}, c.files...)...)
			if status != exitFailure || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit status %d, %q, want %q", status, stderr, c.want)
			}
		})
	}
	status, _, stderr := ubench(t.Context(), "", "compare", three[0], "whole")
	if status == 0 || !strings.Contains(stderr, "shard 1 of 3: put all of them together with ubench merge") {
		t.Errorf("compare: exit status %d, %q", status, stderr)
	}
}

func TestShardUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ args, want string }{
		{"run fletcher16 --json --shard 0/4", `"0/4": name a part as I/N`},
		{"run fletcher16 --json --shard 5/4", `"5/4": name a part as I/N`},
		{"run fletcher16 --json --shard 2", `"2": name a part as I/N`},
		{"run fletcher16 --json --shard 1/999999", "at most 10000"},
		{"run fletcher16 --shard 1/4", "add --json"},
		{"run fletcher16 --json --shard 1/4 --plot a.svg", "plot what ubench merge puts together"},
		{"exec a.hex --shard 1/4", "--shard is for --batch"},
		{"merge", "name the files of all shards"},
	} {
		status, stdout, stderr := ubench(t.Context(), "", strings.Fields(c.args)...)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit status %d, %q", c.args, status, stderr)
		}
	}
}

// No file makes merging panic or take memory without end.
func FuzzMerge(f *testing.F) {
	f.Add([]byte(`{"schema":"ubench.results/v1","version":"1","shard":{"index":1,"of":1,"plan":"a","points":1,"at":[0]},"samples":[{"benchmark":"b"}]}`), []byte("{}"))
	f.Add([]byte(`{"schema":"ubench.results/v1","version":"1","shard":{"index":2,"of":2,"plan":"a","points":900000000,"at":[1]},"sizes":[{}]}`), []byte("{}"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var files []*report.Results
		for _, data := range [][]byte{a, b} {
			if r, err := report.Read("f", strings.NewReader(string(data))); err == nil {
				files = append(files, r)
			}
		}
		names := []string{"a", "b"}[:len(files)]
		if merged, err := report.Merge(names, files); err == nil && len(merged.Samples)+len(merged.Sizes) == 0 && files[0].Shard.Points != 0 {
			t.Log("an empty plan with points that were all skipped")
		}
	})
}
