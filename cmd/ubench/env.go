// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/report"
)

// env is what commands see of the outside world. Tests replace its parts.
type env struct {
	stdin    io.Reader
	stdout   *checkedOutput
	stderr   io.Writer
	progress *progress
	targets  targetSource

	benchmarks []benchmarks.Benchmark
}

// targetSource is where targets come from.
type targetSource interface {
	// open starts a target; the mistake of naming one that cannot exist is a usage error.
	open(ctx context.Context, spec string) (emu.Target, error)
	// list says which targets there are and whether they can start here.
	list(ctx context.Context) []targetStatus
}

// targetStatus is what is known of a target without starting it.
type targetStatus struct {
	Spec    string `json:"target"`
	Works   bool   `json:"works"`
	Reason  string `json:"reason,omitempty"`  // why it does not work, or what it is
	Install string `json:"install,omitempty"` // what to do about it
}

func newEnv(stdin io.Reader, stdout, stderr io.Writer) *env {
	return &env{
		stdin: stdin, stdout: &checkedOutput{w: stdout}, stderr: stderr, progress: newProgress(stderr),
		targets: realTargets{}, benchmarks: benchmarks.All(),
	}
}

// checkedOutput is standard output. It keeps the first error, so that none is lost when a command looks at none.
type checkedOutput struct {
	w   io.Writer
	err error
}

func (o *checkedOutput) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

// interruptible is a reader whose reads end with a context, even while nothing comes.
type interruptible struct {
	ctx  context.Context
	r    io.Reader
	rest []byte // read, not asked for yet
	err  error
	came chan struct{} // closed when what is being read is in rest and err; nil if nothing is
}

func (i *interruptible) Read(p []byte) (int, error) {
	if len(i.rest) == 0 && i.err == nil {
		if i.came == nil {
			i.came = make(chan struct{})
			buf := make([]byte, max(len(p), 512))
			go func() {
				n, err := i.r.Read(buf)
				i.rest, i.err = buf[:n], err
				close(i.came)
			}()
		}
		select {
		case <-i.came:
			i.came = nil
		case <-i.ctx.Done():
			return 0, i.ctx.Err()
		}
	}
	n := copy(p, i.rest)
	i.rest = i.rest[n:]
	if n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, i.err
}

// writeFile writes a file in one piece.
func writeFile(name string, data []byte) error {
	return report.WriteFile(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// colour tells whether output to w may be coloured: only on a terminal, never with NO_COLOR.
func colour(w io.Writer) bool { return os.Getenv("NO_COLOR") == "" && isTerminal(w) }

func isTerminal(w any) bool {
	if o, ok := w.(*checkedOutput); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
