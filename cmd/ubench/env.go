// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// env is what commands see of the outside world. Tests replace its parts.
type env struct {
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
	progress *progress
}

func newEnv(stdin io.Reader, stdout, stderr io.Writer) *env {
	return &env{stdin: stdin, stdout: stdout, stderr: stderr, progress: newProgress(stderr)}
}

// colour tells whether output to w may be coloured: only on a terminal, never with NO_COLOR.
func colour(w io.Writer) bool { return os.Getenv("NO_COLOR") == "" && isTerminal(w) }

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
