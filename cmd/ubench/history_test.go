// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestHistoryOfCommits(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.org", "-C", dir}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	file := filepath.Join(dir, "counts.json")
	for _, v := range []struct {
		subject string
		data    []byte
	}{
		{"begin", fakeResults(t, "--json", "fake")},
		{"break the file", []byte("{")},
		{"slow down", fakeResults(t, "--json", "fake:slow")},
	} {
		write(t, file, v.data)
		git("add", "counts.json")
		git("commit", "-q", "-m", v.subject)
	}
	plot := filepath.Join(dir, "plot.svg")
	status, stdout, stderr := ubench(t.Context(), "", "history", file, "--plot", plot)
	if status != 0 || !strings.Contains(stdout, "slow down") || !strings.Contains(stdout, "+50.000 %") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	if strings.Count(stderr, "left out") != 1 || strings.Count(stderr, "\n") != 1 {
		t.Errorf("the broken version: %q", stderr)
	}
	if data, err := os.ReadFile(plot); err != nil || !strings.Contains(string(data), "vm +50.00 %") {
		t.Errorf("the plot names no step: %v", err)
	}
}

func TestHistoryErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "one.json")
	write(t, file, fakeResults(t, "--json", "fake"))
	empty := t.TempDir()
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{file}, 1, "folder of result files"},
		{[]string{dir, "--plot", filepath.Join(dir, "p.svg")}, 1, "one revision"},
		{[]string{dir, "--metric", "bytes"}, 1, "no bytes in any"},
		{[]string{dir, "--metric", "seconds"}, 2, "unknown metric"},
		{[]string{empty}, 1, "no result file"},
		{[]string{filepath.Join(dir, "none")}, 1, "no such file"},
		{[]string{dir, dir}, 2, "one file or folder"},
	} {
		status, _, stderr := ubench(t.Context(), "", append([]string{"history"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %q, want %d and %q", c.args, status, stderr, c.status, c.want)
		}
	}
}
