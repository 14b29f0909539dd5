// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"io"

	"github.com/ubench-dev/ubench/benchmarks"
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

func newEnv(stdin io.Reader, stdout, stderr io.Writer) *env {
	return &env{
		stdin: stdin, stdout: &checkedOutput{w: stdout}, stderr: stderr, progress: newProgress(stderr),
		targets: realTargets{}, benchmarks: benchmarks.All(),
	}
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
