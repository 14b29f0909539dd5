// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script is the completion for a shell, in a file; the test is skipped if the shell is not installed.
func script(t *testing.T, shell string) string {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		t.Skip(err)
	}
	status, stdout, stderr := ubench(t.Context(), "", "completion", shell)
	if status != exitOK || stderr != "" {
		t.Fatal(status, stderr)
	}
	file := filepath.Join(t.TempDir(), "script")
	write(t, file, []byte(stdout))
	return file
}

// What bash offers behind each of these lines.
func TestBashCompletes(t *testing.T) {
	file := script(t, "bash")
	t.Chdir(t.TempDir())
	write(t, "program.o", nil)
	for _, c := range []struct{ line, want string }{
		{"ubench ", "run exec"}, {"ubench comp", "compare completion"}, {"ubench run f", "fletcher16"},
		{"ubench run --si", "--sizes"}, {"ubench run fletcher16 --engines ji", "jit jit-unchecked jit-compact"},
		{"ubench run fletcher16 --target unicorn:cortex-m", "cortex-m3 cortex-m4"}, {"ubench run --target qemu:netduinop", "netduinoplus2"},
		{"ubench exec p", "program.o"}, {"ubench exec --mem p", "program.o"}, {"ubench --v", "--version"},
	} {
		// Readline splits words at spaces and colons.
		fields := strings.Split(strings.ReplaceAll(c.line, ":", " : "), " ")
		words := "'" + strings.Join(fields, "' '") + "'"
		probe := `source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; COMP_WORDS=(` + words + `); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ubench; echo "${COMPREPLY[*]}"`
		out, err := exec.Command("bash", "--norc", "-c", probe, "bash", file, c.line).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), c.want) {
			t.Errorf("%q: %q, %v; want %q", c.line, out, err, c.want)
		}
	}
}

// The scripts of the other shells are read without complaint.
func TestOtherShellsReadTheirCompletion(t *testing.T) {
	for _, shell := range []string{"zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			out, err := exec.Command(shell, "-n", script(t, shell)).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// Every command has a man page with its flags and examples, and mandoc has nothing to say about any.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	if status, _, stderr := ubench(t.Context(), "", "man", "--output", dir); status != exitOK {
		t.Fatal(stderr)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "ubench*.1"))
	if err != nil || len(pages) != len(commands)+1 {
		t.Fatalf("%d pages, %v; want %d", len(pages), err, len(commands)+1)
	}
	data, err := os.ReadFile(filepath.Join(dir, "ubench-run.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".TH UBENCH\\-RUN 1", "\n\\fB\\-\\-sizes\\fR \\fISIZES\\fR\n", "\n.SH EXAMPLES\n.nf\nubench run fletcher16 \\-\\-sizes 80..2560\n"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("ubench-run.1 lacks %q", want)
		}
	}
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip(err)
	}
	if out, err := exec.Command("mandoc", append([]string{"-Tlint", "-Wwarning"}, pages...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
